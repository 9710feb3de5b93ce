"""What other companies say about charters. The rule kept here: a company speaks for itself alone, by its node, and a proof says it.

The company that offers a charter gathers the answers and says, with all proofs, that it is live; so nobody is at odds about it.
Whatever is not taken is written into the charter's history with the rule that refused it.
"""

from collections.abc import Callable
from functools import wraps

import orjson

from federation.activity import Activity
from federation.document import text_of
from federation.errors import FederationError, Refused
from federation.letters import Draft
from federation.log import Head
from federation.origin import host_of
from federation.proof import proofs_of
from instance import renaming
from instance.domain import charter_proofs, charter_steps
from instance.domain.charter_document import CLOCK_MARGIN_MS, Terms, fingerprint, read_charter
from instance.domain.charter_states import move, note
from instance.domain.charter_steps import say, stub
from instance.domain.outcome import Incoming, Ruling
from instance.domain.partner import shown
from instance.events import CharterChanged
from instance.storage import actors, charters, log, other_names
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx

WAITING_LIMIT = 20
IRI_LIMIT_CHARS = 500


def _ruled(verify: Callable[[Tx, Incoming], Ruling]) -> Callable[[Tx, Incoming], Ruling]:
    """A refusal raised on the way is a ruling with its rule's name."""

    @wraps(verify)
    def ruled(tx: Tx, incoming: Incoming) -> Ruling:
        try:
            return verify(tx, incoming)
        except FederationError as error:
            return Ruling(taken=False, rule=error.rule)

    return ruled


def refused(tx: Tx, incoming: Incoming, ruling: Ruling) -> None:
    """Write into the charter's history that something was not taken, and by which rule."""
    activity = incoming.activity.inner or incoming.activity
    iri = (activity.object_iri or activity.iri)[:IRI_LIMIT_CHARS]
    note(tx, iri, f"refused_{ruling.rule}", by=incoming.host, detail=incoming.activity.iri[:IRI_LIMIT_CHARS])


@_ruled
def verify_offer(tx: Tx, incoming: Incoming) -> Ruling:
    """A charter signed by the company that offers it, naming us, and following what is known here."""
    _check_offer(tx, incoming, read_charter(incoming.activity.object))
    return Ruling(taken=True, rule="charter_offered")


def _check_offer(tx: Tx, incoming: Incoming, terms: Terms) -> None:
    _check_sender(incoming, terms)
    if terms.party(tx.home.host) is None:
        raise Refused("we_are_not_named")
    charter_proofs.check_known(tx, terms)
    charter_proofs.check_only(incoming.activity.object, terms, host=incoming.host)
    if charters.by_iri(tx, terms.iri) is not None:
        raise Refused("charter_is_known", terms.iri)
    if terms.published_ms > tx.now_ms + CLOCK_MARGIN_MS:
        raise Refused("charter_dates", "written in the future")
    _check_project(tx, terms)
    base = charter_steps.base_of(tx, terms.project_iri)
    charter_steps.check_follows(tx, terms, base)
    _check_may_offer(tx, incoming, terms, base)


def _check_sender(incoming: Incoming, terms: Terms) -> None:
    if terms.offered_by != incoming.activity.actor or host_of(terms.offered_by) != incoming.host:
        raise Refused("offered_by_another", terms.offered_by)
    party = terms.party(incoming.host)
    if party is None or incoming.activity.actor not in {each.node for each in party.places}:
        raise Refused("proposer_is_no_party", incoming.host)


def _check_project(tx: Tx, terms: Terms) -> None:
    """The project is the one that we know by this address and by this handle, or is new to us and not on our host."""
    host = host_of(terms.project_iri)
    known, namesake = actors.by_iri(tx, terms.project_iri), actors.by_username(tx, terms.handle, host)
    if known is None and host == tx.home.host:
        raise Refused("unknown_project", terms.project_iri)
    if known is not None and (known.kind, known.username) != ("project", terms.handle):
        raise Refused("another_project", terms.project_iri)
    if namesake is not None and namesake.iri != terms.project_iri:
        raise Refused("another_project", namesake.iri)


def _check_may_offer(tx: Tx, incoming: Incoming, terms: Terms, base: CharterRow | None) -> None:
    """The first version comes from the project's host, the next ones from anyone in it."""
    if base is None and terms.previous is None and host_of(terms.project_iri) != incoming.host:
        raise Refused("project_of_another", terms.project_iri)
    if base is not None:
        party = _party(tx, base, incoming.host)
        if party is None or party.left_at_ms is not None:
            raise Refused("proposer_is_not_in_it", incoming.host)
    if sum(row.offered_by == terms.offered_by for row in charters.waiting(tx)) >= WAITING_LIMIT:
        raise Refused("too_many_waiting", incoming.host)


