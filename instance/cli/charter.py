"""`cordee charter`: tie companies to a project, and untie them. Each verb acts for this company alone."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from federation.errors import FederationError
from instance.cli import lookup, terminal
from instance.cli.terminal import AsJson
from instance.config import Config
from instance.domain import charter, charter_proofs
from instance.domain.charter import PartyTerms
from instance.domain.charter_document import LABELS, NO_GUESTS
from instance.domain.charter_steps import PENDING
from instance.domain.outcome import Outcome
from instance.errors import BadInput, Conflict
from instance.storage import charters
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.database import Tx

COLUMNS = ("project", "version", "state", "ceiling", "until", "parties")
PARTY_COLUMNS = ("host", "company", "role", "state")
EVENT_COLUMNS = ("at", "host", "what", "detail")
OFFERED = ("offered",)

app = typer.Typer(help="Tie companies to a project, and untie them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="PROJECT", help="The project, or the charter's IRI.")]
Ceiling = Annotated[str, typer.Option(help="Highest label that may travel: C0, C1, C2 or C3.")]
Retention = Annotated[
    str, typer.Option(help="How long things are kept afterwards, as ISO 8601 says it: P1Y, P6M.")
]
Until = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day. Default: open end.")]


Guests = Annotated[
    str | None,
    typer.Option(help="What servers outside may do, once allowed as guests: none, read or answer."),
]


def standing(party: PartyRow) -> str:
    """How a company stands in a charter, in one word."""
    if party.left_at_ms is not None:
        return "left"
    if party.suspended_at_ms is not None:
        return "suspends"
    return "signed" if party.signed_at_ms is not None else "asked"


def ends_at_ms(until: datetime | None) -> int | None:
    """The end of a last day, UTC."""
    return None if until is None else (int(until.replace(tzinfo=UTC).timestamp()) + 86_400) * 1000 - 1


def label(text: str) -> int:
    """A label as the number that is compared."""
    if text.upper() not in LABELS:
        raise BadInput("ceiling", f"{text}: write one of {', '.join(LABELS)}")
    return LABELS.index(text.upper())


@app.command("list")
def list_(
    ctx: typer.Context,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait for this company's answer.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the charters, the latest version of each project, or those that wait for an answer.

    Example: cordee charter list --waiting
    """

    def query(tx: Tx) -> list[dict[str, object]]:
        rows = charters.waiting(tx) if waiting else _latest(charters.all_charters(tx))
        return [_summary(tx, row) for row in rows]

    terminal.show(terminal.look(ctx, query), COLUMNS, as_json=as_json)


