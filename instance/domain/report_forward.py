"""A report about a partner's person, sent to that person's company. The rule kept here: the company says it, not who reported; it says only what belongs to a project of both.

What is sent is a Flag by our node, for the one company, outside of any log: nobody else in the project hears of it.
"""

from dataclasses import replace

from federation.letters import Draft
from instance.domain import report, saying
from instance.domain.compose import AsksGate, check_gate
from instance.domain.outcome import Outcome
from instance.domain.place import writer_of
from instance.domain.report import ReportDraft
from instance.errors import BadInput, Conflict, NotFound
from instance.policy import is_project
from instance.storage import actors, charters, members, posts, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.reports import ReportRow


def report_and_forward(tx: Tx, gate: AsksGate, reporter: ActorRow, draft: ReportDraft) -> Outcome[ReportRow]:
    """Tell our IT, and that of the person's company; of a colleague, our IT alone. Raises BadInput, CannotPublish, NotFound."""
    made = report.report(tx, reporter, draft).value
    target = actors.by_id(tx, made.target_id)
    if target is None or target.kind != "person" or target.host == tx.home.host:
        return Outcome(made)
    return forward(tx, gate, made.id)


def forward(tx: Tx, gate: AsksGate, report_id: int) -> Outcome[ReportRow]:
    """Send a report to the company of the person it is about, once. Raises BadInput, CannotPublish, Conflict, NotFound."""
    row = reports.by_id(tx, report_id)
    reporter, target = _people(tx, row)
    if row is None or reporter is None or target is None:
        raise NotFound("report")
    if target.host == tx.home.host or target.kind != "person" or reporter.host != tx.home.host:
        raise Conflict("report_is_ours", "The report is about nobody of another company, or came from one.")
    if row.forwarded_at_ms is not None:
        return Outcome(row)
    meant = posts.by_ids(tx, reports.posts_of(tx, [row.id]).get(row.id, ()))
    spaces = {post.space for post in meant.values() if is_project(post.space)} or _shared(
        tx, reporter, target
    )
    if not spaces:
        raise BadInput(
            "forward", "You share no open project with that person, so only your own IT can be told."
        )
    drafts = [
        _flag(tx, gate, row, target, space, [post.iri for post in meant.values() if post.space == space])
        for space in sorted(spaces)
    ]
    return Outcome(report.mark_forwarded(tx, row), tuple(drafts))


def _people(tx: Tx, row: ReportRow | None) -> tuple[ActorRow | None, ActorRow | None]:
    found = actors.by_ids(tx, [row.reporter_id, row.target_id]) if row is not None else {}
    return (None, None) if row is None else (found.get(row.reporter_id), found.get(row.target_id))


def _shared(tx: Tx, reporter: ActorRow, target: ActorRow) -> set[str]:
    """One open project that both are in: the first of them, so that the company hears of it once."""
    mine, theirs = (
        {row.project_iri for row in members.projects_of(tx, person.id)} for person in (reporter, target)
    )
    open_ones = (one for one in sorted(mine & theirs) if target.host in charters.open_hosts(tx, one))
    return set(list(open_ones)[:1])


def _flag(tx: Tx, gate: AsksGate, row: ReportRow, target: ActorRow, space: str, meant: list[str]) -> Draft:
    reporter = actors.by_ids(tx, [row.reporter_id])[row.reporter_id]
    check_gate(tx, gate, writer_of(tx, reporter), [row.comment, target.iri, *meant], space=space)
    draft = saying.to_one(
        tx, "Flag", [target.iri, *meant], author=tx.home.node, space=space, host=target.host
    )
    return replace(draft, activity=draft.activity | {"content": row.comment, "to": [target.iri]})
