"""What our own IT does with charters: offer, approve, decline, suspend, resume, leave.

The rule kept here: a charter is live when every company has signed the very same document, and the company that offered it is the
one to say so. Anything that shuts the gate works at once and alone; anything that opens it takes all.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from federation import keys
from federation.document import Document
from federation.errors import FederationError, Refused
from instance.domain import charter_proofs, charter_steps
from instance.domain.charter_document import (
    FORMER_MOST,
    LABELS,
    NO_GUESTS,
    WORDS,
    Former,
    Party,
    Terms,
    check_terms,
    fingerprint,
    read_charter,
    render_charter,
)
from instance.domain.charter_states import STATES as STATES
from instance.domain.charter_states import move as move
from instance.domain.charter_steps import say, stub
from instance.domain.outcome import Outcome
from instance.errors import BadInput, Conflict, NotAllowed, NotFound
from instance.home import Home
from instance.ids import snowflake
from instance.storage import actors, charters, log, other_names, peers
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, EventRow
from instance.storage.database import Tx
from instance.storage.keys import ED25519, key_of
from instance.storage.other_names import NameRow

REASON_LIMIT_CHARS = 500


class PartyTerms(NamedTuple):
    """A company to be in a charter. What is empty is taken from what its node said when we met it."""

    host: str
    node: str = ""
    inbox: str = ""
    company: str = ""
    role: str = "partner"


def offer(  # noqa: PLR0913  these are the terms of a charter, each with its name
    tx: Tx,
    project_iri: str,
    *,
    parties: Iterable[PartyTerms],
    purpose: str,
    ceiling: int = 1,
    starts_at_ms: int | None = None,
    ends_at_ms: int | None = None,
    retention: str = "P1Y",
    indicators: Sequence[str] = (),
    guests: str = NO_GUESTS,
    moving: Home | None = None,
) -> Outcome[CharterRow]:
    """Sign the next version of a project's charter and offer it to the other companies. Ours need not be listed.

    `moving` is where we shall live once it is in force: our company is in it under that name, and says which one it had.

    Raises BadInput naming the field, NotFound, NotAllowed, Conflict.
    """
    project, base = _project(tx, project_iri), charter_steps.base_of(tx, project_iri)
    _check_may_offer(tx, project)
    if not 0 <= ceiling < len(LABELS):
        raise _bad(Refused("ceiling_out_of_scale"))
    terms = Terms(
        iri=tx.home.iri("charters", snowflake(tx.now_ms)),
        project_iri=project_iri,
        handle=project.username,
        title=project.display_name,
        version=charter_steps.last_version(tx, project_iri) + 1,
        offered_by=tx.home.node,
        purpose=purpose.strip(),
        parties=_parties(tx, project, parties, moving),
        ceiling=ceiling,
        starts_at_ms=tx.now_ms if starts_at_ms is None else starts_at_ms,
        ends_at_ms=ends_at_ms,
        retention=retention,
        indicators=tuple(indicators),
        previous=None if base is None else fingerprint(charter_proofs.stored(base)[0]),
        published_ms=tx.now_ms,
        guests=guests,
    )
    return _offer(tx, terms, base)


def _offer(tx: Tx, terms: Terms, base: CharterRow | None) -> Outcome[CharterRow]:
    document = render_charter(terms)
    try:
        check_terms(terms)
        read_charter(document)
        charter_steps.check_follows(tx, terms, base)
        charter_proofs.check_known(tx, terms)
    except FederationError as error:
        raise _bad(error) from error
    proof = charter_proofs.own_proof(tx, document, terms)
    row = charter_steps.write(tx, document, terms, state="approved", proofs={tx.home.host: proof})
    return Outcome(row, (say(tx, row, "Offer", {**document, "proof": proof}),))


def _bad(error: FederationError) -> BadInput:
    field, words = WORDS[error.rule]
    return BadInput(field, f"{words} ({error.detail})" if error.detail else words)


def amend(  # noqa: PLR0913  see `offer`
    tx: Tx,
    project_iri: str,
    *,
    parties: Iterable[PartyTerms] | None = None,
    purpose: str | None = None,
    ceiling: int | None = None,
    ends_at_ms: int | None = None,
    retention: str | None = None,
    indicators: Sequence[str] | None = None,
    guests: str | None = None,
    moving: Home | None = None,
) -> Outcome[CharterRow]:
    """Offer the next version of a charter in force; what is not given stays as it is. The one in force holds until all have signed.

    Raises as `offer` does, and Conflict when there is no charter in force.
    """
    row = _in_force(tx, project_iri)
    _, now = charter_proofs.stored(row)
    return offer(
        tx,
        project_iri,
        parties=_as_they_are(tx, row, now) if parties is None else parties,
        purpose=now.purpose if purpose is None else purpose,
        ceiling=now.ceiling if ceiling is None else ceiling,
        starts_at_ms=max(now.starts_at_ms, tx.now_ms),
        ends_at_ms=now.ends_at_ms if ends_at_ms is None else ends_at_ms,
        retention=now.retention if retention is None else retention,
        indicators=now.indicators if indicators is None else indicators,
        guests=now.guests if guests is None else guests,
        moving=moving,
    )


def _as_they_are(tx: Tx, row: CharterRow, terms: Terms) -> list[PartyTerms]:
    gone = {party.host for party in charters.parties(tx, row.id) if party.left_at_ms is not None}
    return [
        PartyTerms(party.host, party.node, party.inbox, party.company, party.role)
        for party in terms.parties
        if party.host not in gone
    ]


def approve(tx: Tx, charter_iri: str, *, by: str, unmet_ok: bool = False) -> Outcome[CharterRow]:
    """Sign a charter that was offered to us. `by` is the name of who approves it. Raises NotFound, Conflict.

    Every company in it has shown us its key itself; with `unmet_ok` we take the offering company's word for those that have not (`unmet`),
    and the history says for whom.
    """
    row = _charter(tx, charter_iri)
    document, terms = charter_proofs.stored(row)
    if row.ends_at_ms is not None and row.ends_at_ms <= tx.now_ms:
        raise Conflict("charter_is_over", WORDS["charter_is_over"][1])
    try:
        charter_steps.check_previous(terms, charter_steps.base_of(tx, row.project_iri))
        charter_proofs.check_known(tx, terms)
        if not unmet_ok:
            charter_proofs.check_moved(tx, terms)
    except FederationError as error:
        raise Conflict(error.rule, WORDS[error.rule][1]) from error
    strangers = ", ".join(party.host for party in charter_proofs.unmet(tx, terms))
    if strangers and not unmet_ok:
        raise Conflict("unmet", "A company in it has not shown us its key, so we cannot know who signs.")
    approver = f"{by}; not met: {strangers}" if strangers else by
    approved = move(tx, row, "approved", by=tx.home.host, reason=approver)
    proof = charter_proofs.own_proof(tx, document, terms)
    charters.sign(tx, row.id, tx.home.host, orjson.dumps(proof).decode())
    return Outcome(approved, (say(tx, row, "Accept", stub(row.iri, "Charter"), result=proof),))


def decline(tx: Tx, charter_iri: str, *, reason: str) -> Outcome[CharterRow]:
    """Refuse a charter that was offered to us, or take back one that we offered, while it is not in force. Raises NotFound, Conflict."""
    row, words = _charter(tx, charter_iri), reason.strip()[:REASON_LIMIT_CHARS]
    if row.state == "approved" and row.offered_by != tx.home.node:
        raise Conflict("charter_signed", "We have signed it. Once it is live it can be suspended or left.")
    declined = move(tx, row, "declined", by=tx.home.host, reason=words)
    return Outcome(declined, (say(tx, row, "Reject", stub(row.iri, "Charter"), content=words),))


def suspend(tx: Tx, project_iri: str) -> Outcome[CharterRow]:
    """Shut the project's gate for all companies at once, until we resume. Raises Conflict."""
    _in_force(tx, project_iri)
    if _we_suspend(tx, project_iri):
        raise Conflict("suspended_already", "We suspend it already.")
    drafts = {
        row.iri: say(tx, row, "Suspend", stub(row.iri, "Charter"))
        for row in charter_steps.not_over(tx, project_iri)
    }
    said = {iri: draft.activity["id"] for iri, draft in drafts.items()}
    charter_steps.suspended(tx, project_iri, tx.home.host, said=said)
    return Outcome(_in_force(tx, project_iri), tuple(drafts.values()))


