"""What becomes of a charter here, whoever caused it: our IT, a partner, or the date.

The rule kept here: what shuts the gate takes effect in every version that is not over, so it holds in whatever order things arrive.
"""

from collections.abc import Mapping

import orjson

from federation.document import Document
from federation.errors import Refused
from federation.letters import Draft
from federation.origin import host_of
from instance import ids, policy
from instance.domain import charter_proofs, member, post, saying, vote
from instance.domain.charter_document import Terms, fingerprint
from instance.domain.charter_states import move, note
from instance.domain.render import timestamp
from instance.events import ActorChanged, ChangedElsewhere, CharterChanged
from instance.ids import snowflake
from instance.renaming import Renaming
from instance.storage import actors, charters, other_names, peers
from instance.storage.actors import ActorRow, ProjectRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx
from instance.storage.peers import PeerFacts

PENDING = ("offered", "approved")
KEPT_MS = 90 * 24 * 3_600_000  # so long at most letters are taken that were signed under a name given up
WAS_SIGNED = ("live", "suspended", "superseded", "ended")


def base_of(tx: Tx, project_iri: str) -> CharterRow | None:
    """The version that the next one follows: the one in force, or else the last that all had signed."""
    in_force = charters.in_force(tx, project_iri)
    signed = (row for row in charters.of_project(tx, project_iri) if row.state in WAS_SIGNED)
    return in_force or next(signed, None)


def last_version(tx: Tx, project_iri: str) -> int:
    """The highest version that we know of, declined ones included; 0 when there is none."""
    return max((row.version for row in charters.of_project(tx, project_iri)), default=0)


def check_follows(tx: Tx, terms: Terms, base: CharterRow | None) -> None:
    """Raise Refused unless a new charter follows what is known here: newer, built on `base`, and dropping nobody who is in it."""
    if terms.version <= last_version(tx, terms.project_iri):
        raise Refused("version_order", str(terms.version))
    if terms.ends_at_ms is not None and terms.ends_at_ms <= tx.now_ms:
        raise Refused("charter_is_over", timestamp(terms.ends_at_ms))
    if base is None:
        if terms.version == 1 and terms.previous is not None:
            raise Refused("previous_differs", "the first version has none before it")
        return
    check_previous(terms, base)
    if base.state in {"live", "suspended"}:
        present = {party.host for party in charters.parties(tx, base.id) if party.left_at_ms is None}
        if dropped := present - {host for party in terms.parties for host in party.hosts}:
            raise Refused("drops_a_party", ", ".join(sorted(dropped)))


def check_previous(terms: Terms, base: CharterRow | None) -> None:
    """Raise Refused unless the charter was built on `base`."""
    if base is not None and terms.previous != fingerprint(charter_proofs.stored(base)[0]):
        raise Refused("previous_differs", base.iri)


def write(
    tx: Tx, document: Document, terms: Terms, *, state: str, proofs: Mapping[str, Document]
) -> CharterRow:
    """Write a new version with its parties, in its first state. `proofs` by host."""
    ids.mint(tx, terms.iri, kind="charter", space=policy.handshake(terms.iri))
    ids.mint(tx, terms.project_iri, kind="project", space=terms.project_iri)
    row = CharterRow(
        id=snowflake(tx.now_ms),
        iri=terms.iri,
        project_iri=terms.project_iri,
        version=terms.version,
        state=state,
        purpose=terms.purpose,
        ceiling=terms.ceiling,
        retention=terms.retention,
        starts_at_ms=terms.starts_at_ms,
        ends_at_ms=terms.ends_at_ms,
        offered_by=terms.offered_by,
        document=orjson.dumps(charter_proofs.bare(document)).decode(),
        reason="",
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
    )
    charters.add(tx, row, _party_rows(tx, row, terms, proofs))
    note(tx, row.iri, "offered", by=host_of(terms.offered_by))
    tx.emit(CharterChanged(row.project_iri))
    return row


