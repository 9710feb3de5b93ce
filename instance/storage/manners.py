"""Whose notifications come at once, wait, or never come, as rows. The rule kept here: who has said nothing about it hears everybody."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import bindparam, delete, exists, func, select

from instance.storage.database import Command, Query, Tx
from instance.storage.hearing_tables import NotificationPermission, NotificationPolicy, NotificationRequest
from instance.storage.sql import array, columns, in_list, insert_or_ignore, upsert
from instance.storage.tables import Notification
from instance.storage.window import Window, paged

REQUESTS_MAX = 100


class PolicyRow(NamedTuple):
    """A policy: each of these is "accept", "filter" or "drop"."""

    owner_id: int
    not_following: str = "accept"
    not_followers: str = "accept"
    new_accounts: str = "accept"
    private_mentions: str = "accept"
    limited_accounts: str = "accept"


class RequestRow(NamedTuple):
    """Somebody whose notifications wait, the post that the last of them was about, and how many there are."""

    id: int
    owner_id: int
    actor_id: int
    last_post_id: int | None
    updated_at_ms: int
    total: int = 0


class Waiting(NamedTuple):
    """How many people, and how many notifications of theirs, wait for a decision."""

    requests: int
    notifications: int


class _Actor(NamedTuple):
    actor_id: int


_policy, _permission = columns(NotificationPolicy), columns(NotificationPermission)
_request, _notification = columns(NotificationRequest), columns(Notification)
_MINE = _request.owner_id == bindparam("owner_id")
_held = (
    select(func.count())
    .where(
        _notification.owner_id == _request.owner_id,
        _notification.actor_id == _request.actor_id,
        _notification.is_filtered == 1,
    )
    .scalar_subquery()
)
_has_any = exists().where(
    _notification.owner_id == _request.owner_id,
    _notification.actor_id == _request.actor_id,
    _notification.is_filtered == 1,
)

_POLICIES = Query(select(*_policy).where(in_list(_policy.owner_id, "owners")), PolicyRow)
_PERMITTED = Query(
    select(_permission.owner_id).where(
        in_list(_permission.owner_id, "owners"), _permission.actor_id == bindparam("actor_id")
    ),
    _Actor,
)
_REQUESTS = paged(select(*_request, _held).where(_MINE, _has_any), _request.id, RequestRow)
_REQUESTS_OF = Query(select(*_request, _held).where(_MINE, in_list(_request.id, "request_ids")), RequestRow)
_WAITING = Query(
    select(
        select(func.count())
        .select_from(select(_request.id).where(_MINE, _has_any).limit(REQUESTS_MAX).subquery())
        .scalar_subquery(),
        select(func.count())
        .select_from(
            select(_notification.id)
            .where(_notification.owner_id == bindparam("owner_id"), _notification.is_filtered == 1)
            .limit(REQUESTS_MAX)
            .subquery()
        )
        .scalar_subquery(),
    ),
    Waiting,
)
_PUT_POLICY = Command(upsert(NotificationPolicy, ["owner_id"], PolicyRow._fields[1:]))
_PERMIT = Command(insert_or_ignore(NotificationPermission))
_PUT_REQUEST = Command(
    upsert(NotificationRequest, ["owner_id", "actor_id"], ["last_post_id", "updated_at_ms"])
)
_DROP_REQUESTS = Command(delete(NotificationRequest).where(_MINE, in_list(_request.id, "request_ids")))


def policies(tx: Tx, owner_ids: Iterable[int]) -> dict[int, PolicyRow]:
    """The policies of those of these people who have one, by owner."""
    return {row.owner_id: row for row in tx.all(_POLICIES, owners=array(owner_ids))}


def put_policy(tx: Tx, row: PolicyRow) -> None:
    """Write a policy."""
    tx.run(_PUT_POLICY, **row._asdict())


def permitting(tx: Tx, owner_ids: Iterable[int], actor_id: int) -> frozenset[int]:
    """Those of these people who have let the actor's notifications through."""
    return frozenset(row.actor_id for row in tx.all(_PERMITTED, owners=array(owner_ids), actor_id=actor_id))


def permit(tx: Tx, owner_id: int, actor_id: int) -> None:
    """Let an actor's notifications through from now on."""
    tx.run(_PERMIT, owner_id=owner_id, actor_id=actor_id)


def requests(tx: Tx, owner_id: int, window: Window) -> list[RequestRow]:
    """Whose notifications wait, the latest first."""
    return _REQUESTS.rows(tx, window, owner_id=owner_id)


def requests_of(tx: Tx, owner_id: int, request_ids: Iterable[int]) -> list[RequestRow]:
    """Those of these requests that are the owner's."""
    return tx.all(_REQUESTS_OF, owner_id=owner_id, request_ids=array(request_ids))


def waiting(tx: Tx, owner_id: int) -> Waiting:
    """How much waits, each at most REQUESTS_MAX."""
    return tx.first(_WAITING, owner_id=owner_id) or Waiting(0, 0)


def put_request(tx: Tx, row: RequestRow) -> None:
    """Write that somebody's notifications wait, or that there is a later one."""
    tx.run(_PUT_REQUEST, **{name: value for name, value in row._asdict().items() if name != "total"})


def drop_requests(tx: Tx, owner_id: int, request_ids: Iterable[int]) -> None:
    """Remove requests that are decided."""
    tx.run(_DROP_REQUESTS, owner_id=owner_id, request_ids=array(request_ids))
