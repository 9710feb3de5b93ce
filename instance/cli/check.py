"""`cordee check`: is this node well, and if not, what to do. The rule kept here: every finding that is not well names its remedy."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from typing import Annotated, NamedTuple

import typer

from instance import ownlog
from instance.cli import reach, terminal
from instance.cli.terminal import AsJson
from instance.config import Config
from instance.errors import ConfigError
from instance.storage import actors, backup, charters, delivery, keys, logins, migrate
from instance.storage.database import Tx

LEAST_FREE_BYTES = 1 << 30
OVERDUE_MS = 24 * 3600 * 1000
HOUR_MS = 3600 * 1000


class Finding(NamedTuple):
    """One thing that was looked at. `do` is the remedy, where it is not well."""

    what: str
    ok: bool
    says: str
    do: str = ""


def check(
    ctx: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="Ask nobody over the network.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at settings, disk, keys, database, letters that wait, clock, and whether this node and its partners can be reached.

    The exit status is 1 when something is not well; each such line says what to do.

    Example: cordee check
    """
    found = terminal.settings(ctx)
    findings = [Finding("settings", True, str(terminal.path(ctx))), *_files(found), _database(found)]
    if findings[-1].ok:
        findings += terminal.look(ctx, lambda tx: list(_inside(tx)))
        findings += [] if local else asyncio.run(_outside(found))
    if as_json:
        terminal.print_json([finding._asdict() for finding in findings])
    else:
        _print(findings)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    for finding in findings:
        typer.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.what:12} {finding.says}")
        if finding.do:
            typer.echo(f"     {'':12} → {finding.do}")


def _files(found: Config) -> Iterator[Finding]:
    directory = found.data_dir
    is_usable = directory.is_dir() and os.access(directory, os.R_OK | os.W_OK | os.X_OK)
    yield Finding(
        "data",
        is_usable,
        str(directory),
        "" if is_usable else "Run cordee init, and everything else, as the node's own user.",
    )
    if is_usable:
        free = shutil.disk_usage(directory).free
        enough = free >= LEAST_FREE_BYTES
        yield Finding(
            "disk",
            enough,
            f"{free / 1e9:.1f} GB free",
            "" if enough else f"Make room where {directory} lies.",
        )
    try:
        terminal.seal_key(found)
        yield Finding("seal key", True, str(found.seal_key_path))
    except ConfigError as error:
        yield Finding("seal key", False, str(error))


def _database(found: Config) -> Finding:
    try:
        revision = migrate.revision(found.database)
        if revision != migrate.head():
            return Finding(
                "database", False, f"revision {revision}, not {migrate.head()}", "Run: cordee init"
            )
        damage = backup.damage(found.database)
    except ConfigError as error:
        damage = str(error)
    if damage:
        return Finding("database", False, damage, "Stop the server, keep the file, restore the last backup.")
    return Finding("database", True, f"{found.database}, revision {revision}")


def _inside(tx: Tx) -> Iterator[Finding]:
    missing = [kind for kind in (keys.RSA, keys.ED25519) if keys.private_key(tx, tx.home.node, kind) is None]
    yield Finding(
        "node keys",
        not missing,
        f"missing: {', '.join(missing)}" if missing else tx.home.node,
        "Run: cordee init" if missing else "",
    )
    admins = logins.admins(tx)
    yield Finding("admins", bool(admins), str(len(admins)), "" if admins else "Run: cordee init --admin NAME")
    for charter in charters.waiting(tx):
        yield Finding(
            "charter", True, f"{charter.iri} waits for your answer", "cordee charter list --waiting"
        )
    yield from _letters(tx)
    for project in actors.projects(tx):
        yield from _own_log(tx, project.iri)


def _own_log(tx: Tx, project: str) -> Iterator[Finding]:
    """What an old backup, restored, leaves behind."""
    if row := ownlog.lacking(tx, project):
        yield Finding(
            "own log",
            False,
            f"{project}: {row.holder} holds our entries up to {row.seq}, we do not. A backup was restored that is too old",
            "Let cordee serve run: it fetches them from the partners, and publishes nothing there before. Should it stay so, restore a newer backup.",
        )
    if row := ownlog.forked(tx, project):
        yield Finding(
            "own log",
            False,
            f"{project}: {row.holder} holds another entry {row.seq} of ours. A backup was restored that was too old, and we went on from it",
            "Restore a backup that holds that entry, or leave the project and begin a new one with the partners.",
        )


def _letters(tx: Tx) -> Iterator[Finding]:
    errors = {lane.host: lane.last_error for lane in delivery.busy_lanes(tx)}
    for row in delivery.waiting(tx):
        age_ms = tx.now_ms - row.oldest_at_ms
        late = age_ms > OVERDUE_MS
        yield Finding(
            "letters",
            not late,
            f"{row.letters} for {row.host}, the oldest for {age_ms // HOUR_MS} h {errors.get(row.host, '')}".rstrip(),
            f"Ask {row.host} whether its node runs; it is tried again by itself." if late else "",
        )


async def _outside(found: Config) -> list[Finding]:
    answers = await reach.everyone(found)
    return [finding for answer in answers for finding in _judge(answer, found)]


def _judge(answer: reach.Reached, found: Config) -> Iterator[Finding]:
    what = "this node" if answer.host == found.home.host else "partner"
    if answer.error:
        yield Finding(
            what,
            False,
            f"{answer.host}: {answer.error}",
            reach.REMEDIES.get(answer.rule, "Look at that node's log."),
        )
        return
    yield Finding(what, True, f"{answer.host} answers")
    if answer.ahead_s is not None and what == "partner":
        near = abs(answer.ahead_s) <= reach.CLOCK_MARGIN_S
        says = f"{abs(answer.ahead_s):.0f} s {'behind' if answer.ahead_s > 0 else 'ahead of'} {answer.host}"
        yield Finding(
            "clock", near, says, "" if near else "Let this machine keep time: timedatectl set-ntp true"
        )