def apply_offer(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Keep the charter until our IT answers."""
    document = incoming.activity.object
    proofs = {incoming.host: proofs_of(document)[0]}
    charter_steps.write(tx, document, read_charter(document), state="offered", proofs=proofs)
    return ()


@_ruled
def verify_accept(tx: Tx, incoming: Incoming) -> Ruling:
    """A party's proof of a charter that waits for it."""
    row = _charter_of_party(tx, incoming)
    document, terms = charter_proofs.stored(row)
    charter_proofs.check_known(tx, terms)
    charter_proofs.check_proof(document, terms, incoming.activity.document.get("result"), host=incoming.host)
    if row.ends_at_ms is not None and row.ends_at_ms <= tx.now_ms:
        raise Refused("charter_is_over", row.iri)
    return _in_time(row, charter_steps.PENDING, taken="charter_accepted")


def _in_time(row: CharterRow, states: tuple[str, ...], *, taken: str) -> Ruling:
    """Taken while the charter is in one of these states; what is said again after it is in force changes nothing."""
    if row.state in {"live", "suspended"}:
        return Ruling(taken=True, rule="charter_in_force_already")
    if row.state not in states:
        return Ruling(taken=False, rule=f"charter_is_{row.state}")
    return Ruling(taken=True, rule=taken)


def apply_accept(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Keep the proof. With the last one, a charter that we offered takes effect and every party gets it with all proofs."""
    row = _row(tx, incoming)
    proof = orjson.dumps(incoming.activity.document["result"]).decode()
    if row.state not in charter_steps.PENDING or not charters.sign(tx, row.id, incoming.host, proof):
        return ()
    note(tx, row.iri, "accepted", by=incoming.host)
    tx.emit(CharterChanged(row.project_iri))
    complete = all(party.proof is not None for party in charters.parties(tx, row.id))
    if row.offered_by != tx.home.node or not complete or _moves_us(tx, row):
        return ()  # a new name of ours is taken in all charters at once (`move.go`)
    live = charter_steps.go_live(tx, row, by=incoming.host)
    return (say(tx, live, "Update", orjson.loads(live.document)), *charter_steps.say_suspended(tx, live))


def _moves_us(tx: Tx, row: CharterRow) -> bool:
    ours = charter_proofs.stored(row)[1].party(tx.home.host)
    return ours is not None and ours.host != tx.home.host


@_ruled
def verify_update(tx: Tx, incoming: Incoming) -> Ruling:
    """The charter that we signed, with the proofs of all, from the company that offered it."""
    row = _charter_of_party(tx, incoming)
    document, terms = charter_proofs.stored(row)
    if incoming.activity.actor != row.offered_by:
        raise Refused("offered_by_another", row.offered_by)
    if fingerprint(incoming.activity.object) != fingerprint(document):
        raise Refused("another_document", row.iri)
    charter_proofs.check_known(tx, terms)
    charter_proofs.check_all(incoming.activity.object, terms)
    return _in_time(row, ("approved",), taken="charter_signed_by_all")


def apply_update(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Put the charter in force."""
    row = _row(tx, incoming)
    if row.state != "approved":
        return ()
    _, terms = charter_proofs.stored(row)
    proofs = charter_proofs.check_all(incoming.activity.object, terms)
    for party in terms.parties:
        signed = orjson.dumps(proofs[party.host]).decode()
        charters.sign(tx, row.id, charter_proofs.standing_host(tx, party), signed)
    live = charter_steps.go_live(tx, row, by=incoming.host)
    return charter_steps.say_suspended(tx, live)


@_ruled
def verify_reject(tx: Tx, incoming: Incoming) -> Ruling:
    """A party refuses a charter, or the one that offered it takes it back, before it is in force."""
    row = _charter_of_party(tx, incoming)
    if row.state == "declined":
        return Ruling(taken=True, rule="charter_declined_already")
    if row.state not in charter_steps.PENDING:
        return Ruling(taken=False, rule=f"charter_is_{row.state}")
    party = _party(tx, row, incoming.host)
    if party is not None and party.proof is not None and incoming.activity.actor != row.offered_by:
        raise Refused("charter_signed", incoming.host)
    return Ruling(taken=True, rule="charter_declined")


def apply_reject(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Drop the charter. Where we offered it, tell the others, since only our word ends it for them; until then it is noted."""
    row, reason = _row(tx, incoming), shown(text_of(incoming.activity.document.get("content")))
    if row.state not in charter_steps.PENDING:
        return ()
    if row.offered_by not in {tx.home.node, incoming.activity.actor}:
        note(tx, row.iri, "rejected", by=incoming.host, detail=reason)
        return ()
    move(tx, row, "declined", by=incoming.host, reason=reason)
    if row.offered_by == tx.home.node:
        return (say(tx, row, "Reject", stub(row.iri, "Charter"), content=reason),)
    return ()


def verify_leave(tx: Tx, incoming: Incoming) -> Ruling:
    """A company leaves a project that it is in. It says so in each charter that is not over, so we may hear it twice."""
    project_iri = incoming.activity.object_iri or ""
    ruling = _standing(tx, incoming, project_iri, taken="party_left")
    party = charters.last_party(tx, project_iri, incoming.host)
    has_left = (
        party is not None and party.node_iri == incoming.activity.actor and party.left_at_ms is not None
    )
    return Ruling(taken=True, rule="left_already") if has_left and not ruling.taken else ruling


def apply_leave(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Close the project to the company at once, and keep how far its log goes."""
    project, document = incoming.activity.object_iri or "", incoming.activity.document
    head = _last_head(document.get("head"))
    if head is not None:
        log.put_receipts(tx, project, incoming.host, [(incoming.host, head)])
    reason = shown(text_of(document.get("content")))
    return charter_steps.party_left(tx, project, incoming.host, reason=reason)


def _last_head(said: object) -> Head | None:
    """The end of a company's log as it says it, or None when that cannot be read."""
    if not isinstance(said, dict):
        return None
    seq, digest = said.get("seq"), said.get("hash")
    if type(seq) is not int or not 0 < seq < 2**53 or not isinstance(digest, str) or len(digest) != 64:
        return None
    return Head(seq, digest)


def verify_suspend(tx: Tx, incoming: Incoming) -> Ruling:
    """A company shuts a project that it is in."""
    return _standing(tx, incoming, _project_of(tx, incoming.activity), taken="charter_suspended")


def apply_suspend(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Shut the gate for all."""
    project_iri = _project_of(tx, incoming.activity)
    said = {incoming.activity.object_iri or "": incoming.activity.iri}
    charter_steps.suspended(tx, project_iri, incoming.host, said=said)
    return ()


def verify_resume(tx: Tx, incoming: Incoming) -> Ruling:
    """A company takes its own suspension back; it says so in each charter that is not over, so we may hear it twice."""
    inner = incoming.activity.inner
    if inner is None or inner.actor != incoming.activity.actor:
        return Ruling(taken=False, rule="suspended_by_another")
    project_iri = _project_of(tx, inner)
    ruling = _standing(tx, incoming, project_iri, taken="charter_resumed")
    shut = any(
        party.suspended_at_ms is not None for party in charters.standings(tx, project_iri, incoming.host)
    )
    return ruling if shut or not ruling.taken else Ruling(taken=True, rule="resumed_already")


def apply_resume(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Open the gate, when nobody else suspends."""
    project_iri = _project_of(tx, incoming.activity.inner or incoming.activity)
    return charter_steps.resumed(tx, project_iri, incoming.host)


def _project_of(tx: Tx, activity: Activity) -> str:
    """The project whose charter, in whatever version, the activity is about; nothing when it is not known."""
    row = charters.by_iri(tx, activity.object_iri or "")
    return "" if row is None else row.project_iri


def _standing(tx: Tx, incoming: Incoming, project_iri: str, *, taken: str) -> Ruling:
    """Taken from the node of a company that is in the project, or is about to be: its word may come before the charter takes effect."""
    standings = charters.standings(tx, project_iri, incoming.host)
    ours = [party for party in standings if party.node_iri == incoming.activity.actor]
    if not ours:
        return Ruling(taken=False, rule="not_a_party")
    if all(party.left_at_ms is not None for party in ours):
        return Ruling(taken=False, rule="left_already")
    return Ruling(taken=True, rule=taken)


def _charter_of_party(tx: Tx, incoming: Incoming) -> CharterRow:
    """The charter that the activity is about. Raises Refused unless it is known and the sender the node of a company in it."""
    row = charters.by_iri(tx, _present(tx, incoming.activity))
    if row is None:
        raise Refused("unknown_charter", incoming.activity.object_iri or "")
    party = _party(tx, row, incoming.host)
    if party is None or party.node_iri != incoming.activity.actor:
        raise Refused("not_a_party", incoming.activity.actor)
    return row


def _present(tx: Tx, activity: Activity) -> str:
    """The charter that it is about, as it is called now: in full it names itself as when it was signed."""
    return renaming.iri(other_names.known(tx), activity.object_iri or "")


def _row(tx: Tx, incoming: Incoming) -> CharterRow:
    row = charters.by_iri(tx, _present(tx, incoming.activity))
    assert row is not None
    return row


def _party(tx: Tx, row: CharterRow, host: str) -> PartyRow | None:
    return next((party for party in charters.parties(tx, row.id) if party.host == host), None)
