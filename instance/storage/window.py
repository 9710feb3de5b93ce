"""Lists cut into pages by id, in Mastodon's words. The rule kept here: what comes back is newest first, whichever end was asked for."""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam

from instance.storage.database import Query, Tx

R = TypeVar("R", bound=tuple[Any, ...])
Cut = Callable[[Select[Any], ColumnElement[int]], Select[Any]]
LIMIT_MAX = 200
_LAST = (1 << 63) - 1


class Window(NamedTuple):
    """Which part of a list, exclusive of the ids named.

    `max_id`: older than it. `since_id`: newer than it, the newest of these. `min_id`: the ones that follow directly after it.
    """

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = 20


class PostId(NamedTuple):
    """One row of a timeline."""

    id: int


class Placed(NamedTuple):
    """Somebody in a list that is read by time: where in it (see `place_in_time`), and who."""

    place: int
    actor_id: int


def place_in_time(at_ms: ColumnElement[int], actor_id: ColumnElement[int]) -> ColumnElement[int]:
    """Where rows stand that have a time and no id that grows with it; who came in the same millisecond stand apart."""
    return at_ms * 1024 + actor_id % 1024


class Paged(Generic[R]):
    """A SELECT that is read in windows over an id that grows with time.

    `build(cut)` makes the statement; `cut(select, id column)` bounds, orders and limits it, or a part of it.
    """

    def __init__(self, build: Callable[[Cut], Select[Any]], row: type[R], *, most: int = LIMIT_MAX) -> None:
        self._most = most
        self._newest = Query(build(_newest), row)
        self._next = Query(build(_next), row)

    def rows(self, tx: Tx, window: Window, **params: Any) -> list[R]:
        """The rows of the window, newest first."""
        below = _LAST if window.max_id is None else window.max_id
        limit = max(1, min(window.limit, self._most))
        if window.min_id is None:
            return tx.all(self._newest, below=below, above=window.since_id or 0, limit=limit, **params)
        return tx.all(self._next, below=below, above=window.min_id, limit=limit, **params)[::-1]

    def ids(self, tx: Tx, window: Window, **params: Any) -> list[int]:
        """The first column of the rows of the window, newest first."""
        return [row[0] for row in self.rows(tx, window, **params)]


def paged(
    statement: Select[Any], id_column: ColumnElement[int], row: type[R], *, most: int = LIMIT_MAX
) -> Paged[R]:
    """The plain case: the whole statement is cut by one id."""
    return Paged(lambda cut: cut(statement, id_column), row, most=most)


def _bounded(statement: Select[Any], id_column: ColumnElement[int]) -> Select[Any]:
    bounds = (id_column < bindparam("below"), id_column > bindparam("above"))
    return statement.where(*bounds).limit(bindparam("limit"))


def _newest(statement: Select[Any], id_column: ColumnElement[int]) -> Select[Any]:
    return _bounded(statement, id_column).order_by(id_column.desc())


def _next(statement: Select[Any], id_column: ColumnElement[int]) -> Select[Any]:
    return _bounded(statement, id_column).order_by(id_column)
