"""Signing a charter and checking who signed it.

The rule kept here: a party's proof counts only by the key that the charter gives for it, and that key must be the one which the
party's own node showed us, where we have met it.
"""

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from federation import keys
from federation.document import Document, first_type, ids_of
from federation.errors import Refused, Unauthentic
from federation.origin import host_of
from federation.proof import add_proof, check_one, method_of, proofs_of
from instance.domain.charter_document import Party, Terms, public_key, read_charter
from instance.domain.profile import ed25519_of
from instance.domain.render import timestamp
from instance.storage import actors, guests, other_names, peers, things
from instance.storage import keys as key_rows
from instance.storage.charters import CharterRow
from instance.storage.database import Tx
from instance.storage.keys import ED25519


def stored(row: CharterRow) -> tuple[Document, Terms]:
    """The document of a charter that we hold, without proofs, and what it says."""
    document = bare(orjson.loads(row.document))
    return document, read_charter(document)


def bare(document: Document) -> Document:
    """A charter without its proofs: what each of them covers."""
    return {name: value for name, value in document.items() if name != "proof"}


def own_proof(tx: Tx, document: Document, terms: Terms) -> Document:
    """The proof of our node on a charter, by the key that the charter gives for us."""
    ours = terms.party(tx.home.host)
    key_id = ours.key_id if ours else keys.ed25519_key_id(tx.home.node)
    key = ed25519_of(tx, tx.home.node)
    signed = add_proof(bare(document), key=key, key_id=key_id, created=timestamp(tx.now_ms))
    return proofs_of(signed)[0]


def check_proof(document: Document, terms: Terms, proof: object, *, host: str) -> None:
    """Raise Unauthentic unless `proof` is the proof of the party `host` on this charter."""
    party = terms.party(host)
    if party is None or first_type(proof) != "DataIntegrityProof" or not isinstance(proof, dict):
        raise Unauthentic("no_proof", host)
    if method_of(proof) != party.key_id:
        raise Unauthentic("proof_of_another", host)
    check_one(bare(document), proof, public_key(party))


def check_only(document: Document, terms: Terms, *, host: str) -> None:
    """Raise Unauthentic unless the document carries the proof of the party `host` and no other."""
    proofs = proofs_of(document)
    if len(proofs) > 1:
        raise Unauthentic("proof_of_another", host)
    check_proof(document, terms, proofs[0] if proofs else None, host=host)


def check_all(document: Document, terms: Terms) -> dict[str, Document]:
    """The proofs of all parties, by the host that the charter gives each. Raises Unauthentic unless there is exactly one good proof for each."""
    found: dict[str, Document] = {}
    hosts = {party.key_id: party.host for party in terms.parties}
    for proof in proofs_of(document):
        host = hosts.get(method_of(proof))
        if host is None or host in found:
            raise Unauthentic("proof_of_another", method_of(proof))
        check_proof(document, terms, proof, host=host)
        found[host] = proof
    if len(found) < len(terms.parties):
        raise Unauthentic("proof_missing", f"{len(found)} of {len(terms.parties)}")
    return found


def check_known(tx: Tx, terms: Terms) -> None:
    """Raise Refused when the charter gives for a node another address or key than the node itself, or than we for our own."""
    for party in terms.parties:
        for each in party.places:
            _check_address(tx, party, each.host, each.node)
        _check_name(tx, party, terms)
    ours = terms.party(tx.home.host)
    if ours is not None and (tx.home.node, tx.home.inbox) not in ours.places:
        raise Refused("node_contradicts", tx.home.host)


def _check_address(tx: Tx, party: Party, host: str, node: str) -> None:
    known = {row.public_pem for row in key_rows.keys_of(tx, node) if row.kind == ED25519}
    if known and party.key not in {multikey(keys.public_from_pem(pem)) for pem in known}:
        raise Refused("key_contradicts", host)
    peer = peers.by_host(tx, host)
    if peer is not None and peer.node_iri not in {"", node}:
        raise Refused("node_contradicts", host)


def _check_name(tx: Tx, party: Party, terms: Terms) -> None:
    """A name given up counts for nobody; a new name is said by its own company, of itself alone, and is nobody else's here."""
    given_up = other_names.by_host(tx, party.host)
    if given_up is not None and not given_up.is_coming and given_up.to_host not in party.hosts:
        raise Refused("name_given_up", party.host)
    for former in party.formerly:
        if _is_anothers(tx, party, former.host):
            raise Refused("name_taken", former.host)
    if standing_host(tx, party) == party.host:
        return
    if host_of(terms.offered_by) != party.formerly[0].host:
        raise Refused("moved_by_another", party.host)
    if things.is_named(tx, party.host) or guests.is_let_in(tx, party.host) or party.host == tx.home.host:
        raise Refused("name_taken", party.host)


def _is_anothers(tx: Tx, party: Party, former: str) -> bool:
    """Whether a name that a company says it had is, as far as we know, somebody else's: a guest's, a node's that we met, or given up by another."""
    row = other_names.by_host(tx, former)
    if row is not None and not row.is_coming:
        return row.to_host not in party.hosts
    if former in {standing_host(tx, party), tx.home.host}:
        return False  # it is under this name that we know the company
    is_guest = any(each.host == former for each in guests.all_guests(tx))
    return is_guest or things.is_named(tx, former) or peers.by_host(tx, former) is not None


def standing_host(tx: Tx, party: Party) -> str:
    """The host under which our rows have a company now: the one that it had, until the charter that gives it another is in force."""
    if not party.formerly:
        return party.host
    before = party.formerly[0].host
    row = other_names.by_host(tx, before)
    is_renamed = row is not None and not row.is_coming and row.to_host == party.host
    is_known = before == tx.home.host or things.is_named(tx, before)
    return before if is_known and not is_renamed else party.host


def check_moved(tx: Tx, terms: Terms) -> None:
    """Raise Refused unless the node at each company's new name says that it is the one that the company has now.

    Asked of what the nodes at the new names say of themselves, after they have been met.
    """
    for party in terms.parties:
        if standing_host(tx, party) != party.host:
            row = actors.by_iri(tx, party.node)
            said = orjson.loads(row.document or "{}") if row is not None else {}
            if party.formerly[0].node not in ids_of(said.get("alsoKnownAs")):
                raise Refused("not_known_as", party.host)


def unmet(tx: Tx, terms: Terms) -> tuple[Party, ...]:
    """The parties whose node never showed us its key itself: for these we have the word of the company that offers the charter."""
    return tuple(party for party in terms.parties if not key_rows.keys_of(tx, party.node))


def unheard(tx: Tx, terms: Terms) -> tuple[tuple[str, str], ...]:
    """The names that companies say they had before and of which we know nothing: each host, and the key that a node there would show."""
    return tuple(
        (former.host, party.key)
        for party in terms.parties
        for former in party.formerly
        if not key_rows.keys_of(tx, former.node) and other_names.by_host(tx, former.host) is None
    )


def multikey(key: RSAPublicKey | Ed25519PublicKey) -> str:
    """The publicKeyMultibase of an Ed25519 key."""
    assert isinstance(key, Ed25519PublicKey)
    return keys.to_multikey(key)
