"""`cordee person`: the employees of this company."""

import csv
import secrets
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from instance import passwords
from instance.cli import lookup, roster, terminal
from instance.cli.roster import Newcomer, Roster
from instance.cli.terminal import AsJson
from instance.domain import actor, token
from instance.domain.outcome import Outcome
from instance.errors import ConfigError, Refusal
from instance.storage import actors, logins
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

APP_SCOPES = "read write follow push"
COLUMNS = ("username", "name", "email", "title", "state", "admin")
PASSWORD_BYTES = 12
NO_PASSWORD = ""  # no password fits an empty hash
PAGE = 1000
# argon2 leaves the GIL: two cores hash two at once; more threads would only wait, each with 19 MiB.
HASHING_THREADS = 4

app = typer.Typer(help="The employees of this company.", no_args_is_help=True)


class Account(NamedTuple):
    """A newcomer, and what opens the account: a hash for the database, a text for the person."""

    newcomer: Newcomer
    password_hash: str
    made: str


@app.command()
def add(
    ctx: typer.Context,
    username: str,
    name: Annotated[str, typer.Option(help="Name as colleagues and partners read it.")],
    email: Annotated[str, typer.Option(help="Address; also good to sign in with.")] = "",
    title: Annotated[str, typer.Option(help="What the person does.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May administer the node.")] = False,
    password: terminal.Password = None,
) -> None:
    """Add one person. Without a password one is made, and printed.

    Example: cordee person add alice --name "Alice Ménard" --email alice@acme.example
    """
    account = _account(Newcomer(0, username, name, email, title, password or ""))
    locale = terminal.settings(ctx).locale
    row = terminal.perform(ctx, lambda tx: _create(tx, account, locale=locale, is_admin=admin))
    typer.echo(f"@{row.username}@{row.host}{f'  password: {account.made}' if account.made else ''}")


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        str, typer.Argument(help="CSV with a header: username,name[,email,title,password]. - reads stdin.")
    ],
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good lines although others are bad.")
    ] = False,
    tokens: Annotated[
        bool,
        typer.Option("--tokens", help="Give access tokens, no passwords: prints JSON, username to token."),
    ] = False,
) -> None:
    """Add many people from a list: all of them or none. Passwords that were made are printed as CSV.

    Example: cordee person import employees.csv > passwords.csv
    """
    newcomers = _checked(ctx, roster.read(_text(file)), skip_bad=skip_bad)
    locale = terminal.settings(ctx).locale
    if tokens:
        accounts = [Account(newcomer, NO_PASSWORD, "") for newcomer in newcomers]
        terminal.print_json(terminal.perform(ctx, lambda tx: _create_with_tokens(tx, accounts, locale)))
        return
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        accounts = list(pool.map(_account, newcomers))
    terminal.perform(ctx, lambda tx: _create_all(tx, accounts, locale))
    _print_made(accounts)


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the employees, those disabled included.

    Example: cordee person list --json
    """
    terminal.show(
        terminal.look(ctx, lambda tx: [_summary(tx, row) for row in _everyone(tx)]), COLUMNS, as_json=as_json
    )


@app.command()
def passwd(ctx: typer.Context, username: str, password: terminal.Password = None) -> None:
    """Give a person a new password and end every session and token of theirs. Without a password one is made, and printed.

    Example: cordee person passwd alice
    """
    text = password or secrets.token_urlsafe(PASSWORD_BYTES)
    hashed = passwords.hash_of(text)

    terminal.perform(
        ctx, lambda tx: actor.set_password(tx, lookup.employee(tx, username).id, password_hash=hashed)
    )
    typer.echo("The password is set." if password else f"password: {text}")


@app.command()
def enable(ctx: typer.Context, username: str) -> None:
    """Open a disabled account again. Into projects the person is added anew.

    Example: cordee person enable alice
    """
    terminal.perform(ctx, lambda tx: actor.enable_person(tx, lookup.employee(tx, username).id))
    typer.echo(f"{username} is enabled.")


@app.command()
def promote(
    ctx: typer.Context,
    username: str,
    back: Annotated[bool, typer.Option("--back", help="The other way: no longer an administrator.")] = False,
) -> None:
    """Let a person administer the node.

    Example: cordee person promote alice
    """
    row = terminal.perform(
        ctx, lambda tx: actor.set_admin(tx, lookup.employee(tx, username).id, is_admin=not back)
    )
    typer.echo(f"{row.username} is {'no longer ' if back else ''}an administrator.")


@app.command()
def disable(ctx: typer.Context, username: str) -> None:
    """Close a person's account: no more sessions or tokens, and out of every project, here and at every partner.

    Example: cordee person disable alice
    """
    terminal.perform(ctx, lambda tx: actor.disable_person(tx, lookup.employee(tx, username).id))
    typer.echo(f"{username} is disabled.")


def _text(file: str) -> str:
    try:
        # A spreadsheet puts a byte order mark in front.
        return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error


def _checked(ctx: typer.Context, found: Roster, *, skip_bad: bool) -> list[Newcomer]:
    """The newcomers that can be added; every fault is said first. Raises Refusal when there is one, unless `skip_bad`."""
    faults = found.faults + terminal.rehearse(ctx, lambda tx: roster.add_all(tx, found.newcomers))
    for fault in faults:
        typer.echo(f"line {fault.line}, {fault.field}: {fault.text}", err=True)
    bad = {fault.line for fault in faults}
    good = [newcomer for newcomer in found.newcomers if newcomer.line not in bad]
    if faults and not (skip_bad and good):
        raise Refusal(
            "bad_list", "Nothing was imported. Mend these lines, or leave them out with --skip-bad."
        )
    return good


def _account(newcomer: Newcomer) -> Account:
    made = "" if newcomer.password else secrets.token_urlsafe(PASSWORD_BYTES)
    return Account(newcomer, passwords.hash_of(newcomer.password or made), made)


def _create(tx: Tx, account: Account, *, locale: str, is_admin: bool = False) -> Outcome[ActorRow]:
    return actor.create_person(
        tx,
        username=account.newcomer.username,
        display_name=account.newcomer.name,
        email=account.newcomer.email,
        title=account.newcomer.title,
        password_hash=account.password_hash,
        is_admin=is_admin,
        locale=locale,
    )


def _create_all(tx: Tx, accounts: Sequence[Account], locale: str) -> Outcome[list[ActorRow]]:
    made = [_create(tx, account, locale=locale) for account in accounts]
    return Outcome(
        [outcome.value for outcome in made], tuple(draft for outcome in made for draft in outcome.drafts)
    )


def _create_with_tokens(tx: Tx, accounts: Sequence[Account], locale: str) -> Outcome[dict[str, str]]:
    made = _create_all(tx, accounts, locale)
    tokens = {row.username: token.issue(tx, actor_id=row.id, scopes=APP_SCOPES).value for row in made.value}
    return Outcome(tokens, made.drafts)


def _print_made(accounts: Sequence[Account]) -> None:
    made = [account for account in accounts if account.made]
    typer.echo(f"{len(accounts)} imported.", err=True)
    if made:
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(("username", "password"))
        lines.writerows((account.newcomer.username, account.made) for account in made)


def _everyone(tx: Tx) -> Iterator[ActorRow]:
    after = 0
    while page := actors.persons(tx, after_id=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _summary(tx: Tx, row: ActorRow) -> dict[str, object]:
    login = logins.login_of(tx, row.id)
    return {
        "username": row.username,
        "name": row.display_name,
        "email": login.email if login else "",
        "title": row.title,
        "state": row.state,
        "admin": "yes" if login and login.is_admin else "",
    }
