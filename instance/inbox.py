"""What comes in, decided and written in one transaction. The rule kept here: once only, in each party's order, and nothing without a trace.

Every arrival ends as a Receipt, recorded in `received` with the rule that decided: 202 when it was taken in, 422 and 409 when it never
will be, 403, 429 and 503 when it may be later. An entry of a project's log is placed first: the
next one has its turn at once, and after it those that were held for it; one that came early is held and its gap made known; a second
one with a number already taken is kept as evidence. An entry that a rule does not take keeps its place in the chain, marked ignored.

A company that left brings nothing any more. What it said before is taken when a party that is still in serves it, up to the end of its log by
its own last word: the `head` of its Leave, else what it said last of itself in Cordee-Heads. Nobody can add to it afterwards, alone or with another's help.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import orjson
import structlog

from federation import log
from federation.activity import Activity
from federation.document import id_of
from federation.errors import FederationError
from federation.log import Entry, Head, Place
from federation.node import Receipt
from federation.origin import IRI_LIMIT_CHARS
from instance import activities, ids, outbox, ownlog, renaming
from instance.domain import guest, guest_mirror, quote_activities
from instance.domain.outcome import Incoming, Ruling
from instance.egress import Gate
from instance.errors import Refusal
from instance.events import GapNoticed
from instance.renaming import Renamings
from instance.storage import charters, other_names, peers, received
from instance.storage import log as entries
from instance.storage.database import Tx
from instance.storage.log import EntryRow
from instance.storage.received import ReceivedRow

_log = structlog.get_logger(__name__)

IGNORED_UNKNOWN = "ignored_unknown"
CLOSED = "closed"
_CAME_TOO_EARLY = "_unknown"  # how the rules end that ignore an entry for want of what it acts on
_TOO_OFTEN = "_too_often"  # how the rules end by which a guest has to wait; what is well meant is not lost
LATER_S = 600
TYPE_LIMIT_CHARS = 100  # of what is kept of a type: a stranger chooses how long it is
HELD_LIMIT = 10_000  # entries ahead of a head that are kept; what lies further ahead is fetched in its turn


@dataclass(frozen=True, slots=True)
class Arrival:
    """An authenticated activity, and who brought it.

    `speaker` is the host whose words it is, `carrier` the host that brought it (empty when we fetched it); `proven` the
    actor whose proof it carries; `heads` what the carrier says it holds of the project's log, `is_named` a redacted entry whose hash is proven.
    All of it is read under the names that things have now; what came is `activity.raw`.
    """

    activity: Activity
    speaker: str
    carrier: str
    proven: str | None = None
    entry: Entry | None = None
    heads: Mapping[str, Head] | None = None
    is_named: bool = False

    def named(self) -> "Arrival":
        """The same, for a redacted entry whose hash a proven entry behind it names."""
        return replace(self, is_named=True)


def receive(tx: Tx, arrival: Arrival, *, gate: Gate, is_news: bool = True) -> Receipt:
    """Take in one activity. `is_news`: its carrier says something of itself that we did not note a moment ago."""
    activity, entry = arrival.activity, arrival.entry
    receipt = _decide(tx, arrival, gate)
    if receipt.rule != "duplicate":
        _record(tx, activity, arrival.speaker, receipt)
    if entry is None and is_news:
        peers.heard(tx, arrival.carrier)
    if entry is None or receipt.status >= 400 or not arrival.carrier:
        return receipt
    if is_news:
        note_heads(tx, entry.project, arrival.carrier, arrival.heads or {})
        peers.heard(tx, arrival.carrier)
    return receipt._replace(headers=_heads_header(tx, entry.project))


def _heads_header(tx: Tx, project: str) -> tuple[tuple[str, str], ...]:
    """The receipt that our answer carries: how far we hold the project's log."""
    return ((log.HEADER, log.heads_header(project, entries.heads(tx, project))),)


def refuse(tx: Tx, activity: Activity, host: str, receipt: Receipt) -> None:
    """Keep the trace of an activity whose speaker could not be believed, unless it was taken in before from who could."""
    if not received.is_taken(tx, activity.iri):
        _record(tx, activity, host, receipt)


