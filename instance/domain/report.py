"""What people report to IT, and what IT does with it. The rule kept here: a report is for IT, and nobody reports what they could not read.

Of a partner's person IT of that company can be told as well (report_forward.py).
"""

from collections.abc import Sequence
from typing import NamedTuple

from instance import ids
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.events import Notified
from instance.storage import actors, logins, notifications, pushes, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.notifications import NotificationRow
from instance.storage.reports import ReportRow

KIND = "admin.report"
COMMENT_LIMIT_CHARS = 1000
POSTS_LIMIT = 100
CATEGORIES = ("spam", "legal", "violation", "other")


class ReportDraft(NamedTuple):
    """What a person wants IT to know. `rules` are ids of the rules of the house."""

    target_id: int
    post_ids: tuple[int, ...] = ()
    comment: str = ""
    category: str = "other"
    rules: tuple[str, ...] = ()


def report(tx: Tx, reporter: ActorRow, draft: ReportDraft) -> Outcome[ReportRow]:
    """Tell IT of a person or project, and of posts of theirs. Raises BadInput, NotFound."""
    check_report(tx, reporter, draft)
    return _keep(tx, reporter, draft)


def _keep(tx: Tx, reporter: ActorRow, draft: ReportDraft) -> Outcome[ReportRow]:
    row = ReportRow(
        id=ids.snowflake(tx.now_ms),
        reporter_id=reporter.id,
        target_id=draft.target_id,
        category=draft.category,
        comment=draft.comment,
        rules=" ".join(draft.rules),
        assigned_id=None,
        resolved_by_id=None,
        resolved_at_ms=None,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
        forwarded_at_ms=None,
    )
    reports.add(tx, row, draft.post_ids)
    _tell_admins(tx, row)
    return Outcome(row)


def receive(tx: Tx, node: ActorRow, target: ActorRow, *, comment: str, post_ids: Sequence[int]) -> ReportRow:
    """Keep what another company's IT reports of one of our people; `node` is that company's. Its posts and words are checked already."""
    return _keep(tx, node, ReportDraft(target.id, tuple(post_ids), comment)).value


def mark_forwarded(tx: Tx, row: ReportRow) -> ReportRow:
    """Write that the company of the person reported was told."""
    return _changed(tx, row, forwarded_at_ms=tx.now_ms).value


def check_report(tx: Tx, reporter: ActorRow, draft: ReportDraft) -> None:
    """Raise BadInput or NotFound unless this can be reported; a post that the reporter may not read is none."""
    if draft.category not in CATEGORIES:
        raise BadInput("category", "Category is one of spam, legal, violation, other")
    if len(draft.comment) > COMMENT_LIMIT_CHARS:
        raise BadInput("comment", "A comment has at most 1,000 characters")
    if len(draft.post_ids) > POSTS_LIMIT:
        raise BadInput("status_ids", "A report means at most 100 posts")
    target = actors.by_id(tx, draft.target_id)
    if target is None or target.kind == "node":
        raise NotFound("account")
    found = reports.readable(tx, reporter.id, draft.post_ids, author_id=target.id)
    if set(found) != set(draft.post_ids):
        raise NotFound("post")


def classify(
    tx: Tx, report_id: int, *, category: str | None = None, rules: Sequence[str] | None = None
) -> Outcome[ReportRow]:
    """Say otherwise what a report is about. Raises BadInput, NotFound."""
    row = _found(tx, report_id)
    if category is not None and category not in CATEGORIES:
        raise BadInput("category", "Category is one of spam, legal, violation, other")
    return _changed(
        tx,
        row,
        category=category or row.category,
        rules=row.rules if rules is None else " ".join(rules),
    )


def assign(tx: Tx, report_id: int, *, admin_id: int | None) -> Outcome[ReportRow]:
    """Say who of IT looks after it; None: nobody yet. Raises NotFound."""
    return _changed(tx, _found(tx, report_id), assigned_id=admin_id)


def resolve(tx: Tx, report_id: int, *, admin_id: int | None = None) -> Outcome[ReportRow]:
    """Close a report; on the command line no account does it. One that is closed stays as it is. Raises NotFound."""
    row = _found(tx, report_id)
    if row.resolved_at_ms is not None:
        return Outcome(row)
    return _changed(tx, row, resolved_by_id=admin_id, resolved_at_ms=tx.now_ms)


def reopen(tx: Tx, report_id: int) -> Outcome[ReportRow]:
    """Open a closed report again. Raises NotFound."""
    return _changed(tx, _found(tx, report_id), resolved_by_id=None, resolved_at_ms=None)


def _found(tx: Tx, report_id: int) -> ReportRow:
    row = reports.by_id(tx, report_id)
    if row is None:
        raise NotFound("report")
    return row


def _changed(tx: Tx, row: ReportRow, **new: object) -> Outcome[ReportRow]:
    changed = ReportRow(**{**row._asdict(), **new, "updated_at_ms": tx.now_ms})
    reports.put(tx, changed)
    return Outcome(changed)


def _tell_admins(tx: Tx, row: ReportRow) -> None:
    """Tell IT, whomever they have muted: it is their task to hear of it."""
    told = [
        _notice(tx, admin.actor_id, row) for admin in logins.admins(tx) if admin.actor_id != row.reporter_id
    ]
    notifications.insert_many(tx, told)
    reports.add_notices(tx, row.id, [one.id for one in told])
    pushes.want(tx, [one.id for one in told])
    for one in told:
        tx.emit(Notified(one.id, one.owner_id))


def _notice(tx: Tx, admin_id: int, row: ReportRow) -> NotificationRow:
    return NotificationRow(
        id=ids.snowflake(tx.now_ms),
        owner_id=admin_id,
        kind=KIND,
        actor_id=row.reporter_id,
        post_id=None,
        created_at_ms=tx.now_ms,
    )