@app.command()
def show(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Show a charter: its terms, its parties, and what happened to it.

    Example: cordee charter show apollo
    """

    def query(tx: Tx) -> dict[str, Any]:
        row = lookup.charter(tx, name)
        return _summary(tx, row) | {
            "purpose": row.purpose,
            "retention": row.retention,
            "guests": charter_proofs.stored(row)[1].guests,
            "parties": [
                party._asdict() | {"state": standing(party)} for party in charters.parties(tx, row.id)
            ],
            "events": [
                event._asdict() | {"at": terminal.moment(event.at_ms)}
                for event in charters.events(tx, row.iri)
            ],
        }

    found = terminal.look(ctx, query)
    if as_json:
        terminal.print_json(found)
        return
    for key in ("iri", "project", "version", "state", "purpose", "ceiling", "until", "retention", "guests"):
        typer.echo(f"{key:10} {'' if found[key] is None else found[key]}")
    for key, columns in (("parties", PARTY_COLUMNS), ("events", EVENT_COLUMNS)):
        typer.echo()
        terminal.show(found[key], columns, as_json=False)


@app.command()
def offer(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="PROJECT", help="A project that this company hosts.")],
    party: Annotated[
        list[str], typer.Option(help="A company: HOST, or HOST:ROLE with client, supplier or partner.")
    ],
    purpose: Annotated[str, typer.Option(help="What the companies do together.")],
    ceiling: Ceiling = "C1",
    until: Until = None,
    retention: Retention = "P1Y",
    guests: Guests = NO_GUESTS,
) -> None:
    """Offer a charter to other companies: sign it here, and send it to each. It is live once all have signed.

    Example: cordee charter offer apollo --party globex.example:client --purpose "New braking unit" --until 2027-06-30
    """
    highest, project = label(ceiling), terminal.look(ctx, lambda tx: lookup.project(tx, name))
    companies = asyncio.run(_meet(terminal.settings(ctx), [_read_party(text) for text in party]))
    row = terminal.perform(
        ctx,
        lambda tx: charter.offer(
            tx,
            project.iri,
            parties=companies,
            purpose=purpose,
            ceiling=highest,
            ends_at_ms=ends_at_ms(until),
            retention=retention,
            guests=guests or NO_GUESTS,
        ),
    )
    hosts = ", ".join(company.host for company in companies)
    typer.echo(f"Offered version {row.version} of the charter of {name} to {hosts}.")


@app.command()
def amend(
    ctx: typer.Context,
    name: Name,
    party: Annotated[
        list[str] | None, typer.Option(help="A company to add, or one with another role: HOST:ROLE.")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="What the companies do together.")] = None,
    ceiling: Annotated[str | None, typer.Option(help="Highest label that may travel.")] = None,
    until: Until = None,
    retention: Annotated[str | None, typer.Option(help="How long things are kept afterwards.")] = None,
    guests: Guests = None,
) -> None:
    """Offer the next version of a charter; what is not given stays. The one in force stays so until all have signed.

    Example: cordee charter amend apollo --until 2028-06-30 --party initech.example:supplier
    """
    more = asyncio.run(_meet(terminal.settings(ctx), [_read_party(text) for text in party or ()]))

    def verb(tx: Tx) -> Outcome[CharterRow]:
        project = lookup.project(tx, name)
        return charter.amend(
            tx,
            project.iri,
            parties=_with(tx, project.iri, more) if more else None,
            purpose=purpose,
            ceiling=label(ceiling) if ceiling else None,
            ends_at_ms=ends_at_ms(until),
            retention=retention,
            guests=guests,
        )

    row = terminal.perform(ctx, verb)
    typer.echo(f"Offered version {row.version} of the charter of {name}.")


@app.command()
def approve(
    ctx: typer.Context,
    name: Name,
    unmet_ok: Annotated[
        bool,
        typer.Option(
            "--unmet-ok",
            help="Sign even if a company's node cannot be asked for its key, on the word of the company that offers.",
        ),
    ] = False,
) -> None:
    """Sign a charter that another company offered. It is live once every party has signed.

    Example: cordee charter approve @apollo@acme.example
    """
    iri = terminal.look(ctx, lambda tx: lookup.charter(tx, name, states=OFFERED).iri)
    unmet = terminal.look(ctx, lambda tx: charter.unmet(tx, iri))
    silent = asyncio.run(_silent(terminal.settings(ctx), [party.host for party in unmet]))
    if silent and not unmet_ok:
        raise Conflict(
            "unmet",
            f"No key from the node of {silent}. Nothing was signed. Try again later, or see --unmet-ok.",
        )
    asyncio.run(
        _check_given_up(terminal.settings(ctx), terminal.look(ctx, lambda tx: charter.unheard(tx, iri)))
    )
    row = terminal.perform(ctx, lambda tx: charter.approve(tx, iri, by="the command line", unmet_ok=unmet_ok))
    typer.echo(f"Signed version {row.version} of the charter of {name}; it is {row.state}.")
    if silent:
        typer.echo(f"We take the offering company's word for the key of {silent}.")


@app.command()
def decline(
    ctx: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; the other companies read it.")] = "",
) -> None:
    """Decline a charter that another company offered, or take back one of our own that is not in force yet.

    Example: cordee charter decline @apollo@acme.example --reason "The end date is too late for us"
    """
    terminal.perform(
        ctx, lambda tx: charter.decline(tx, lookup.charter(tx, name, states=PENDING).iri, reason=reason)
    )
    typer.echo(f"Declined the charter of {name}.")


@app.command()
def suspend(ctx: typer.Context, name: Name) -> None:
    """Stop everything between this company and the project's others at once, until resumed. No partner has to agree.

    Example: cordee charter suspend apollo
    """
    terminal.perform(ctx, lambda tx: charter.suspend(tx, lookup.project(tx, name).iri))
    typer.echo(f"Suspended {name}. Go on with: cordee charter resume {name}")


@app.command()
def resume(ctx: typer.Context, name: Name) -> None:
    """Take this company's suspension back.

    Example: cordee charter resume apollo
    """
    terminal.perform(ctx, lambda tx: charter.resume(tx, lookup.project(tx, name).iri))
    typer.echo(f"Resumed {name}.")


@app.command()
def leave(
    ctx: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: leaving cannot be taken back.")] = False,
) -> None:
    """Leave a project for good. The gate closes at once; what was exchanged stays where it is.

    Example: cordee charter leave apollo --yes
    """
    if not yes:
        typer.confirm(f"Leave {name} for good?", abort=True)
    terminal.perform(ctx, lambda tx: charter.leave(tx, lookup.project(tx, name).iri))
    typer.echo(f"Left {name}.")


def _latest(rows: list[CharterRow]) -> list[CharterRow]:
    return list({row.project_iri: row for row in reversed(rows)}.values())


def _summary(tx: Tx, row: CharterRow) -> dict[str, object]:
    return {
        "iri": row.iri,
        "project": lookup.handle(row),
        "version": row.version,
        "state": row.state,
        "ceiling": LABELS[row.ceiling],
        "until": terminal.moment(row.ends_at_ms),
        "parties": ", ".join(party.host for party in charters.parties(tx, row.id)),
    }


def _read_party(text: str) -> PartyTerms:
    """globex.example:client, acme.localhost:7001:client or a bare host; a word at the end that is no port is the role."""
    host, _, role = text.rpartition(":")
    if not host or role.isdecimal():
        return PartyTerms(host=text.lower())
    return PartyTerms(host=host.lower(), role=role.lower())


async def _meet(found: Config, parties: list[PartyTerms]) -> list[PartyTerms]:
    """The same companies, with what their nodes say of themselves today."""
    async with terminal.meeting(found) as (_, meeting):
        nodes = [await meeting.meet(party.host) for party in parties]
    return [
        party._replace(node=node.iri, inbox=node.inbox, company=node.display_name)
        for party, node in zip(parties, nodes, strict=True)
    ]


async def _silent(found: Config, hosts: list[str]) -> str:
    """Ask each node for its own key, since so far the company that offers has vouched for it; those that gave none, with the reason."""
    silent = []
    async with terminal.meeting(found) as (_, meeting):
        for host in hosts:
            try:
                await meeting.meet(host)
            except FederationError as error:
                silent.append(f"{host} ({error.rule})")
    return ", ".join(silent)


async def _check_given_up(found: Config, names: tuple[tuple[str, str], ...]) -> None:
    """Sign for no company that says it had the name of another. Raises Conflict."""
    async with terminal.meeting(found) as (_, meeting):
        await meeting.check_given_up(names)


def _with(tx: Tx, project_iri: str, more: list[PartyTerms]) -> list[PartyTerms]:
    """The companies in the charter in force, and these."""
    row = charters.in_force(tx, project_iri)
    present = [party for party in (charters.parties(tx, row.id) if row else ()) if party.left_at_ms is None]
    terms = {
        party.host: PartyTerms(party.host, party.node_iri, party.inbox, party.company, party.role)
        for party in present
    }
    return list((terms | {party.host: party for party in more}).values())