def _record(tx: Tx, activity: Activity, host: str, receipt: Receipt) -> None:
    iri, kind = activity.iri[:IRI_LIMIT_CHARS], activity.type[:TYPE_LIMIT_CHARS]
    row = ReceivedRow(iri, host, kind, receipt.status, receipt.rule, tx.now_ms)
    received.record(tx, row)


def note_heads(tx: Tx, project: str, holder: str, theirs: Mapping[str, Head]) -> None:
    """Keep what another node says it holds, and make known what it holds that we lack.

    Of its own entries it may have said more than it has delivered yet; only the periodic exchange asks for those.
    """
    if not theirs or holder not in charters.open_hosts(tx, project):
        return
    believed = ownlog.believable(tx, project, holder, theirs)
    entries.put_receipts(tx, project, holder, believed.items())
    _make_gaps_known(tx, project, {party: head for party, head in believed.items() if party != holder})


def heads_in(header: str, project: str, others: Renamings = ()) -> dict[str, Head]:
    """What a Cordee-Heads header says of this project's log; one that is about another, or cannot be read, says nothing."""
    with suppress(FederationError):
        named, heads = log.parse_heads(header)
        if renaming.iri(others, named) == project:
            return {renaming.host(others, party): head for party, head in heads.items()}
    return {}


def present_words(came: Activity, others: Renamings) -> Activity:
    """An activity under the names that things have now; `raw` stays what came, to the last byte of its proof."""
    if not others:
        return came
    return replace(Activity.parse(renaming.document(others, came.document)), raw=came.raw)


def present(entry: Entry, others: Renamings) -> Entry:
    """An entry's place under the names that things have now; its hash is of what was said."""
    if not others:
        return entry
    project, party = renaming.iri(others, entry.project), renaming.host(others, entry.party)
    return replace(entry, project=project, party=party, iri=renaming.iri(others, entry.iri))


def compare_heads(tx: Tx, project: str, holder: str, theirs: Mapping[str, Head]) -> None:
    """Keep what another node says it holds, asked for all of it, and make known what it holds that we lack."""
    if holder not in charters.open_hosts(tx, project):
        return  # it left while it was asked; its last word about itself stands
    believed = ownlog.believable(tx, project, holder, theirs)
    entries.put_receipts(tx, project, holder, believed.items())
    _make_gaps_known(tx, project, believed)


def _make_gaps_known(tx: Tx, project: str, theirs: Mapping[str, Head]) -> None:
    for party, (first, last) in log.gaps(entries.heads(tx, project), dict(theirs)).items():
        if party == tx.home.host:  # a backup was restored: what we say next would fork our own sequence
            _log.error("own_log_is_behind", project=project, first=first, last=last)
        tx.emit(GapNoticed(project, party, first, last))


def _decide(tx: Tx, arrival: Arrival, gate: Gate) -> Receipt:
    is_again = received.is_taken(tx, arrival.activity.iri)
    if is_again and not _may_be_meant_again(tx, arrival):
        return Receipt(202, "duplicate")
    if arrival.entry is None:
        receipt = _outside_logs(tx, arrival, gate)
        return Receipt(202, "duplicate") if is_again and receipt.status == 422 else receipt
    open_hosts = charters.open_hosts(tx, arrival.entry.project)
    if arrival.speaker in open_hosts:
        return _placed(tx, arrival, arrival.entry, gate)
    if arrival.carrier or not open_hosts:
        return Receipt(403, CLOSED)
    if arrival.speaker == tx.home.host:  # our own, from a partner: a backup was restored (instance/ownlog.py)
        return _placed(tx, arrival, arrival.entry, gate)
    return _of_departed(tx, arrival, arrival.entry, gate)


def _may_be_meant_again(tx: Tx, arrival: Arrival) -> bool:
    """Misskey and Pixelfed call each Follow of one by another by one id, however often it is undone; others undo a Follow that they have lost (FEP-8fcf) so.

    What is so already is no news, and nothing comes of it.
    """
    is_state = arrival.entry is None and arrival.activity.type in {"Follow", "Undo", "Block"}
    return is_state and guest.is_guest(tx, arrival.speaker)


