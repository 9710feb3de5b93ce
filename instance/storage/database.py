"""The database behind one door: statements compiled once, reads on a small pool, writes in groups that share a commit.

The rule kept here: a unit of work is a plain function of a transaction. It sees all of its own writes or none of them,
and what it emits is told to the world only after the commit. What the disk does not take, or another process holds up, is a NotNow.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar, cast

import aiosqlite
from sqlalchemy import FromClause, Insert
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import Compiled
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.visitors import cloned_traverse

from instance.errors import NotNow, database_busy, disk_error, disk_full
from instance.events import Event
from instance.home import Home

T = TypeVar("T")
R = TypeVar("R", bound=tuple[Any, ...])

READERS = 3
BATCH_LIMIT = 200
STATEMENTS = 1_000  # kept ready on each connection: more than there are, so that none is prepared twice
MOVED_S = 20  # so long at most until the server is there again under its new name
_HAS_META = "SELECT 1 FROM sqlite_master WHERE name = 'meta'"
_LIVES_AT = "SELECT value FROM meta WHERE key = 'lives_at'"
_SQLITE = sqlite_dialect(paramstyle="named")


def _column_defaults(table: FromClause) -> dict[str, Any]:
    """What an INSERT may leave out: the scalar defaults, and None where a column may be null."""
    found: dict[str, Any] = {}
    for column in table.c:
        if column.default is not None and column.default.is_scalar:
            found[column.name] = column.default.arg
        elif column.nullable:
            found[column.name] = None
    return found


def _compiled(statement: ClauseElement) -> Compiled:
    """The statement as SQL, literal lists (`column.in_(("a", "b"))`) written out."""
    compiled = statement.compile(dialect=_SQLITE)
    if "POSTCOMPILE" not in str(compiled):
        return compiled
    unbound = cloned_traverse(statement, {}, {"bindparam": lambda bind: setattr(bind, "required", False)})
    return unbound.compile(dialect=_SQLITE, compile_kwargs={"render_postcompile": True})


class Command:
    """A statement that returns nothing, compiled once, when first used. Its parameters are the names of its bind parameters."""

    def __init__(self, statement: Executable) -> None:
        self._statement = cast("ClauseElement", statement)

    @cached_property
    def sql(self) -> str:
        """The statement as the driver takes it."""
        return self._parts[0]

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The parameters that need not be given."""
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[str, dict[str, Any]]:
        """Compiled; two threads that come at once do it twice, to the same end."""
        statement = self._statement
        compiled = _compiled(statement)
        literals = {name: value for name, value in compiled.params.items() if value is not None}
        defaults = _column_defaults(statement.table) if isinstance(statement, Insert) else {}
        return str(compiled), defaults | literals


class Query(Command, Generic[R]):
    """A statement whose rows come back as `row`, a NamedTuple in the order of the selected columns."""

    def __init__(self, statement: Executable, row: type[R]) -> None:
        super().__init__(statement)
        self.make: Callable[[Iterable[Any]], R] = row._make  # type: ignore[attr-defined]


class Tx(Protocol):
    """What a unit of work sees: its statements, the time it began, the node it runs on, and whom to tell afterwards."""

    home: Home
    now_ms: int
    memo: dict[str, Any]  # what was read once in this transaction and is asked for again and again

    def all(self, query: Query[R], **params: Any) -> list[R]: ...
    def first(self, query: Query[R], **params: Any) -> R | None: ...
    def run(self, command: Command, **params: Any) -> int: ...
    def run_many(self, command: Command, rows: list[Mapping[str, Any]]) -> None: ...
    def emit(self, event: Event) -> None: ...


class SqliteTx:
    """A transaction on one SQLite connection, used on that connection's own thread."""

    def __init__(self, connection: sqlite3.Connection, home: Home, now_ms: int) -> None:
        self._connection = connection
        self.home = home
        self.now_ms = now_ms
        self.events: list[Event] = []
        self.memo: dict[str, Any] = {}

    def all(self, query: Query[R], **params: Any) -> list[R]:
        """Every row of the query."""
        return list(map(query.make, self._connection.execute(query.sql, query.defaults | params)))

    def first(self, query: Query[R], **params: Any) -> R | None:
        """The first row of the query, or None."""
        row = self._connection.execute(query.sql, query.defaults | params).fetchone()
        return None if row is None else query.make(row)

    def run(self, command: Command, **params: Any) -> int:
        """Run a write; the number of rows it touched."""
        return self._connection.execute(command.sql, command.defaults | params).rowcount

    def run_many(self, command: Command, rows: list[Mapping[str, Any]]) -> None:
        """Run a write once for each row of parameters."""
        self._connection.executemany(command.sql, [command.defaults | dict(row) for row in rows])

    def emit(self, event: Event) -> None:
        """Tell the listeners about this once the transaction is committed."""
        self.events.append(event)


@dataclass(slots=True)
class _Unit:
    work: Callable[[Tx], Any]
    done: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None
    events: list[Event] = field(default_factory=list)


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


def _lower(text: str | None) -> str | None:
    """SQLite's own lower() knows ASCII alone: a French word that begins with an É would not be found."""
    return None if text is None else text.lower()


def _data_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


_NOT_NOW = {
    sqlite3.SQLITE_FULL: disk_full,
    sqlite3.SQLITE_IOERR: disk_error,
    sqlite3.SQLITE_READONLY: disk_error,
    sqlite3.SQLITE_CANTOPEN: disk_error,
    sqlite3.SQLITE_BUSY: database_busy,
}


