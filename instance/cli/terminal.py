"""How a command reaches the node and speaks to who typed it.

The rule kept here: an expected error is one line on stderr and an exit status, never a traceback: 2 when the setting or the command
is wrong, 1 when the node says no. A command opens the database for its own moment only, so it works while the server runs.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Never, TypeVar, cast

import orjson
import typer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from typer.core import TyperGroup

from federation.errors import FederationError
from federation.wire import Wire
from instance import config, outbox, residence
from instance.config import Config
from instance.domain import profile
from instance.domain.outcome import Outcome
from instance.egress import Gate
from instance.errors import BadInput, ConfigError, InstanceError, Refusal
from instance.meeting import Meeting
from instance.storage import migrate
from instance.storage.database import Database, Tx

T = TypeVar("T")

USER_AGENT = "Cordee"
ANSWER_TIMEOUT_S = 10.0

Password = Annotated[
    str | None,
    typer.Option(
        envvar="CORDEE_PASSWORD", help="Better in CORDEE_PASSWORD: a command line can be read by others."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")]


class Commands(TyperGroup):
    """The command `cordee` itself: takes --config anywhere on the line, and turns expected errors into one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Bring --config forward: it is an option of the whole command, but people write it last."""
        forward, rest = [], list(args)
        for place, word in enumerate(args):
            if word == "--config":
                forward, rest = args[place : place + 2], args[:place] + args[place + 2 :]
            elif word.startswith("--config="):
                forward, rest = [word], args[:place] + args[place + 1 :]
        return list(super().parse_args(ctx, [*forward, *rest]))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; say an expected error in one line."""
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            status, text = _in_words(error)
        typer.echo(f"cordee: {text}", err=True)
        raise typer.Exit(status)


EXPECTED = (InstanceError, FederationError, PermissionError, sqlite3.OperationalError)


def _in_words(error: Exception) -> tuple[int, str]:
    match error:
        case ConfigError():
            return 2, str(error)
        case BadInput():
            return 1, f"{error.field}: {error.text}"
        case Refusal():
            return 1, error.text
        case FederationError():
            return 1, f"{error.safe} ({error})"
        case PermissionError():
            return 2, f"{error.filename}: {error.strerror}. Run this as the node's own user"
        case _:
            return 1, str(error)


def settings(ctx: typer.Context) -> Config:
    """The configuration this command works with. Raises ConfigError."""
    return residence.of(config.load(path(ctx)))


def path(ctx: typer.Context) -> Path:
    """Where the configuration is."""
    return config.find_path(ctx.find_root().params["path"])


def perform(ctx: typer.Context, verb: Callable[[Tx], Outcome[T]]) -> T:
    """Run a verb of the domain on this node, and queue what it wants said, in one transaction. The running server sends it."""
    found = settings(ctx)
    sealing = gate(found)

    def work(tx: Tx) -> T:
        outcome = verb(tx)
        outbox.send(tx, outcome.drafts, gate=sealing)
        return outcome.value

    return asyncio.run(_write(found, work))


def write(ctx: typer.Context, work: Callable[[Tx], T]) -> T:
    """Run a unit of work on this node."""
    return asyncio.run(_write(settings(ctx), work))


class _Undone(Exception):
    """Raised at the end of a rehearsal, so that its transaction leaves no trace."""

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


def rehearse(ctx: typer.Context, work: Callable[[Tx], T]) -> T:
    """What `work` comes to, in a transaction that is undone."""

    def work_and_undo(tx: Tx) -> Never:
        raise _Undone(work(tx))

    try:
        return asyncio.run(_write(settings(ctx), work_and_undo))
    except _Undone as undone:
        return cast("T", undone.result)


async def _write(found: Config, work: Callable[[Tx], T]) -> T:
    async with database_of(found) as database:
        return await database.write(work)


def look(ctx: typer.Context, query: Callable[[Tx], T]) -> T:
    """Read something of this node."""

    async def read() -> T:
        async with database_of(settings(ctx)) as database:
            return await database.read(query)

    return asyncio.run(read())


@asynccontextmanager
async def database_of(found: Config) -> AsyncIterator[Database]:
    """The database, open for a moment."""
    require_current(found)
    database = await Database.open(str(found.database), found.home)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def meeting(found: Config) -> AsyncIterator[tuple[Database, Meeting]]:
    """The database, and a way to ask other nodes who they are, for a moment."""
    async with connected(found) as (database, wire):
        yield database, Meeting(database, gate(found), wire, home=found.home)


@asynccontextmanager
async def connected(found: Config) -> AsyncIterator[tuple[Database, Wire]]:
    """The database, and a wire that signs with the node's own key (ConfigError when it is missing and needed), for a moment."""
    signers: list[tuple[str, RSAPrivateKey]] = []

    def signer(iri: str) -> tuple[str, RSAPrivateKey]:
        if not signers:
            raise ConfigError(f"{iri} has no key to sign with. Run: cordee init")
        return signers[0]

    wire = Wire(
        seal_key(found),
        keys=signer,
        user_agent=USER_AGENT,
        allowed_networks=found.allowed_networks,
        total_timeout_s=ANSWER_TIMEOUT_S,
        letter_timeout_s=ANSWER_TIMEOUT_S,
    )
    try:
        async with database_of(found) as database:
            with suppress(ConfigError):
                signers.append(await database.read(lambda tx: profile.transport_key(tx, tx.home.node)))
            yield database, wire
    finally:
        await wire.close()


def require_current(found: Config) -> None:
    """Raise ConfigError unless the database exists in the form this program works with."""
    if migrate.revision(found.database) != migrate.head():
        raise ConfigError(f"{found.database}: missing, or of another version of Cordée. Run: cordee init")


def seal_key(found: Config) -> bytes:
    """The key that seals letters. Raises ConfigError when it is missing or readable by others."""
    file = found.seal_key_path
    try:
        mode, key = file.stat().st_mode, file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}. Run: cordee init") from error
    if mode & 0o077:
        raise ConfigError(f"{file}: others on this machine can read it. Run: chmod 600 {file}")
    return key


def gate(found: Config) -> Gate:
    """The gate of this node."""
    return Gate(seal_key(found))


def moment(at_ms: int | None) -> str | None:
    """A time as people and programs read it: 2026-11-25T03:15:19Z."""
    return (
        None if at_ms is None else datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def show(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: the named columns in a table, or everything as JSON."""
    rows = list(rows)
    if as_json:
        print_json(rows)
        return
    cells = [[str(column).upper() for column in columns]]
    cells += [["" if row[column] is None else str(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    for line in cells:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def print_json(value: object) -> None:
    """Print JSON for a program."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
