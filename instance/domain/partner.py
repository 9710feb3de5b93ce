"""What partners say of their own people and nodes. The rule kept here: an actor is spoken for by its own host, and gets no key but its own."""

import re
from typing import Any

import orjson

from federation import keys
from federation.document import Document, first_type, id_of, one_or_many, text_of
from federation.errors import FederationError, Malformed, Refused
from federation.letters import Draft
from federation.origin import host_of, same_origin
from instance.domain import text
from instance.domain.outcome import Incoming, Ruling
from instance.events import ActorChanged
from instance.ids import snowflake
from instance.storage import actors, peers
from instance.storage import keys as key_rows
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.keys import KeyRow
from instance.storage.peers import PeerFacts

KINDS = {"Person": "person", "Service": "person", "Group": "project", "Application": "node"}
NAME_LIMIT_CHARS = 200
SUMMARY_LIMIT_CHARS = 5000
_USERNAME = re.compile(r"[\w.-]{1,64}")
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


def check_partner(tx: Tx, document: Document) -> ActorRow:
    """The row that a partner's actor document amounts to; writes nothing. Raises Malformed or Refused."""
    iri, kind = id_of(document), KINDS.get(first_type(document), "")
    if iri is None or not kind:
        raise Malformed("no_actor", safe="The document is no Person, Group or Application with an id.")
    host, username = host_of(iri), _username(document)
    if host == tx.home.host:
        raise Refused("our_own_actor", iri)
    namesake = actors.by_username(tx, username, host)
    if namesake is not None and namesake.iri != iri:
        raise Refused("handle_taken", f"@{username}@{host} is {namesake.iri}")
    return ActorRow(
        id=snowflake(tx.now_ms),
        iri=iri,
        kind=kind,
        username=username,
        host=host,
        display_name=shown(text_of(document.get("name"))) or username,
        summary=text.clean(text_of(document.get("summary"))[:SUMMARY_LIMIT_CHARS]),
        inbox=_inbox(document, iri),
        state="active",
        title=_title(document),
        posts_count=0,
        last_post_at_ms=None,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
        document=orjson.dumps(document).decode(),
    )


def upsert_partner(tx: Tx, document: Document, *, asked: bool = False) -> ActorRow:
    """Write a partner's actor with its keys, in place of what we knew of it. `asked`: its host has just shown it. Raises Malformed or Refused."""
    row = actors.put(tx, check_partner(tx, document))
    key_rows.put_partners(tx, row.iri, _keys(tx, row.iri, document), asked=asked)
    if row.kind == "node":
        _learn(tx, row)
    tx.emit(ActorChanged(row.id))
    return row


def _learn(tx: Tx, row: ActorRow) -> None:
    known = peers.by_host(tx, row.host)
    if known is None or known.node_iri in {"", row.iri}:
        peers.learn(tx, row.host, PeerFacts(node_iri=row.iri, name=row.display_name, inbox=row.inbox))


def _username(document: Document) -> str:
    username = document.get("preferredUsername")
    if not isinstance(username, str) or not _USERNAME.fullmatch(username):
        raise Malformed("no_username", safe="preferredUsername is missing or cannot be read.")
    return username.lower()


def _inbox(document: Document, iri: str) -> str:
    endpoints = document.get("endpoints")
    shared = endpoints.get("sharedInbox") if isinstance(endpoints, dict) else None
    inbox = id_of(shared) or id_of(document.get("inbox"))
    if inbox is None or not same_origin(inbox, iri):
        raise Malformed("no_inbox", safe="The actor has no inbox on its own host.")
    return inbox


def _keys(tx: Tx, actor_iri: str, document: Document) -> list[KeyRow]:
    """The keys whose ids are below the actor's own: another's key id would replace that other's key."""
    return [
        KeyRow(key.id, actor_iri, key.kind, keys.public_to_pem(key.key), tx.now_ms, key.ends_at_ms)
        for key in keys.public_keys_of(document)
        if key.id.startswith((f"{actor_iri}#", f"{actor_iri}/"))
    ]


def _title(document: Document) -> str:
    for item in one_or_many(document.get("attachment")):
        if first_type(item) == "PropertyValue" and item.get("name") == "Title":
            return shown(text.plain(text_of(item.get("value"))))
    return ""


def shown(words: str) -> str:
    """One line of text, without characters that do not show or that turn the direction of reading."""
    return " ".join(_UNSHOWN.sub(" ", words).split())[:NAME_LIMIT_CHARS]


def verify_update(tx: Tx, incoming: Incoming) -> Ruling:
    """An actor we know, about itself, from its own host."""
    carried: Any = incoming.activity.object
    if id_of(carried) != incoming.activity.actor or host_of(incoming.activity.actor) != incoming.host:
        return Ruling(taken=False, rule="profile_of_another")
    known = actors.by_iri(tx, incoming.activity.actor)
    if known is None:
        return Ruling(taken=False, rule="unknown_actor")
    try:
        row = check_partner(tx, carried)
    except FederationError as error:
        return Ruling(taken=False, rule=error.rule)
    same = row.kind == known.kind and row.username == known.username
    return Ruling(taken=same, rule="profile" if same else "another_kind_or_name")


def apply_update(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write what the actor says of itself."""
    upsert_partner(tx, incoming.activity.object)
    return ()
