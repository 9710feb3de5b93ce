"""`cordee move-domain`: the company takes another domain. The rule kept here: alone it looks and tells; it does nothing that was not asked for by name."""

import asyncio
from typing import Annotated
from urllib.parse import urlsplit

import typer

from federation.errors import FederationError
from federation.origin import host_of
from instance import moving
from instance.cli import terminal
from instance.cli.terminal import AsJson
from instance.config import Config
from instance.domain import move
from instance.domain.move import USUAL_DAYS, Plan, Standing
from instance.errors import BadInput
from instance.storage import other_names
from instance.storage.database import Tx
from instance.storage.other_names import NameRow

COLUMNS = ("project", "company", "host", "state", "error")


def move_domain(
    ctx: typer.Context,
    to: Annotated[str, typer.Option(help="The new host, as acme-group.example.")] = "",
    overlap: Annotated[
        int, typer.Option(help="For how many days both names answer after the move, 1 to 90.")
    ] = USUAL_DAYS,
    start: Annotated[
        bool,
        typer.Option("--start", help="Offer every charter anew under the new name. Nothing changes yet."),
    ] = False,
    go: Annotated[
        bool, typer.Option("--go", help="Take the new name, once every company has signed. No way back.")
    ] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Call it off, as long as the new name is not taken.")
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Let the old name end now instead of at the end of its days.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Move this company to another domain. Without --start, --go, --cancel or --finish it shows the plan, or how far it is.

    Every company of every charter signs the new name first; until then the old one goes on, and so it does where one refuses. Then all
    changes at once, and both names answer for a while.

    Example: cordee move-domain --to acme-group.example
    """
    if sum((start, go, cancel, finish)) > 1:
        raise BadInput("move-domain", "One at a time: --start, --go, --cancel or --finish.")
    if start:
        _start(ctx, to, overlap)
    elif go:
        _go(ctx)
    elif cancel:
        number = terminal.perform(ctx, move.cancel)
        typer.echo(f"Called off; {number} offers were taken back. The old name goes on.")
    elif finish:
        typer.echo(
            f"{terminal.perform(ctx, move.finish)} counts no more. Its DNS, certificate and proxy may go."
        )
    else:
        _show(ctx, to, as_json=as_json)


def _start(ctx: typer.Context, to: str, overlap: int) -> None:
    found = terminal.settings(ctx)
    base = _base(found, to)
    number = terminal.perform(ctx, lambda tx: move.start(tx, base, overlap_days=overlap))
    typer.echo(
        f"Offered under {host_of(base)}: {number} of the charters in force. The other companies sign them as any charter."
    )
    typer.echo("How far it is: cordee move-domain")


def _go(ctx: typer.Context) -> None:
    sealing = terminal.gate(terminal.settings(ctx))
    renaming = terminal.write(ctx, lambda tx: moving.take(tx, gate=sealing))
    typer.echo(f"{renaming.old_host} is {renaming.new_host} from now on. Both names answer.")
    typer.echo(
        f'Write domain = "{renaming.new_host}" into {terminal.path(ctx)} (base_url as well, if it is there),'
    )
    typer.echo(
        "for the commands to come. A server that runs goes on under the new name by itself, within seconds."
    )
    typer.echo("Make a backup now: an older one has the old name, which partners do not know any more.")


def _base(found: Config, to: str) -> str:
    """The new base URL: the scheme as it is now."""
    if not to:
        raise BadInput("to", "Say where to: --to acme-group.example")
    return f"{urlsplit(found.base_url).scheme}://{to.strip().lower().rstrip('/')}"


def _show(ctx: typer.Context, to: str, *, as_json: bool) -> None:
    coming, kept = terminal.look(ctx, lambda tx: (other_names.coming(tx), move.kept_name(tx)))
    if coming is not None:
        _show_progress(ctx, coming, as_json=as_json)
    elif to:
        found = terminal.settings(ctx)
        base = _base(found, to)
        plan = terminal.look(ctx, lambda tx: move.plan(tx, base))
        _show_plan(plan, _answers(found, plan.to.host), as_json=as_json)
    elif kept is not None:
        _show_kept(ctx, kept, as_json=as_json)
    else:
        raise BadInput("to", "No move is under way. See what one comes to with: --to acme-group.example")


def _answers(found: Config, host: str) -> str:
    """What answers at the new name now, in words."""

    async def ask() -> str:
        async with terminal.meeting(found) as (_, meeting):
            try:
                answer = await meeting.about(host)
            except FederationError as error:
                return f"nothing yet ({error.rule})"
            return "a node" if answer.status == 200 else f"something, with status {answer.status}"

    return asyncio.run(ask())


def _show_plan(plan: Plan, answers: str, *, as_json: bool) -> None:
    if as_json:
        facts = plan._asdict() | {"to": plan.to.host, "answers": answers}
        terminal.print_json(facts)
        return
    typer.echo(f"To move to {plan.to.host}:")
    typer.echo(
        f"  People and projects get a new name, and the old one leads to it: {plan.people} and {plan.projects}."
    )
    typer.echo(f"  Charters to be signed anew: {plan.charters}; by other companies: {plan.companies}.")
    typer.echo(f"  Guest servers to be told: {plan.guests}. Letters that wait to be sent: {plan.letters}.")
    typer.echo(f"  At {plan.to.host} answers now: {answers}.")
    for obstacle in plan.obstacles:
        typer.echo(f"  In the way: {obstacle}")
    typer.echo(
        "Before you begin: a DNS name, a certificate, and a proxy that passes both names on, with the Host as it came."
    )
    typer.echo(f"Then: cordee move-domain --to {plan.to.host} --start")


def _show_progress(ctx: typer.Context, coming: NameRow, *, as_json: bool) -> None:
    rows = [_row(standing) for standing in terminal.look(ctx, move.standings)]
    if as_json:
        terminal.print_json({"to": coming.host, "companies": rows})
        return
    typer.echo(f"Moving to {coming.host}.")
    terminal.show(rows, COLUMNS, as_json=False)
    if all(row["state"] == move.SIGNED for row in rows):
        typer.echo("All have signed. Take the new name with: cordee move-domain --go")
    elif any(row["state"] == move.REFUSED for row in rows):
        typer.echo("Talk to who refused, then offer again: cordee move-domain --to … --start. Or: --cancel")
    else:
        typer.echo("The others sign it as any charter. Until all have, the old name goes on.")


def _row(standing: Standing) -> dict[str, str]:
    return standing._asdict()


def _show_kept(ctx: typer.Context, kept: NameRow, *, as_json: bool) -> None:
    behind = terminal.look(ctx, lambda tx: len(_behind(tx, kept)))
    until = terminal.moment(kept.until_ms)
    if as_json:
        terminal.print_json(
            {"old": kept.host, "now": kept.to_host, "until": until, "followers_behind": behind}
        )
        return
    typer.echo(f"{kept.host} is {kept.to_host} now. Both names answer until {until}.")
    typer.echo(f"People at guest servers who have not come over yet: {behind}.")
    typer.echo("Let the old name end sooner with: cordee move-domain --finish")


def _behind(tx: Tx, kept: NameRow) -> list[object]:
    return list(move.left_behind(tx, kept))