def _of_departed(tx: Tx, arrival: Arrival, entry: Entry, gate: Gate) -> Receipt:
    """What a company had said before it left, told by one that is still in: taken up to the end of its log as it last said itself."""
    company = charters.last_party(tx, entry.project, entry.party)
    end = entries.receipt(tx, entry.project, holder=entry.party, party=entry.party)
    if company is None or company.left_at_ms is None or end is None or entry.seq > end.seq:
        return Receipt(403, CLOSED)
    if entry.seq == end.seq and entry.hash != end.hash:
        entries.add_fork(tx, _row(tx, arrival, entry, state=entries.HELD))
        return Receipt(409, "fork")
    return _placed(tx, arrival, entry, gate)


def _outside_logs(tx: Tx, arrival: Arrival, gate: Gate) -> Receipt:
    """A handshake's activity, or a guest's: it is taken or refused, and its sender told, for no log will repeat it."""
    activity = arrival.activity
    rules = activities.GUEST_RULES if guest.is_guest(tx, arrival.speaker) else activities.RULES
    rule = activities.rule_for(activity, rules)
    if rule is None:
        return Receipt(202, IGNORED_UNKNOWN)
    if rule.in_log:
        return Receipt(422, "no_log")
    incoming = Incoming(activity, arrival.speaker, arrival.proven, None, None)
    ruling = _take(tx, rule, incoming, gate)
    if ruling.rule.endswith(_TOO_OFTEN):
        return Receipt(429, ruling.rule, (("Retry-After", str(LATER_S)),))
    refused = 403 if ruling.rule == CLOSED else 422  # it may be later, or it never will be
    return Receipt(202 if ruling.taken else refused, ruling.rule)


def _placed(tx: Tx, arrival: Arrival, entry: Entry, gate: Gate) -> Receipt:
    held_hash = entries.hash_at(tx, entry.project, entry.party, seq=entry.seq)
    placement = log.check_next(entries.head(tx, entry.project, entry.party), entry, held_hash=held_hash)
    match placement.place:
        case Place.DUPLICATE:
            return Receipt(202, "duplicate")
        case Place.FORK:
            entries.add_fork(tx, _row(tx, arrival, entry, state=entries.HELD))
            return Receipt(409, "fork")
        case _ if arrival.proven is None and not arrival.is_named and not _is_named_by_held(tx, entry):
            return Receipt(422, "unproven_redaction")
        case Place.GAP:
            return _hold(tx, arrival, entry, first=placement.first)
        case _:
            return _append(tx, arrival, entry, gate)


def _is_named_by_held(tx: Tx, entry: Entry) -> bool:
    """A redacted entry has no proof that fits; the proven one behind it, which is held, says its hash."""
    successor = entries.at(tx, entry.project, entry.party, seq=entry.seq + 1)
    return successor is not None and successor.prev == entry.hash


def _hold(tx: Tx, arrival: Arrival, entry: Entry, *, first: int) -> Receipt:
    tx.emit(GapNoticed(entry.project, entry.party, first, entry.seq - 1))
    if entry.seq - first > HELD_LIMIT:
        return Receipt(503, "too_far_ahead")
    entries.hold(tx, _row(tx, arrival, entry, state=entries.HELD))
    return Receipt(202, "held")


def _append(tx: Tx, arrival: Arrival, entry: Entry, gate: Gate) -> Receipt:
    state, rule = _turn(tx, arrival.activity, entry, gate)
    entries.append(tx, _row(tx, arrival, entry, state=state, rule=rule))
    _advance(tx, Head(entry.seq, entry.hash), entry, gate)
    return Receipt(202, rule)


def _advance(tx: Tx, head: Head, entry: Entry, gate: Gate) -> None:
    """Give the entries held behind `head` their turn, one after the other."""
    while (row := entries.at(tx, entry.project, entry.party, seq=head.seq + 1)) is not None:
        if row.prev != head.hash:
            entries.add_fork(tx, row)
            entries.drop_held(tx, row)
            return
        activity = _read(tx, row)
        held = _entry(row)
        state, rule = _turn(tx, activity, held, gate)
        entries.settle(tx, row, state=state, rule=rule)
        _record(tx, activity, row.party, Receipt(202, rule))
        head = Head(row.seq, row.hash)


