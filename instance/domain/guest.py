"""Guest hosts: ordinary servers outside the charters that IT lets follow one project of ours, and takes everything back from.

The rule kept here: a guest is let in to one project at a time, by name, only where the charter that all companies signed allows guests,
and never a company of a charter: that one has the project itself.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import orjson

from federation import keys
from federation.document import Document, id_of, one_or_many, text_of
from federation.errors import FederationError, Malformed
from federation.letters import ANYONE, Draft
from federation.origin import IRI_LIMIT_CHARS, host_of, same_origin
from instance import ids
from instance.domain import guest_names, saying
from instance.domain.charter_document import GUESTS_ANSWER, LABELS, NO_GUESTS
from instance.domain.charter_proofs import stored
from instance.domain.outcome import Outcome
from instance.domain.partner import shown
from instance.domain.profile import ensure_rsa
from instance.errors import BadInput, Conflict, NotFound
from instance.events import CharterChanged
from instance.ids import snowflake
from instance.policy import guest_space, takeback_space
from instance.storage import actors, charters, guest_notes, guests, other_names, peers, things
from instance.storage import keys as key_rows
from instance.storage.database import Tx
from instance.storage.guest_notes import NoteRow
from instance.storage.guests import FollowerRow, GuestActorRow, GuestRow
from instance.storage.keys import KeyRow
from instance.storage.peers import PeerFacts

LEAST_LABEL = 0
AT_ONCE = 200
UNTOLD_MS = 7 * 24 * 3_600_000  # so long a letter waits, and what was deleted may not have been told
AGENT_LIMIT_CHARS = 300
ALIASES_LIMIT = 20
_SIGNED = frozenset({"live", "suspended", "superseded", "ended"})
_NOT_IN_HOSTS = frozenset("/?#@")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+")


def allow(
    tx: Tx, project_iri: str, *, host: str, label: int = 1, ends_at_ms: int | None = None
) -> Outcome[GuestRow]:
    """Let a host follow a project of ours, up to a label and until a time. Raises NotFound, BadInput, Conflict."""
    _check_project(tx, project_iri)
    name = _check_host(tx, host)
    if not LEAST_LABEL <= label < len(LABELS):
        raise BadInput("label", f"A label is one of {', '.join(LABELS)}.")
    if ends_at_ms is not None and ends_at_ms <= tx.now_ms:
        raise BadInput("until", "The last day has passed.")
    row = GuestRow(snowflake(tx.now_ms), name, project_iri, label, tx.now_ms, ends_at_ms, None)
    ensure_rsa(tx, project_iri)  # who knows no charter believes the project's own key only
    guest_notes.secret(tx)
    peers.learn(tx, name, PeerFacts())
    guests.allow(tx, row)
    tx.emit(CharterChanged(project_iri))
    return Outcome(row)


def _check_project(tx: Tx, project_iri: str) -> None:
    project = actors.by_iri(tx, project_iri)
    if project is None or project.kind != "project" or project.host != tx.home.host:
        raise NotFound("project of this company")
    if may_do(tx, project_iri) == NO_GUESTS:
        raise Conflict(
            "no_guests", "The charter in force allows no guests. Amend it: every company has to sign."
        )


def _check_host(tx: Tx, host: str) -> str:
    name = ""
    if not _NOT_IN_HOSTS & set(host):
        with suppress(FederationError):
            name = host_of(f"https://{host.strip()}/")
    if not name:
        raise BadInput("host", "Write a host, such as mastodon.example.")
    if name == tx.home.host:
        raise BadInput("host", "That is this node.")
    if other_names.by_host(tx, name) is not None:
        raise Conflict(
            "name_given_up", "That name was given up by a company; whoever has it now is not known."
        )
    if things.is_named(tx, name):
        raise Conflict("guest_in_charter", "That host is a company of a charter; a guest is none.")
    return name


def may_do(tx: Tx, project_iri: str) -> str:
    """What the charter in force lets guests of a project do: none, read or answer."""
    row = charters.in_force(tx, project_iri)
    return NO_GUESTS if row is None else stored(row)[1].guests


def may_ever_answer(tx: Tx, project_iri: str) -> bool:
    """Whether any version of a project's charter that all signed lets guests answer: what was said then is read alike later."""
    signed = [row for row in charters.of_project(tx, project_iri) if row.state in _SIGNED]
    return any(stored(row)[1].guests == GUESTS_ANSWER for row in signed)


