"""A charter as a page shows it. The rule kept here: pure; rows in, words and tones out.

`tone` is one of good, bad, wait, plain: the colour of a chip.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from instance.storage.charters import CharterRow, EventRow, PartyRow
from web.i18n import Locale, translate

COLOURS = 6
_TONES = {"live": "good", "offered": "wait", "approved": "wait", "suspended": "bad", "declined": "bad"}
_PATH = ("offered", "approved", "live")


class Act(NamedTuple):
    """Something IT may do with a charter: the verb of its form, its button, what it means, and what is asked before."""

    verb: str
    name: str
    means: str
    tone: str = ""
    asks_reason: bool = False
    confirm: str = ""


def state_words(state: str, locale: Locale) -> str:
    """The state of a charter in words."""
    words = {
        "offered": "waiting for your answer",
        "approved": "waiting for the others",
        "live": "in force",
        "suspended": "suspended",
        "declined": "declined",
        "superseded": "replaced by a newer version",
        "ended": "ended",
    }
    return translate(locale, words.get(state, state))


def role_words(role: str, locale: Locale) -> str:
    """The role of a company in words."""
    words = {"host": "host", "client": "client", "supplier": "supplier", "partner": "partner"}
    return translate(locale, words.get(role, role))


def tone_of(state: str) -> str:
    """The colour of a state."""
    return _TONES.get(state, "plain")


def colours(own_host: str, hosts: Iterable[str]) -> dict[str, int]:
    """A colour for each company: our own is always the first, the others follow by name."""
    others = sorted(set(hosts) - {own_host})
    return {own_host: 0} | {host: 1 + n % (COLOURS - 1) for n, host in enumerate(others)}


def steps(row: CharterRow, locale: Locale) -> list[dict[str, Any]]:
    """Offered, signed, in force, and the end: how far this version is."""
    if row.state in {"declined", "suspended", "ended", "superseded"}:
        last = {
            "name": state_words(row.state, locale),
            "tone": "bad" if tone_of(row.state) == "bad" else "done",
            "now": True,
        }
        return [{"name": translate(locale, "offered"), "tone": "done", "now": False}, last]
    names = ("offered", "signed by us", "in force")
    at = _PATH.index(row.state)
    return [
        {"name": translate(locale, name), "tone": "done" if n <= at else "", "now": n == at}
        for n, name in enumerate(names)
    ]


def charter_view(
    row: CharterRow, parties: Sequence[PartyRow], *, own_host: str, locale: Locale
) -> dict[str, Any]:
    """Everything the templates say about a charter version."""
    colour = colours(own_host, (party.host for party in parties))
    document = orjson.loads(row.document)
    project = document.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return {
        **row._asdict(),
        "project": name or row.project_iri,
        "state": state_words(row.state, locale),
        "tone": tone_of(row.state),
        "steps": steps(row, locale),
        "ceiling": f"C{row.ceiling}",
        "indicators": [item for item in document.get("indicators", []) if isinstance(item, str)],
        "document": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(),
        "parties": [
            {**party._asdict(), "role": role_words(party.role, locale), "colour": colour[party.host]}
            for party in parties
        ],
    }


def event_words(events: Iterable[EventRow], locale: Locale) -> list[dict[str, Any]]:
    """What happened to a charter, the newest first."""
    return [{**event._asdict(), "what": translate(locale, event.what.replace("_", " "))} for event in events][
        ::-1
    ]


def acts_on(row: CharterRow, *, suspended_by_us: bool, has_left: bool, locale: Locale) -> list[Act]:
    """What IT may do with this version now."""

    def say(text: str) -> str:
        return translate(locale, text)

    if has_left:
        return []
    leave = Act(
        "leave",
        say("Leave the project"),
        say(
            "Our company leaves for good. Nothing goes out or comes in from then on, and our people are out of the project."
        ),
        "bad",
        confirm=say("Yes, leave; only a new charter brings us back."),
    )
    if row.state == "offered":
        return [
            Act(
                "approve",
                say("Approve and sign"),
                say("Our company signs. When all have signed, the project begins."),
            ),
            Act(
                "decline",
                say("Decline"),
                say("Nothing begins. The others are told the reason."),
                "bad",
                asks_reason=True,
            ),
        ]
    if row.state == "live" or (row.state == "suspended" and not suspended_by_us):
        pause = Act(
            "suspend",
            say("Suspend"),
            say(
                "The gate closes at once for everybody in this project, letters in the queue included, until we resume."
            ),
            "bad",
        )
        return [pause, leave] if row.state == "live" else [leave]
    if row.state == "suspended":
        return [
            Act(
                "resume",
                say("Resume"),
                say("We lift our suspension; the gate opens when nobody else suspends."),
            ),
            leave,
        ]
    return []