def _named(error: Exception) -> Exception:
    """The error itself, or what it means when it is no fault of the work."""
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    known = _NOT_NOW.get((code or 0) & 0xFF)  # the lowest byte; the others say more of it
    return error if known is None else known()


async def _on_its_thread(connection: aiosqlite.Connection, work: Callable[..., T], *args: Any) -> T:
    """Run `work(sqlite3 connection, *args)` on the connection's thread: one hop for a whole unit instead of one a statement."""
    return cast("T", await connection._execute(work, connection._conn, *args))  # type: ignore[no-untyped-call]  # noqa: SLF001


class Database:
    """One SQLite file: a writer that commits in groups and a few readers. Open with `await Database.open(...)`."""

    def __init__(self, path: str, home: Home, *, clock: Callable[[], int] = now_ms) -> None:
        self._path = path
        self._home = home
        self._clock = clock
        self._waiting: list[_Unit] = []
        self._wake = asyncio.Event()
        self._idle_readers: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._connections: list[aiosqlite.Connection] = []
        self._listeners: list[Callable[[Event], None]] = []
        self._closing = False
        self._data_version = 0
        self._has_meta = False
        self._writer: aiosqlite.Connection
        self._group_commit: asyncio.Task[None]

    @classmethod
    async def open(cls, path: str, home: Home, *, clock: Callable[[], int] = now_ms) -> "Database":
        """Open the file at `path`; its tables exist already (see migrations)."""
        self = cls(path, home, clock=clock)
        self._writer = await self._connect()
        self._has_meta = bool(await self._writer.execute_fetchall(_HAS_META))
        for _ in range(READERS):
            self._idle_readers.put_nowait(await self._connect())
        self._group_commit = asyncio.create_task(self._commit_groups(), name="group-commit")
        await self.changed_elsewhere()
        return self

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call `listener` on the event loop for each event of each committed transaction, in order."""
        self._listeners.append(listener)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on one consistent snapshot."""
        connection = await self._idle_readers.get()
        try:
            return await _on_its_thread(connection, self._snapshot, work)
        except sqlite3.Error as error:
            raise _named(error) from error
        finally:
            self._idle_readers.put_nowait(connection)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction of its own and return once it is committed; an exception undoes all of it."""
        unit = _Unit(work, asyncio.get_running_loop().create_future())
        self._waiting.append(unit)
        self._wake.set()
        return cast("T", await unit.done)

    async def changed_elsewhere(self) -> bool:
        """True when another process (the command line) has committed since the last call."""
        version = await _on_its_thread(self._writer, _data_version)
        changed, self._data_version = version != self._data_version, version
        return changed

    async def close(self) -> None:
        """Commit what is waiting and close every connection."""
        self._closing = True
        self._wake.set()
        await self._group_commit
        for connection in self._connections:
            await connection.close()

    async def _connect(self) -> aiosqlite.Connection:
        connection = await aiosqlite.connect(self._path, isolation_level=None, cached_statements=STATEMENTS)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=10000",
            "cache_size=-8000",
            "temp_store=MEMORY",  # where a unit's undo is kept: else it spills into a file that is made for each commit
        ):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        await connection.create_function("lower", 1, _lower, deterministic=True)
        self._connections.append(connection)
        return connection

    def _snapshot(self, connection: sqlite3.Connection, work: Callable[[Tx], T]) -> T:
        connection.execute("BEGIN")
        try:
            return work(SqliteTx(connection, self._home, self._clock()))
        finally:
            connection.execute("ROLLBACK")

    async def _commit_groups(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                group, self._waiting = self._waiting[:BATCH_LIMIT], self._waiting[BATCH_LIMIT:]
                await self._commit(group)

    async def _commit(self, group: list[_Unit]) -> None:
        try:
            await _on_its_thread(self._writer, self._run_group, group)
        except Exception as error:  # noqa: BLE001  the group's owners get it, the writer lives on
            for unit in group:
                unit.error, unit.events = _named(error), []
        for unit in group:
            self._settle(unit)

    def _settle(self, unit: _Unit) -> None:
        for event in unit.events:
            for listener in self._listeners:
                listener(event)
        if not unit.done.done():
            if unit.error is None:
                unit.done.set_result(unit.result)
            else:
                unit.done.set_exception(unit.error)

    def _run_group(self, connection: sqlite3.Connection, group: list[_Unit]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._check_home(connection)
            for unit in group:
                self._run_unit(connection, unit)
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def _check_home(self, connection: sqlite3.Connection) -> None:
        """A process that was started before the node took another name writes nothing under the old one. Raises NotNow."""
        if not self._has_meta:
            return
        row = connection.execute(_LIVES_AT).fetchone()
        if row is not None and row[0] != self._home.base:
            raise NotNow(
                "moved", "This company is taking another name. Try again in a minute.", wait_s=MOVED_S
            )

    def _run_unit(self, connection: sqlite3.Connection, unit: _Unit) -> None:
        tx = SqliteTx(connection, self._home, self._clock())
        connection.execute("SAVEPOINT unit")
        try:
            unit.result = unit.work(tx)
            unit.events = tx.events
        except Exception as error:
            if not connection.in_transaction:  # a full disk undoes the whole group
                raise
            connection.execute("ROLLBACK TO unit")
            unit.error = _named(error)
        connection.execute("RELEASE unit")
