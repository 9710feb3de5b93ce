"""`cordee member`: which of our people are in a project. A company speaks for its own people only."""

from enum import StrEnum
from typing import Annotated

import typer

from instance.cli import lookup, terminal
from instance.cli.terminal import AsJson
from instance.domain import member
from instance.domain.outcome import Outcome
from instance.storage import actors, members
from instance.storage.database import Tx
from instance.storage.members import MemberRow

COLUMNS = ("handle", "name", "role", "since")

app = typer.Typer(help="Which of our people are in a project.", no_args_is_help=True)


class Role(StrEnum):
    """What a person is in a project."""

    lead = "lead"
    member = "member"
    follower = "follower"


@app.command()
def add(
    ctx: typer.Context,
    project: str,
    person: str,
    role: Annotated[
        Role, typer.Option(help="A lead manages, a member takes part, a follower reads.")
    ] = Role.member,
) -> None:
    """Let one of our people into a project; the partners' nodes are told.

    Example: cordee member add apollo alice --role lead
    """

    def verb(tx: Tx) -> Outcome[MemberRow]:
        return member.add(
            tx, lookup.project(tx, project).iri, actor_id=lookup.employee(tx, person).id, role=role.value
        )

    terminal.perform(ctx, verb)
    typer.echo(f"{person} is in {project} as {role.value}.")


@app.command()
def remove(ctx: typer.Context, project: str, person: str) -> None:
    """Take one of our people out of a project, here and at every partner.

    Example: cordee member remove apollo alice
    """

    def verb(tx: Tx) -> Outcome[MemberRow]:
        return member.remove(tx, lookup.project(tx, project).iri, actor_id=lookup.employee(tx, person).id)

    terminal.perform(ctx, verb)
    typer.echo(f"{person} is no longer in {project}.")


@app.command("list")
def list_(ctx: typer.Context, project: str, as_json: AsJson = False) -> None:
    """List the people of a project, of all companies.

    Example: cordee member list apollo
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        rows = members.of_project(tx, lookup.project(tx, project).iri)
        people = actors.by_ids(tx, [row.actor_id for row in rows])
        return [
            {
                "handle": f"@{people[row.actor_id].username}@{row.host}",
                "name": people[row.actor_id].display_name,
                "role": row.role,
                "since": terminal.moment(row.since_ms),
            }
            for row in rows
        ]

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)
