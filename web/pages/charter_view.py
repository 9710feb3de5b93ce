"""A charter as a page shows it. The rule kept here: pure; rows in, words and tones out.

`tone` is one of good, bad, wait, plain: the colour of a chip.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from instance.storage.charters import CharterRow, EventRow, PartyRow
from instance.storage.guests import FollowerRow, GuestRow
from web.i18n import Locale, duration, phrase, translate

COLOURS = 6
_TONES = {"live": "good", "offered": "wait", "approved": "wait", "suspended": "bad", "declined": "bad"}
_PATH = ("offered", "approved", "live")
_STEPS = (phrase("offered"), phrase("signed by us"), phrase("in force"))
_STATES = {
    "offered": phrase("waiting for your answer"),
    "approved": phrase("waiting for the others"),
    "live": phrase("in force"),
    "suspended": phrase("suspended"),
    "declined": phrase("declined"),
    "superseded": phrase("replaced by a newer version"),
    "ended": phrase("ended"),
}
_ROLES = {
    "host": phrase("host"),
    "client": phrase("client"),
    "supplier": phrase("supplier"),
    "partner": phrase("partner"),
}
_LABELS = (
    phrase("C0, public"),
    phrase("C1, project"),
    phrase("C2, restricted"),
    phrase("C3, secret"),
)
_GUESTS = {
    "none": phrase("there are none"),
    "read": phrase("may read"),
    "answer": phrase("may read and answer"),
}
_EVENTS = {
    "offered": phrase("offered it"),
    "approved": phrase("signed it"),
    "accepted": phrase("signed it"),
    "live": phrase("it is in force"),
    "declined": phrase("declined it"),
    "rejected": phrase("declined it"),
    "suspend": phrase("suspended it"),
    "suspended": phrase("it is suspended"),
    "resume": phrase("lifted its suspension"),
    "left": phrase("left the project"),
    "superseded": phrase("it is replaced by a newer version"),
    "ended": phrase("it has ended"),
}
_OF_ALL = frozenset(
    {"live", "suspended", "superseded", "ended"}
)  # what became of the charter, whoever brought it about
_WITHOUT_DETAIL = frozenset({"suspend"})  # there it is the id of an activity


class Act(NamedTuple):
    """Something IT may do with a charter: the verb of its form, its button, what it means, and what is asked before."""

    verb: str
    name: str
    means: str
    tone: str = ""
    asks_reason: bool = False
    confirm: str = ""


# What each button says and means; the texts are translated where they are shown.
ACTS = {
    "approve": Act(
        "approve",
        phrase("Approve and sign"),
        phrase("Our company signs. When all have signed, the project begins."),
    ),
    "decline": Act(
        "decline",
        phrase("Decline"),
        phrase("Nothing begins. The others are told the reason."),
        "bad",
        asks_reason=True,
    ),
    "approve next": Act(
        "approve",
        phrase("Approve and sign"),
        phrase("Our company signs. When all have signed, this version takes the place of the one before."),
    ),
    "decline next": Act(
        "decline",
        phrase("Decline"),
        phrase("The version before stays as it is. The others are told the reason."),
        "bad",
        asks_reason=True,
    ),
    "withdraw": Act(
        "decline",
        phrase("Take the offer back"),
        phrase("We do not offer this any more. The others are told the reason."),
        "bad",
        asks_reason=True,
    ),
    "suspend": Act(
        "suspend",
        phrase("Suspend"),
        phrase(
            "The gate closes at once for everybody in this project, letters in the queue included, until we resume."
        ),
        "bad",
    ),
    "resume": Act(
        "resume",
        phrase("Resume"),
        phrase("We lift our suspension; the gate opens when nobody else suspends."),
    ),
    "leave": Act(
        "leave",
        phrase("Leave the project"),
        phrase(
            "Our company leaves for good. Nothing goes out or comes in from then on, and our people are out of the project."
        ),
        "bad",
        asks_reason=True,
        confirm=phrase("Yes, leave; only a new charter brings us back."),
    ),
}


def state_words(state: str, locale: Locale) -> str:
    """The state of a charter in words."""
    return translate(locale, _STATES.get(state, state))


def role_words(role: str, locale: Locale) -> str:
    """The role of a company in words."""
    return translate(locale, _ROLES.get(role, role))


def tone_of(state: str) -> str:
    """The colour of a state."""
    return _TONES.get(state, "plain")


def colours(own_host: str, hosts: Iterable[str]) -> dict[str, int]:
    """A colour for each company: our own is always the first, the others follow by name."""
    others = sorted(set(hosts) - {own_host})
    return {own_host: 0} | {host: 1 + n % (COLOURS - 1) for n, host in enumerate(others)}


def steps(row: CharterRow, locale: Locale) -> list[dict[str, Any]]:
    """Offered, signed, in force, and the end: how far this version is."""
    if row.state not in _PATH:
        tone = "bad" if tone_of(row.state) == "bad" else "done"
        last = {"name": state_words(row.state, locale), "tone": tone, "now": True}
        return [{"name": translate(locale, _STEPS[0]), "tone": "done", "now": False}, last]
    at = _PATH.index(row.state)
    return [
        {"name": translate(locale, name), "tone": "done" if n <= at else "", "now": n == at}
        for n, name in enumerate(_STEPS)
    ]


def charter_view(
    row: CharterRow, parties: Sequence[PartyRow], *, own_host: str, locale: Locale
) -> dict[str, Any]:
    """Everything the templates say about a charter version."""
    colour = colours(own_host, (party.host for party in parties))
    document = orjson.loads(row.document)
    project, takes = document.get("project"), _names_taken(document)
    name = project.get("name") if isinstance(project, dict) else None
    return {
        **row._asdict(),
        "project": name or row.project_iri,
        "state": state_words(row.state, locale),
        "tone": tone_of(row.state),
        "is_over": row.state in {"declined", "ended"},
        "steps": steps(row, locale),
        "ceiling": translate(locale, _LABELS[row.ceiling])
        if row.ceiling < len(_LABELS)
        else f"C{row.ceiling}",
        "retention": duration(row.retention, locale),
        "indicators": [item for item in document.get("indicators", []) if isinstance(item, str)],
        "guests": translate(locale, _GUESTS.get(document.get("guests", "none"), "")),
        "document": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode(),
        "parties": [
            {
                **party._asdict(),
                "role": role_words(party.role, locale),
                "colour": colour[party.host],
                "takes": takes.get(party.node_iri, ""),
            }
            for party in parties
        ],
    }


def _names_taken(document: dict[str, Any]) -> dict[str, str]:
    """The hosts that companies have from this version on, by the node that they had before."""
    parties = [
        party for party in document.get("parties", []) if isinstance(party, dict) and party.get("formerly")
    ]
    return {party["formerly"][0]["node"]: party["host"] for party in parties}


def guests_view(
    rows: Iterable[GuestRow], followers: Iterable[FollowerRow], *, now_ms: int
) -> list[dict[str, Any]]:
    """The guest hosts of a project, those let in first, with how many follow from each."""
    present = Counter(row.host for row in followers if row.ended_at_ms is None)
    shown = [
        {
            "host": row.host,
            "is_open": row.is_open(now_ms),
            "label": f"C{row.label}",
            "ends_at_ms": row.ends_at_ms,
            "followers": present[row.host],
        }
        for row in rows
    ]
    return sorted(shown, key=lambda each: (not each["is_open"], each["host"]))


def event_words(
    events: Sequence[EventRow], parties: Iterable[PartyRow], locale: Locale
) -> list[dict[str, Any]]:
    """What happened to a charter, the newest first."""
    companies = {party.host: party.company for party in parties}
    return [
        {
            "at_ms": event.at_ms,
            "who": "" if event.what in _OF_ALL else companies.get(event.host, event.host),
            "what": _event(event.what, locale),
            "detail": "" if event.what in _WITHOUT_DETAIL else event.detail,
        }
        for event in reversed(events)
    ]


def _event(what: str, locale: Locale) -> str:
    if what.startswith("refused_"):
        rule = what.removeprefix("refused_").replace("_", " ")
        return translate(locale, "sent what was not taken ({rule})", rule=rule)
    return translate(locale, _EVENTS.get(what, what))


def acts_on(row: CharterRow, ours: PartyRow | None, *, own_node: str, locale: Locale) -> list[Act]:
    """What IT may do with this version now; `ours` is our own company in it."""
    if ours is None or ours.left_at_ms is not None:
        return []
    return [_said(ACTS[name], locale) for name in _open_to(row, ours, own_node)]


def _open_to(row: CharterRow, ours: PartyRow, own_node: str) -> tuple[str, ...]:
    if row.state == "offered":
        return ("approve", "decline") if row.version == 1 else ("approve next", "decline next")
    if row.state == "approved":
        return ("withdraw",) if row.offered_by == own_node else ()
    if row.state in {"live", "suspended"}:
        return ("suspend" if ours.suspended_at_ms is None else "resume", "leave")
    return ()


def _said(act: Act, locale: Locale) -> Act:
    return act._replace(
        name=translate(locale, act.name),
        means=translate(locale, act.means),
        confirm=translate(locale, act.confirm) if act.confirm else "",
    )