def _party_rows(tx: Tx, row: CharterRow, terms: Terms, proofs: Mapping[str, Document]) -> list[PartyRow]:
    base = charters.in_force(tx, row.project_iri)
    before = charters.parties(tx, base.id) if base else []
    suspended = {party.host: party.suspended_at_ms for party in before if party.left_at_ms is None}
    standing = [(party, charter_proofs.standing_host(tx, party)) for party in terms.parties]
    return [
        PartyRow(
            charter_id=row.id,
            host=host,
            node_iri=at.node,
            inbox=at.inbox,
            company=party.company,
            role=party.role,
            proof=orjson.dumps(proofs[host]).decode() if host in proofs else None,
            signed_at_ms=tx.now_ms if host in proofs else None,
            left_at_ms=None,
            suspended_at_ms=suspended.get(host),
        )
        for party, host in standing
        for at in party.places
        if at.host == host
    ]


def go_live(tx: Tx, row: CharterRow, *, by: str) -> CharterRow:
    """Put a charter in force that every party has signed: it takes the place of the version before and of any that waits."""
    parties, (document, terms) = charters.parties(tx, row.id), charter_proofs.stored(row)
    proofs = {party.host: orjson.loads(party.proof or "null") for party in parties}
    full = {
        **document,
        "proof": [proofs[charter_proofs.standing_host(tx, party)] for party in terms.parties],
    }
    row = row._replace(document=orjson.dumps(full).decode())
    charters.set_document(tx, row.id, row.document)
    for other in charters.of_project(tx, row.project_iri):
        if other.id != row.id and other.state in {"live", "suspended"}:
            move(tx, other, "superseded", by=by)
        elif other.id != row.id and other.state in PENDING:
            move(tx, other, "declined", by=by, reason="another version took effect")
    _know_project(tx, terms)
    for party in parties:
        if party.host != tx.home.host:
            facts = PeerFacts(node_iri=party.node_iri, name=party.company, inbox=party.inbox)
            peers.learn(tx, party.host, facts)
    live = _settle(tx, move(tx, row, "live", by=by), by=by)
    return _renamed(tx, live, terms)


def _renamed(tx: Tx, row: CharterRow, terms: Terms) -> CharterRow:
    """Give every other company that has a new name by this charter that name everywhere here; our own we take by ourselves (`move`)."""
    for party in terms.parties:
        for former in reversed(party.formerly):
            known = other_names.by_host(tx, former.host)
            if tx.home.host not in {former.host, party.host} and known is None:
                until_ms = tx.now_ms + KEPT_MS
                old, new = base_of_node(former.node), base_of_node(party.node)
                other_names.rename(tx, Renaming(old, new, tx.now_ms, until_ms))
                tx.emit(ChangedElsewhere())
    return charters.by_id(tx, row.id) or row


def base_of_node(iri: str) -> str:
    """The base URL of a node's things, by the IRI of its actor."""
    scheme, _, rest = iri.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _know_project(tx: Tx, terms: Terms) -> None:
    """A partner's project has an actor here, so that it can be named, found and read like one of ours."""
    host = host_of(terms.project_iri)
    party = terms.party(host)
    if host == tx.home.host or party is None:
        return
    replica = ActorRow(
        id=snowflake(tx.now_ms),
        iri=terms.project_iri,
        kind="project",
        username=terms.handle,
        host=host,
        display_name=terms.title,
        summary=terms.purpose,
        inbox=party.inbox,
        state="active",
        title="",
        posts_count=0,
        last_post_at_ms=None,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
        document=None,
    )
    actor = actors.put(tx, replica)
    actors.add_project(tx, ProjectRow(actor.id, actor.iri, host, tx.now_ms))
    tx.emit(ActorChanged(actor.id))


def say_suspended(tx: Tx, row: CharterRow) -> tuple[Draft, ...]:
    """What is to be said when a charter takes effect while we suspend: who is new in it has not heard of that."""
    ours = next((party for party in charters.parties(tx, row.id) if party.host == tx.home.host), None)
    if ours is None or ours.suspended_at_ms is None:
        return ()
    draft = say(tx, row, "Suspend", stub(row.iri, "Charter"))
    note(tx, row.iri, "suspend", by=tx.home.host, detail=draft.activity["id"])
    return (draft,)


