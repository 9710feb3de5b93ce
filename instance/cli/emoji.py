"""`cordee emoji`: the small pictures that people write between colons."""

from pathlib import Path
from typing import Annotated

import typer

from instance.cli import terminal
from instance.cli.terminal import AsJson
from instance.domain import emoji, media
from instance.storage import emojis
from instance.storage.database import Tx

COLUMNS = ("shortcode", "category", "listed", "kind", "bytes")

app = typer.Typer(help="The company's emojis.", no_args_is_help=True)


@app.command()
def add(
    ctx: typer.Context,
    shortcode: Annotated[str, typer.Argument(help="What people write between colons.")],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="PNG, GIF or WebP, at most 256 KiB.")
    ],
    category: Annotated[str, typer.Option(help="Under which heading apps list it.")] = "",
    unlisted: Annotated[bool, typer.Option("--unlisted", help="Apps do not offer it.")] = False,
) -> None:
    """Make an emoji of a picture.

    Example: cordee emoji add acme acme.png --category Company
    """
    picture = emoji.check_picture(file.read_bytes())
    media.save(terminal.settings(ctx).media_dir, picture)
    row = terminal.perform(
        ctx, lambda tx: emoji.add(tx, shortcode, picture, category=category, is_listed=not unlisted)
    )
    typer.echo(f":{row.shortcode}:")


@app.command()
def remove(ctx: typer.Context, shortcode: str) -> None:
    """Take an emoji away. What was written with it shows its name.

    Example: cordee emoji remove acme
    """
    terminal.perform(ctx, lambda tx: emoji.remove(tx, shortcode))
    typer.echo(f":{shortcode.strip(':')}: is an emoji no longer.")


@app.command("list")
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the company's emojis.

    Example: cordee emoji list
    """
    terminal.show(terminal.look(ctx, _listed), COLUMNS, as_json=as_json)


def _listed(tx: Tx) -> list[dict[str, object]]:
    return [
        {
            "shortcode": row.shortcode,
            "category": row.category or None,
            "listed": "yes" if row.is_listed else "no",
            "kind": row.media_type,
            "bytes": row.size_bytes,
        }
        for row in emojis.own(tx)
    ]
