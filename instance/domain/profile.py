"""Actors as ActivityPub documents, and the key pairs behind them.

The rule kept here: a document is a pure function of rows, and says what a partner may know: name, title and company. An address, a
locale, or what an employee tells colleagues in the profile stays inside.
"""

from collections.abc import Iterable
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation import keys
from federation.keys import PublicKey
from federation.vocabulary import CONTEXT
from instance import renaming
from instance.domain.render import timestamp
from instance.errors import ConfigError, NotFound
from instance.ids import Home
from instance.storage import actors, other_names
from instance.storage import keys as key_rows
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx
from instance.storage.keys import ED25519, RSA, KeyRow

Json = dict[str, Any]

IMPLEMENTS = (
    ("RFC-9421: HTTP Message Signatures", "https://datatracker.ietf.org/doc/html/rfc9421"),
    ("FEP-8b32: Object Integrity Proofs", "https://w3id.org/fep/8b32"),
    ("FEP-521a: Representing actor's public keys", "https://w3id.org/fep/521a"),
)


def render_person(row: ActorRow, key_list: Iterable[KeyRow], *, home: Home) -> Json:
    """The Person document of one of our people."""
    facts = [_property("Company", home.company)]
    if row.title:
        facts.append(_property("Title", row.title))
    return _actor("Person", row, key_list, home) | {"generator": home.node, "attachment": facts}


def render_node(row: ActorRow, key_list: Iterable[KeyRow], *, home: Home) -> Json:
    """The Application document of this node (FEP-844e: what it understands)."""
    able = [{"type": "Link", "name": name, "href": href} for name, href in IMPLEMENTS]
    return _actor("Application", row, key_list, home) | {"summary": row.summary, "implements": able}


def render_project(
    row: ActorRow,
    key_list: Iterable[KeyRow],
    *,
    home: Home,
    charter: CharterRow | None = None,
    parties: Iterable[PartyRow] = (),
) -> Json:
    """The Group document of a project of ours, with what its charter says in short."""
    document = _actor("Group", row, key_list, home)
    return document | {
        "summary": row.summary,
        "attributedTo": home.node,
        "members": f"{row.iri}/members",
        "attachment": _charter_facts(charter, parties),
    }


def render_for_guests(row: ActorRow, key_list: Iterable[KeyRow], *, home: Home) -> Json:
    """The Group document of a project of ours as guest hosts get it: neither its members nor its charter are named."""
    return _actor("Group", row, key_list, home) | {"summary": row.summary}


def _charter_facts(charter: CharterRow | None, parties: Iterable[PartyRow]) -> list[Json]:
    if charter is None:
        return []
    companies = [party.company for party in parties if party.left_at_ms is None]
    facts = [_property("Charter", ", ".join(companies)), _property("Label", f"C{charter.ceiling}")]
    if charter.ends_at_ms is not None:
        facts.append(_property("Until", timestamp(charter.ends_at_ms)[:10]))
    return facts


def _property(name: str, value: str) -> Json:
    return {"type": "PropertyValue", "name": name, "value": value}


def _actor(kind: str, row: ActorRow, key_list: Iterable[KeyRow], home: Home) -> Json:
    return {
        "@context": CONTEXT,
        "id": row.iri,
        "type": kind,
        "preferredUsername": row.username,
        "name": row.display_name,
        "inbox": home.inbox,
        "outbox": f"{row.iri}/outbox",
        "followers": f"{row.iri}/followers",
        "endpoints": {"sharedInbox": home.inbox},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        "published": timestamp(row.created_at_ms),
        "updated": timestamp(row.updated_at_ms),
        **_rendered_keys(key_list),
    }


def _rendered_keys(key_list: Iterable[KeyRow]) -> Json:
    return keys.render_keys(public_key(row) for row in key_list)


def public_key(row: KeyRow) -> PublicKey:
    """A key from its row."""
    kind: keys.Kind = "rsa" if row.kind == RSA else "ed25519"
    public = keys.public_from_pem(row.public_pem)
    return PublicKey(row.key_iri, row.actor_iri, public, kind, row.ends_at_ms)


def add_ed25519(tx: Tx, actor_iri: str) -> None:
    """Make the key that signs an actor's words."""
    add_key(tx, actor_iri, keys.generate_ed25519())


def ensure_rsa(tx: Tx, actor_iri: str) -> None:
    """Make the key that signs transport, unless the actor has one: it takes 50 ms and more, and most people never need it."""
    if key_rows.key_of(tx, actor_iri, RSA) is None:
        add_key(tx, actor_iri, keys.generate_rsa())


def add_key(tx: Tx, actor_iri: str, private: RSAPrivateKey | Ed25519PrivateKey, *, number: int = 1) -> KeyRow:
    """Write a key pair of one of our own actors, its first, second … of the kind; the public half."""
    public = keys.named(actor_iri, private.public_key(), number=number)
    row = KeyRow(public.id, actor_iri, public.kind, keys.public_to_pem(public.key), tx.now_ms)
    key_rows.add_own(tx, row, keys.private_to_pem(private))
    return row


def ed25519_of(tx: Tx, actor_iri: str) -> Ed25519PrivateKey:
    """The private key that signs the words of one of our own actors. Raises NotFound."""
    found = key_rows.private_key(tx, actor_iri, ED25519)
    if found is None:
        raise NotFound("key")
    key = keys.private_from_pem(found.private_pem, own=True)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def transport_key_id(tx: Tx, actor_iri: str) -> str | None:
    """Id of the key that signs the letters of one of our own actors now; under the name that it had, where it is asked for by that."""
    others = other_names.known(tx)
    own = renaming.iri(others, actor_iri)
    found = key_rows.private_key(tx, own, RSA)
    return actor_iri + found.key_iri.removeprefix(own) if found else None


def transport_key(tx: Tx, actor_iri: str) -> tuple[str, RSAPrivateKey]:
    """Id and private key that sign the letters of one of our own actors. Raises ConfigError."""
    found = key_rows.private_key(tx, renaming.iri(other_names.known(tx), actor_iri), RSA)
    if found is None:
        raise ConfigError(f"{actor_iri} has no RSA key to sign with. Run: cordee init")
    return transport_key_id(tx, actor_iri) or "", cast(
        "RSAPrivateKey", keys.private_from_pem(found.private_pem, own=True)
    )


def document_of(tx: Tx, row: ActorRow) -> Json:
    """The Person or Application document of one of our actors, from its row and keys."""
    render = render_node if row.kind == "node" else render_person
    return render(row, actors.keys_of(tx, row.iri), home=tx.home)