def party_left(tx: Tx, project_iri: str, host: str, *, reason: str = "") -> tuple[Draft, ...]:
    """Close the project to a company at once; with fewer than two left, or without us, the charter ends.

    What we offered with that company in it is taken back: some of those it was offered to may not have heard that it left.
    """
    if not charters.set_left(tx, project_iri, host):
        return ()
    member.close_host(tx, project_iri, host)
    drafts: list[Draft] = []
    for row in not_over(tx, project_iri):
        note(tx, row.iri, "left", by=host, detail=reason)
        if row.state not in PENDING:
            _settle(tx, row, by=host)
        elif host == tx.home.host:
            move(tx, row, "declined", by=host, reason="we left the project")
        elif row.offered_by == tx.home.node and _is_in(tx, row, host):
            words = "a company left the project"
            drafts.append(say(tx, row, "Reject", stub(row.iri, "Charter"), content=words))
            move(tx, row, "declined", by=host, reason=words)
    tx.emit(CharterChanged(project_iri))
    return tuple(drafts)


def _is_in(tx: Tx, row: CharterRow, host: str) -> bool:
    return any(party.host == host for party in charters.parties(tx, row.id))


def suspended(tx: Tx, project_iri: str, host: str, *, said: Mapping[str, str]) -> None:
    """Shut the gate for all at the wish of one company. `said` are the activities that say so, by the charter that each names."""
    if not charters.set_suspended(tx, project_iri, host):
        return
    for row in not_over(tx, project_iri):
        note(tx, row.iri, "suspend", by=host, detail=said.get(row.iri, ""))
        if row.state not in PENDING:
            _settle(tx, row, by=host)


def resumed(tx: Tx, project_iri: str, host: str) -> tuple[Draft, ...]:
    """Take a company's suspension back; with none left the gate opens, and what our people could not say meanwhile is said."""
    if not charters.set_resumed(tx, project_iri, host):
        return ()
    drafts: tuple[Draft, ...] = ()
    for row in not_over(tx, project_iri):
        note(tx, row.iri, "resume", by=host)
        if row.state not in PENDING and _settle(tx, row, by=host).state == "live":
            shut_ms = row.updated_at_ms
            drafts = member.left_since(tx, project_iri, shut_ms)
            drafts += post.unsaid_deletes(tx, project_iri, shut_ms)
            drafts += vote.unsaid_totals(tx, project_iri, shut_ms)
    return drafts


def not_over(tx: Tx, project_iri: str) -> list[CharterRow]:
    """The version in force, and those that wait for answers, latest first: what is said of the project is said in each of them."""
    return [
        row for row in charters.of_project(tx, project_iri) if row.state in {*PENDING, "live", "suspended"}
    ]


def _settle(tx: Tx, row: CharterRow, *, by: str) -> CharterRow:
    """Bring the state of a charter in force in line with what its parties want."""
    present = [party for party in charters.parties(tx, row.id) if party.left_at_ms is None]
    if len(present) < 2 or tx.home.host not in {party.host for party in present}:
        return move(
            tx, row, "ended", by=by, reason="fewer than two companies" if len(present) < 2 else "we left"
        )
    wanted = "suspended" if any(party.suspended_at_ms is not None for party in present) else "live"
    return row if row.state == wanted else move(tx, row, wanted, by=by)


def stub(iri: str, kind: str) -> Document:
    """A thing named in an activity by its id and type, so that the receiver knows the rule before it looks anything up."""
    return {"id": iri, "type": kind}


def say(tx: Tx, row: CharterRow, kind: str, carried: object, **more: object) -> Draft:
    """An activity of our node about a charter, for the nodes of all its other companies."""
    nodes = [party.node_iri for party in charters.parties(tx, row.id) if party.host != tx.home.host]
    return saying.in_handshake(tx, kind, carried, charter=row.iri, to=nodes, **more)
