"""`cordee keys`: what this company's actors sign with."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import typer

from federation.letters import Draft
from instance.cli import lookup, terminal
from instance.cli.terminal import AsJson
from instance.domain import rotation
from instance.domain.outcome import Outcome
from instance.domain.render import timestamp
from instance.errors import BadInput
from instance.storage import keys
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.keys import KeyRow

HOUR_MS = 3_600_000
COLUMNS = ("actor", "kind", "key", "since", "until")

app = typer.Typer(help="The keys with which this company's actors sign.", no_args_is_help=True)

Node = Annotated[bool, typer.Option("--node", help="The node's own keys, which sign every letter.")]
Person = Annotated[str, typer.Option(help="Username of one of our people.")]
Project = Annotated[str, typer.Option(help="Handle of a project that we host.")]
All = Annotated[bool, typer.Option("--all", help="The node, all people, and the projects that we host.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    node: Node = False,
    person: Person = "",
    project: Project = "",
    as_json: AsJson = False,
) -> None:
    """List public keys: in use, and those that ceased.

    Example: cordee keys list --node
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        everybody = not (node or person or project)
        chosen = _chosen(tx, node=node, person=person, project=project, everybody=everybody)
        return [_line(actor, row) for actor in chosen for row in keys.keys_of(tx, actor.iri)]

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)


@app.command()
def rotate(
    ctx: typer.Context,
    node: Node = False,
    person: Person = "",
    project: Project = "",
    everybody: All = False,
    overlap_hours: Annotated[
        int, typer.Option(help="How long a letter signed with the old key still counts.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Make new keys in place of those in use. Letters that wait go out signed with the new ones; partners are told.

    The old private keys are gone at once. What was proven with them stays proven.

    Example: cordee keys rotate --node
    """

    def verb(tx: Tx) -> Outcome[Iterable[Mapping[str, object]]]:
        made, drafts = list[Mapping[str, object]](), list[Draft]()
        for actor in _chosen(tx, node=node, person=person, project=project, everybody=everybody):
            outcome = rotation.rotate(tx, actor.iri, overlap_ms=overlap_hours * HOUR_MS)
            made += [_line(actor, row) for row in outcome.value]
            drafts += outcome.drafts
        return Outcome(made, tuple(drafts))

    terminal.show(terminal.perform(ctx, verb), COLUMNS, as_json=as_json)


def _chosen(tx: Tx, *, node: bool, person: str, project: str, everybody: bool) -> list[ActorRow]:
    if everybody:
        return rotation.everybody(tx)
    chosen = [row for row in rotation.everybody(tx) if node and row.kind == "node"]
    chosen += [lookup.employee(tx, person)] if person else []
    chosen += [lookup.project(tx, project)] if project else []
    if not chosen:
        raise BadInput("actor", "Say whose keys: --node, --person, --project or --all.")
    return chosen


def _line(actor: ActorRow, row: KeyRow) -> dict[str, object]:
    return {
        "actor": actor.username,
        "kind": row.kind,
        "key": row.key_iri,
        "since": timestamp(row.created_at_ms),
        "until": "" if row.ends_at_ms is None else timestamp(row.ends_at_ms),
    }
