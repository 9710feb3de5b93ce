"""The command line that administers a node, a file per noun. `serve` and `demo` are added by web.command, since they need the web."""

from pathlib import Path
from typing import Annotated

import typer

from instance import config
from instance.cli import (
    access,
    announcement,
    charter,
    check,
    egress,
    emoji,
    federation,
    guest,
    init,
    keys,
    member,
    move,
    person,
    project,
    report,
)
from instance.cli.terminal import Commands

app = typer.Typer(
    cls=Commands,
    help="One team across companies: a federated server for joint projects.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def cordee(
    path: Annotated[
        Path | None,
        typer.Option("--config", envvar="CORDEE_CONFIG", help=f"Settings. Default: {config.DEFAULT_PATH}."),
    ] = None,
) -> None:
    """Administer a node. Every command works while the server runs."""


app.command("init")(init.init)
app.add_typer(person.app, name="person")
app.add_typer(project.app, name="project")
app.add_typer(charter.app, name="charter")
app.add_typer(member.app, name="member")
app.add_typer(guest.app, name="guest")
app.add_typer(announcement.app, name="announcement")
app.add_typer(emoji.app, name="emoji")
app.add_typer(egress.app, name="egress")
app.add_typer(federation.app, name="federation")
app.add_typer(keys.app, name="keys")
app.add_typer(report.app, name="report")
app.command("move-domain")(move.move_domain)
app.command("check")(check.check)
app.command("token")(access.issue)
app.command("backup")(access.backup)
