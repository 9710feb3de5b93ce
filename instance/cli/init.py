"""`cordee init`: from nothing to a node that can be started. The rule kept here: safe to run twice; what exists is kept, and said."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from instance import config, passwords
from instance.cli import terminal
from instance.config import Config
from instance.domain import actor
from instance.domain.outcome import Outcome
from instance.errors import ConfigError
from instance.storage import actors, logins, migrate
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

SEAL_KEY_BYTES = 32
LOOPBACK = "127.0.0.0/8, ::1/128"


def init(
    ctx: typer.Context,
    domain: Annotated[str | None, typer.Option(help="The company's host as in @alice@acme.example.")] = None,
    company: Annotated[str | None, typer.Option(help="The company's name as partners read it.")] = None,
    admin: Annotated[str | None, typer.Option(help="Username of the first administrator.")] = None,
    password: terminal.Password = None,
    base_url: Annotated[str | None, typer.Option(help="Default: https://<domain>.")] = None,
    listen: Annotated[str | None, typer.Option(help="Default: 127.0.0.1:8000.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data directory. Default: /var/lib/cordee.")] = None,
) -> None:
    """Set up a node, or bring one up to date: settings, seal key, database, node actor, first administrator.

    Asks for what is not given. Run it again after an upgrade: it runs the database's migrations and keeps what exists.

    Example: cordee init --domain acme.example --company Acme --admin alice
    """
    given = {"domain": domain, "company": company, "base_url": base_url, "listen": listen, "data_dir": data}
    found = _settings(
        terminal.path(ctx), {key: str(value) for key, value in given.items() if value is not None}
    )
    _directories(found)
    _seal_key(found.seal_key_path)
    _database(found.database)
    _node_actor(ctx)
    _administrator(ctx, admin, password)
    typer.echo("Ready. Start it with: cordee serve      See whether all is well: cordee check")


def _settings(path: Path, given: Mapping[str, str]) -> Config:
    if path.exists():
        found = config.load(path)
        held = found.model_dump(mode="json")
        for key, value in given.items():
            if held[key] != value:
                raise ConfigError(
                    f"{path} says {key} = {held[key]!r}, not {value!r}. Edit it there if that is wanted."
                )
        _say("kept", path)
        return found
    chosen = dict(given)
    for key, question in (("domain", "Domain (acme.example)"), ("company", "Name of the company")):
        if key not in chosen and f"{config.PREFIX}{key.upper()}" not in os.environ:
            chosen[key] = _ask(question, f"--{key}")
    if chosen.get("base_url", "").startswith("http:"):
        chosen["allowed_networks"] = (
            LOOPBACK  # plain http is for localhost, where the partners of a trial are as well
        )
    found = config.build(chosen, lambda key: f"--{key.replace('_dir', '').replace('_', '-')}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(config.render(found, chosen), "utf-8")
    path.chmod(0o640)
    _say("made", path)
    return found


def _ask(question: str, flag: str, *, hide: bool = False) -> str:
    if not sys.stdin.isatty():
        raise ConfigError(f"{flag} is missing, and there is nobody to ask")
    return str(typer.prompt(question, hide_input=hide, confirmation_prompt=hide))


def _say(verb: str, what: object) -> None:
    typer.echo(f"{verb:5} {what}")


def _directories(found: Config) -> None:
    for directory in (found.data_dir, found.media_dir, found.database.parent):
        if not directory.exists():
            directory.mkdir(parents=True, mode=0o700)
            _say("made", directory)


def _seal_key(path: Path) -> None:
    if path.exists():
        _say("kept", path)
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(SEAL_KEY_BYTES))
    _say("made", path)


def _database(path: Path) -> None:
    done = migrate.upgrade(path)
    if done.before is None:
        _say("made", path)
    else:
        _say(
            "kept",
            f"{path}{'' if done.before == done.after else f', brought from revision {done.before} to {done.after}'}",
        )


def _node_actor(ctx: typer.Context) -> None:
    if terminal.look(ctx, lambda tx: actors.by_iri(tx, tx.home.node)):
        _say("kept", "the node's actor and its keys")
        return
    _say("made", f"{terminal.perform(ctx, actor.create_node).iri} and its keys")


def _administrator(ctx: typer.Context, username: str | None, password: str | None) -> None:
    known = terminal.look(ctx, lambda tx: actors.by_ids(tx, [login.actor_id for login in logins.admins(tx)]))
    if known:
        _say("kept", f"administrator {', '.join(row.username for row in known.values())}")
        return
    username = username or _ask("Username of the first administrator", "--admin")
    hashed = passwords.hash_of(password or _ask("Password", "CORDEE_PASSWORD", hide=True))
    locale = terminal.settings(ctx).locale

    def verb(tx: Tx) -> Outcome[ActorRow]:
        return actor.create_person(
            tx,
            username=username,
            display_name=username.capitalize(),
            email="",
            password_hash=hashed,
            is_admin=True,
            title="",
            locale=locale,
        )

    row = terminal.perform(ctx, verb)
    _say("made", f"administrator @{row.username}@{row.host}")
