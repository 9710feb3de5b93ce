"""A transaction that counts what it is asked: so that a hot path does not grow statement by statement, whatever a machine's clock says."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from instance.storage.database import Command, Query, SqliteTx, Tx

R = TypeVar("R", bound=tuple[Any, ...])


class Counting(SqliteTx):
    """The same transaction, with the SQL of every statement in `asked`, in order; many rows of one are one."""

    def __init__(self, tx: Tx) -> None:
        self._of = cast("SqliteTx", tx)
        super().__init__(self._of._connection, tx.home, tx.now_ms)
        self.events = self._of.events
        self.asked: list[str] = []
        self._latest: dict[str, Any] = {}

    def all(self, query: Query[R], **params: Any) -> list[R]:
        self.asked.append(query.sql)
        self._latest = query.defaults | params
        return self._of.all(query, **params)

    def first(self, query: Query[R], **params: Any) -> R | None:
        self.asked.append(query.sql)
        return self._of.first(query, **params)

    def run(self, command: Command, **params: Any) -> int:
        self.asked.append(command.sql)
        return self._of.run(command, **params)

    def run_many(self, command: Command, rows: list[Mapping[str, Any]]) -> None:
        self.asked.append(command.sql)
        self._of.run_many(command, rows)

    def plan(self) -> str:
        """How SQLite does what `all` was asked last."""
        steps = self._connection.execute(f"EXPLAIN QUERY PLAN {self.asked[-1]}", self._latest)
        return "; ".join(step[3] for step in steps)

    @property
    def count(self) -> int:
        """How many statements."""
        return len(self.asked)

    def tables(self, verb: str) -> set[str]:
        """The tables that statements beginning like this name first ("INSERT INTO", "DELETE FROM")."""
        begun = [sql.removeprefix(verb).split()[0] for sql in self.asked if sql.startswith(f"{verb} ")]
        return set(begun)
