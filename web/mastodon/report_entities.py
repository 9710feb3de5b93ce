"""Reports as apps and IT read them. The rule kept here: pure; what both are told of a report is written once."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from instance.storage.reports import ReportRow
from web.mastodon.entities import Json, timestamp


class ReportFacts(NamedTuple):
    """What a report is shown from: its target as rendered, and the posts meant as far as the viewer may read them."""

    row: ReportRow
    target: Json
    post_ids: list[int]


class ReportShown(NamedTuple):
    """What a report is shown to IT from: everybody in it as Admin::Account, the posts that the viewer may read, as statuses."""

    row: ReportRow
    people: Mapping[int, Json]
    statuses: Sequence[Any]
    rules: Sequence[Json]


def report_entity(facts: ReportFacts) -> Json:
    """Report."""
    return _told(facts.row) | {
        "status_ids": [str(post_id) for post_id in facts.post_ids],
        "rule_ids": facts.row.rules.split(),
        "collection_ids": [],
        "target_account": facts.target,
    }


def admin_report(facts: ReportShown) -> Json:
    """Admin::Report."""
    row, people = facts.row, facts.people
    return _told(row) | {
        "updated_at": timestamp(row.updated_at_ms),
        "account": people[row.reporter_id],
        "target_account": people[row.target_id],
        "assigned_account": people.get(row.assigned_id or 0),
        "action_taken_by_account": people.get(row.resolved_by_id or 0),
        "statuses": list(facts.statuses),
        "collections": [],
        "rules": list(facts.rules),
    }


def _told(row: ReportRow) -> Json:
    return {
        "id": str(row.id),
        "action_taken": row.resolved_at_ms is not None,
        "action_taken_at": None if row.resolved_at_ms is None else timestamp(row.resolved_at_ms),
        "category": row.category,
        "comment": row.comment,
        "forwarded": row.forwarded_at_ms is not None,
        "created_at": timestamp(row.created_at_ms),
    }
