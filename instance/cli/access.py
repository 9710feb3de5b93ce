"""`cordee token` and `cordee backup`: what a script or a restore needs."""

from pathlib import Path
from typing import Annotated

import typer

from instance.cli import lookup, terminal
from instance.domain import token
from instance.domain.scopes import SCOPES
from instance.errors import BadInput
from instance.storage import backup as copies


def issue(
    ctx: typer.Context,
    person: Annotated[str, typer.Option(help="Username of one of our people.")],
    scopes: Annotated[str, typer.Option(help="What it may do, in Mastodon's words.")] = "read",
) -> None:
    """Print a new access token for the client API, for a script or a test. It is shown once and kept nowhere.

    Example: cordee token --person alice --scopes "read write follow push"
    """
    bad = next((word for word in scopes.split() if word not in SCOPES), None)
    if bad is not None:
        raise BadInput(
            "scopes",
            f'"{bad}" is no scope; write some of read, write, follow, push, read:statuses, …',
        )
    made = terminal.perform(
        ctx, lambda tx: token.issue(tx, actor_id=lookup.employee(tx, person).id, scopes=scopes)
    )
    typer.echo(made)


def backup(
    ctx: typer.Context, target: Annotated[Path, typer.Argument(help="File to write; it must not exist.")]
) -> None:
    """Copy the database, whole and of one moment, while the server runs. Pictures and seal key are files: copy them too.

    Example: cordee backup /var/backups/cordee.sqlite
    """
    size = copies.copy(terminal.settings(ctx).database, target)
    typer.echo(f"{target}: {size / 1e6:.1f} MB")