def resume(tx: Tx, project_iri: str) -> Outcome[CharterRow]:
    """Take our suspension back; the gate opens when nobody else suspends. Raises Conflict."""
    _in_force(tx, project_iri)
    if not _we_suspend(tx, project_iri):
        raise Conflict("not_suspended", "We do not suspend it.")
    undos = [
        say(tx, row, "Undo", _suspend(tx, event))
        for row in charter_steps.not_over(tx, project_iri)
        if (event := charters.last_event(tx, row.iri, host=tx.home.host, what="suspend")) is not None
    ]
    drafts = charter_steps.resumed(tx, project_iri, tx.home.host)
    return Outcome(_in_force(tx, project_iri), (*undos, *drafts))


def _suspend(tx: Tx, event: EventRow) -> Document:
    """The activity by which we suspended, as that event says it."""
    carried = stub(event.charter_iri, "Charter")
    return {"id": event.detail, "type": "Suspend", "actor": tx.home.node, "object": carried}


def _we_suspend(tx: Tx, project_iri: str) -> bool:
    standings = charters.standings(tx, project_iri, tx.home.host)
    return any(party.suspended_at_ms is not None for party in standings)


def leave(tx: Tx, project_iri: str, *, reason: str = "") -> Outcome[CharterRow]:
    """Take our company out of a project, for good: closed at once, here and at all others. Raises Conflict.

    Our last word says how far our log goes, so that the others can give each other what they lack of it, and no more;
    companies that are only offered a charter learn that we leave, and nothing of the log.
    """
    in_force, words = _in_force(tx, project_iri), reason.strip()[:REASON_LIMIT_CHARS]
    head = log.head(tx, project_iri, tx.home.host)
    last = {} if head is None else {"head": head._asdict()}
    drafts = tuple(
        say(
            tx,
            row,
            "Leave",
            stub(project_iri, "Group"),
            content=words,
            **(last if row.id == in_force.id else {}),
        )
        for row in charter_steps.not_over(tx, project_iri)
    )
    charter_steps.party_left(tx, project_iri, tx.home.host, reason=words)
    return Outcome(_charter(tx, in_force.iri), drafts)