def is_guest(tx: Tx, host: str) -> bool:
    """Whether a host is let in as a guest, and is no company of a charter."""
    return guests.is_let_in(tx, host) and not things.is_named(tx, host)


def is_open(tx: Tx, project_iri: str, host: str) -> bool:
    """Whether a host is a guest of a project to whom its gate is open now."""
    return host in open_hosts(tx, project_iri, [host])


def open_hosts(tx: Tx, project_iri: str, hosts: Iterable[str]) -> frozenset[str]:
    """Those of these hosts that are guests of a project to whom its gate is open now."""
    openings = things.terms(tx, [guest_space(host, project_iri) for host in hosts])
    return frozenset().union(*(opening.terms.hosts for opening in openings.values()))


def open_projects(tx: Tx, host: str) -> list[str]:
    """The projects whose gate is open now to a host as their guest."""
    spaces = [guest_space(host, row.project_iri) for row in guests.of_host(tx, host)]
    openings = things.terms(tx, spaces).values() if spaces else ()
    return [opening.terms.project_iri for opening in openings if host in opening.terms.hosts]


def follows(tx: Tx, project_iri: str, actor_iri: str, *, host: str) -> bool:
    """Whether somebody at a guest host follows a project now."""
    follower = guests.follower(tx, project_iri, actor_iri)
    return follower is not None and follower.ended_at_ms is None and follower.host == host


def named_in(tx: Tx, agent: str) -> str:
    """The guest host whose address stands in a User-Agent, as servers write their own there; else ANYONE."""
    for url in _URL.findall(agent[:AGENT_LIMIT_CHARS]):
        with suppress(FederationError):
            if is_guest(tx, host := host_of(url)):
                return host
    return ANYONE


def revoke(tx: Tx, project_iri: str, *, host: str) -> Outcome[GuestRow]:
    """Let a host in no longer, and take back all it had: its notes and its following. Raises NotFound."""
    row = guests.one(tx, project_iri, host)
    if row is None or not guests.revoke(tx, project_iri, host):
        raise NotFound("guest")
    followed = [
        each for each in guests.followers(tx, [project_iri]) if each.host == host and each.ended_at_ms is None
    ]
    guests.unfollow_all(tx, project_iri, host)
    if not guests.is_let_in(tx, host):
        guests.forget_host(tx, host)
    tx.emit(CharterChanged(project_iri))
    deletes = _take_back(tx, row)
    space = takeback_space(host, project_iri)
    rejects = tuple(answer_follow(tx, "Reject", each, space=space) for each in followed)
    return Outcome(row._replace(revoked_at_ms=tx.now_ms), deletes + rejects)


def take_back(tx: Tx) -> Outcome[int]:
    """Tell revoked guests to delete more of what they had, as much as is said in one go; how much that was."""
    waiting = guests.to_take_back(tx)
    drafts = _take_back(tx, waiting[0]) if waiting else ()
    return Outcome(len(waiting), drafts)


def _take_back(tx: Tx, row: GuestRow) -> tuple[Draft, ...]:
    """The next notes that a revoked guest is told to delete, those that it may have. A project may have thousands: they are not said in one transaction."""
    heard = any(each.host == row.host for each in guests.inboxes(tx, [row.project_iri]))
    since_ms, limit = tx.now_ms - UNTOLD_MS, AT_ONCE if heard else 0
    notes = guest_notes.of_project(
        tx, row.project_iri, since_ms=since_ms, after_id=row.taken_back_to, limit=limit
    )
    guests.taken_back(tx, row.id, to=notes[-1].id if len(notes) == limit and notes else guests.DONE)
    return tuple(say_delete(tx, note, row.host) for note in notes if guest_notes.may_have(tx, note, row.host))