def _revisit(tx: Tx, iri: str, project: str, gate: Gate) -> None:
    """Give another turn to what was ignored because `iri` had not arrived: there is no order between two parties' entries."""
    for row in entries.about(tx, project, iri, state=entries.IGNORED):
        if not row.rule.endswith(_CAME_TOO_EARLY):
            continue
        activity = _read(tx, row)
        state, rule = _turn(tx, activity, _entry(row), gate)
        if state == entries.APPLIED:
            entries.decide(tx, row, state=state, rule=rule)
            _record(tx, activity, row.party, Receipt(202, rule))
            for other in filter(None, (activity.iri, id_of(activity.document.get("result")))):
                _revisit(tx, other, project, gate)


def _revisit_answers(tx: Tx, request_iri: str, project: str, gate: Gate) -> None:
    """The same for the answer to a question, and for what takes it back: the answer may be an envelope by then."""
    _revisit(tx, request_iri, project, gate)
    for row in entries.about(tx, project, request_iri, state=entries.REDACTED):
        _revisit(tx, quote_activities.stamp_iri(row.activity_iri), project, gate)


def _read(tx: Tx, row: EntryRow) -> Activity:
    """What an entry says, under the names that things have now."""
    return present_words(Activity.parse(orjson.loads(row.document)), other_names.known(tx))


def _entry(row: EntryRow) -> Entry:
    return Entry(row.project_iri, row.party, row.seq, row.prev, row.hash, row.activity_iri)


def _turn(tx: Tx, activity: Activity, entry: Entry, gate: Gate) -> tuple[str, str]:
    """An entry that is next: what it becomes, and the rule that says so."""
    ids.mint(tx, activity.iri, kind=activity.type.lower(), space=entry.project)
    if log.is_redacted(activity.raw):
        return entries.REDACTED, "redacted"
    rule = activities.rule_for(activity)
    if rule is None:
        return entries.IGNORED, IGNORED_UNKNOWN
    incoming = Incoming(activity, entry.party, activity.actor, entry.project, entry)
    ruling = _take(tx, rule, incoming, gate)
    if not ruling.taken:
        return entries.IGNORED, ruling.rule
    outbox.send(tx, guest_mirror.mirrored(tx, activity.document, entry.project), gate=gate)
    if activity.type == "Create" and activity.object_iri:
        _revisit(tx, activity.object_iri, entry.project, gate)
    if activity.type == "QuoteRequest":
        _revisit_answers(tx, activity.iri, entry.project, gate)
    return entries.APPLIED, ruling.rule


def _take(tx: Tx, rule: activities.Rule, incoming: Incoming, gate: Gate) -> Ruling:
    """Verify, and when taken apply and answer. What cannot be read is a ruling; what breaks while writing undoes everything."""
    ruling = _ruling(tx, rule, incoming)
    if ruling.taken:
        outbox.send(tx, (*rule.apply(tx, incoming), *rule.relay(incoming)), gate=gate)
    else:
        rule.refused(tx, incoming, ruling)
    return ruling


def _ruling(tx: Tx, rule: activities.Rule, incoming: Incoming) -> Ruling:
    try:
        return rule.verify(tx, incoming)
    except (FederationError, Refusal) as error:
        return Ruling(taken=False, rule=error.rule)


def _row(tx: Tx, arrival: Arrival, entry: Entry, *, state: str, rule: str = "") -> EntryRow:
    activity = arrival.activity
    return EntryRow(
        project_iri=entry.project,
        party=entry.party,
        seq=entry.seq,
        hash=entry.hash,
        prev=entry.prev,
        activity_iri=activity.iri,
        object_iri=activity.object_iri or "",
        state=state,
        rule=rule,
        document=orjson.dumps(activity.raw).decode(),
        received_at_ms=tx.now_ms,
    )