def end_due(tx: Tx) -> Outcome[int]:
    """End every charter whose end date has passed, and drop offers that nobody can sign in time any more; how many."""
    rows = charters.due(tx)
    for row in rows:
        to = "declined" if row.state in charter_steps.PENDING else "ended"
        move(tx, row, to, by=tx.home.host, reason="past its end")
    return Outcome(len(rows))


def unmet(tx: Tx, charter_iri: str) -> tuple[Party, ...]:
    """The companies in a charter whose node we have not met: until then we have only the offering company's word for their keys."""
    return charter_proofs.unmet(tx, charter_proofs.stored(_charter(tx, charter_iri))[1])


def unheard(tx: Tx, charter_iri: str) -> tuple[tuple[str, str], ...]:
    """Names that companies in a charter say they had before, and that we never heard of: the host and key of each."""
    return charter_proofs.unheard(tx, charter_proofs.stored(_charter(tx, charter_iri))[1])


def _check_may_offer(tx: Tx, project: ActorRow) -> None:
    versions = charters.of_project(tx, project.iri)
    if any(row.state in charter_steps.PENDING for row in versions):
        raise Conflict("charter_pending", "A version of this charter waits for answers; decline it or wait.")
    base = charter_steps.base_of(tx, project.iri)
    parties = {party.host: party for party in charters.parties(tx, base.id)} if base else {}
    ours = parties.get(tx.home.host)
    if project.host != tx.home.host and (ours is None or ours.left_at_ms is not None):
        raise NotAllowed(
            "not_our_project", "Only a company that is in the project may offer a charter for it."
        )


def _parties(
    tx: Tx, project: ActorRow, listed: Iterable[PartyTerms], moving: Home | None
) -> tuple[Party, ...]:
    wanted = {party.host: party for party in listed}
    own_role = "host" if project.host == tx.home.host else "partner"
    ours = wanted.pop(tx.home.host, PartyTerms(tx.home.host, role=own_role))
    own = ours._replace(node=tx.home.node, inbox=tx.home.inbox, company=tx.home.company)
    mine, *others = (_party(tx, party) for party in (own, *wanted.values()))
    return (mine if moving is None else _moved(mine, moving), *others)


def _moved(ours: Party, to: Home) -> Party:
    """Our company under the name that it is to have."""
    earlier = [former for former in ours.formerly if former.host != to.host]
    return ours._replace(
        host=to.host,
        node=to.node,
        inbox=to.inbox,
        key_id=to.node + ours.key_id.removeprefix(ours.node),
        formerly=(ours.places[0], *earlier)[:FORMER_MOST],
    )


def _party(tx: Tx, wanted: PartyTerms) -> Party:
    peer = peers.by_host(tx, wanted.host)
    node = wanted.node or (peer.node_iri if peer else "")
    key = key_of(tx, node, ED25519)
    if key is None:
        raise BadInput("parties", f"{wanted.host}: its node has not shown its key yet. Meet it first.")
    public = keys.public_from_pem(key.public_pem)
    return Party(
        host=wanted.host,
        node=node,
        inbox=wanted.inbox or (peer.inbox if peer else ""),
        company=wanted.company or (peer.name if peer else ""),
        role=wanted.role,
        key_id=key.key_iri,
        key=charter_proofs.multikey(public),
        formerly=tuple(_former(row) for row in other_names.former(tx, wanted.host)),
    )


def _former(row: NameRow) -> Former:
    home = Home(row.base, "")
    return Former(home.node, home.inbox)


def _project(tx: Tx, project_iri: str) -> ActorRow:
    row = actors.by_iri(tx, project_iri)
    if row is None or row.kind != "project":
        raise NotFound("project")
    return row


def _charter(tx: Tx, charter_iri: str) -> CharterRow:
    row = charters.by_iri(tx, charter_iri)
    if row is None:
        raise NotFound("charter")
    return row


def _in_force(tx: Tx, project_iri: str) -> CharterRow:
    row = charters.in_force(tx, project_iri)
    if row is None:
        raise Conflict("no_charter", "The project has no charter in force.")
    return row