def say_delete(tx: Tx, note: NoteRow, host: str) -> Draft:
    """The Delete of a note for one host; it arrives in whatever state the project is by then."""
    tombstone = {"id": note.iri, "type": "Tombstone"}
    space = takeback_space(host, note.project_iri)
    iri = delete_iri(note, host)
    ids.mint(tx, iri, kind="activity", space=space)
    draft = replace(saying.to_guests(tx, "Delete", tombstone, space=space, iri=iri), host=host)
    return guest_names.as_known(tx, draft, note.created_at_ms)


def delete_iri(note: NoteRow, host: str) -> str:
    """The one id of the Delete of a note for a host: a name of its own, since it may be named when the note may be no more."""
    return f"{note.iri}/deleted/{host}"


def answer_follow(tx: Tx, kind: str, follower: FollowerRow, *, space: str) -> Draft:
    """Accept or Reject of a Follow, for the one who follows and for nobody beside."""
    draft = saying.to_guests(tx, kind, _follow_of(follower), space=space, to=[follower.actor_iri])
    known = guest_names.as_known(tx, draft, follower.since_ms)
    return replace(known, host=follower.host, inbox=follower.inbox)


def _follow_of(follower: FollowerRow) -> Document:
    return {
        "id": follower.follow_iri,
        "type": "Follow",
        "actor": follower.actor_iri,
        "object": follower.project_iri,
    }


def end_due(tx: Tx) -> Outcome[int]:
    """Revoke the guests whose time is over, whose project's charter ended or allows none any more, and who became companies of one."""
    over = [row for row in guests.all_guests(tx) if row.revoked_at_ms is None and _is_over(tx, row)]
    drafts = [draft for row in over for draft in revoke(tx, row.project_iri, host=row.host).drafts]
    return Outcome(len(over), tuple(drafts))


def _is_over(tx: Tx, row: GuestRow) -> bool:
    if not row.is_open(tx.now_ms) or things.is_named(tx, row.host):
        return True
    return may_do(tx, row.project_iri) == NO_GUESTS


def know(tx: Tx, document: Document, *, asked: str = "") -> GuestActorRow:
    """Keep who somebody at a guest host is, with their keys, also the one `asked` for. Raises Malformed."""
    iri = id_of(document) or ""
    name = document.get("preferredUsername")
    inbox, shared = check_inbox(document), _shared_inbox(document)
    if not isinstance(name, str) or not name:
        name = host_of(iri)  # the actor of a Lemmy server has no name of its own
    own = shared if shared is not None and same_origin(shared, iri) else ""
    called = shown(text_of(document.get("name"))) or shown(name)
    aliases = orjson.dumps(_aliases(document)).decode()
    row = GuestActorRow(iri, host_of(iri), shown(name), called, inbox, own, tx.now_ms, aliases)
    guests.know(tx, row)
    shown_keys = _keys_of(tx, document, asked)
    if shown_keys:  # a profile that leaves them out takes none away
        key_rows.put_partners(tx, iri, shown_keys, asked=True)
    return row


def check_inbox(document: Document) -> str:
    """The inbox of somebody at a guest host, which is on that host. Raises Malformed."""
    inbox = id_of(document.get("inbox"))
    if inbox is None or not same_origin(inbox, id_of(document) or ""):
        raise Malformed("no_inbox", safe="The actor has no inbox on its own host.")
    return inbox


def _keys_of(tx: Tx, document: Document, asked: str) -> list[KeyRow]:
    """The keys that count as somebody's, also under an id that we knew to be theirs."""
    iri = id_of(document) or ""
    known = {row.key_iri for row in key_rows.keys_of(tx, iri)}
    own = {key.id for key in keys.own_keys(document, asked=asked)}
    found = [key for key in keys.public_keys_of(document) if key.id in own | known]
    return [
        KeyRow(key.id, iri, key.kind, keys.public_to_pem(key.key), tx.now_ms, key.ends_at_ms) for key in found
    ]


def _aliases(document: Document) -> list[str]:
    """The other IRIs that somebody says are theirs."""
    listed = one_or_many(document.get("alsoKnownAs"))[:ALIASES_LIMIT]
    return [iri for iri in map(id_of, listed) if iri is not None and len(iri) <= IRI_LIMIT_CHARS]


def _shared_inbox(document: Document) -> str | None:
    endpoints = document.get("endpoints")
    return id_of(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
