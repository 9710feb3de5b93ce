"""IT and the ledger: what left, what was held back, to whom and why. The rule kept here: read only; the whole chain is proven when asked."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance import policy
from instance.egress import NOBODY, LedgerProof
from instance.policy import Verdict
from instance.storage import actors, ledger, peers, things
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.ledger import LineRow
from instance.storage.peers import PeerRow
from web.doors import NODE
from web.i18n import Locale, phrase, translate
from web.pages.frame import locale_of, number, respond
from web.session import page

PAGE = 100
_FILTERS = ("host", "verdict", "space")
_VERDICTS = {"released": phrase("released"), "withheld": phrase("held back")}
_LETTERS = {
    ("outbound", "released"): phrase("sent"),
    ("outbound", "withheld"): phrase("not sent"),
    ("disclosure", "released"): phrase("shown when asked"),
    ("disclosure", "withheld"): phrase("not shown when asked"),
    ("inquiry", "released"): phrase("asked by us"),
    ("inquiry", "withheld"): phrase("not asked by us"),
}
# What the ledger calls by its address, by kind of thing.
_KINDS = {
    "create": phrase("a new post"),
    "update": phrase("new words for a post"),
    "delete": phrase("a deletion"),
    "announce": phrase("a boost"),
    "like": phrase("a favourite"),
    "undo": phrase("something taken back"),
    "activity": phrase("a word about the charter or its people"),
    "post": phrase("a post"),
    "media": phrase("a picture"),
    "charter": phrase("the charter"),
    "project": phrase("the project"),
    "person": phrase("a profile"),
    "node": phrase("the profile of a node"),
}
_DRAFT = phrase("a draft, never sent")
_OTHER = phrase("something else")
_QUESTION = phrase("a question")


class LedgerFacts(NamedTuple):
    """A page of the ledger, with what its filters offer. `kinds` says by address what kind of thing it is."""

    rows: list[LineRow]
    proof: LedgerProof | None
    peers: list[PeerRow]
    projects: list[ActorRow]
    kinds: dict[str, str]


async def get_ledger(request: Request) -> Response:
    """The newest lines, filtered; each with its reason."""
    node, locale = request.app[NODE], locale_of(request)
    asked = {name: request.query.get(name, "") for name in _FILTERS}
    before, prove = number(request.query.get("before")), "prove" in request.query

    def load(tx: Tx) -> LedgerFacts:
        given = {name: value or None for name, value in asked.items()}
        rows = ledger.lines(tx, **given, before=before, limit=PAGE)
        projects = actors.by_iris(tx, [row.iri for row in actors.projects(tx)])
        return LedgerFacts(
            rows,
            node.gate.verify_ledger(tx) if prove else None,
            peers.all_peers(tx),
            list(projects.values()),
            {fact.iri: fact.kind for fact in things.facts(tx, _names(tx, rows))},
        )

    facts = await node.read(load)
    names = {peer.host: peer.name for peer in facts.peers}
    older = {**asked, "before": facts.rows[-1].seq} if len(facts.rows) == PAGE else {}
    return await respond(
        request,
        "ledger.html",
        here="ledger",
        lines=[
            line_view(row, locale, kind=facts.kinds.get(row.what, ""), company=names.get(row.host, ""))
            for row in facts.rows
        ],
        proof=facts.proof,
        hosts=facts.peers,
        projects=[{"iri": row.iri, "title": row.display_name} for row in facts.projects],
        asked=asked,
        older=f"?{urlencode(older)}" if older else "",
    )


def _names(tx: Tx, rows: list[LineRow]) -> frozenset[str]:
    return things.named_in(tx, [row.what for row in rows])


def line_view(row: LineRow, locale: Locale, *, kind: str, company: str) -> dict[str, Any]:
    """A line as the page shows it, with its reason in words."""
    names = tuple(orjson.loads(row.names))
    verdict = Verdict(
        allowed=row.verdict == "released",
        rule=row.rule,
        space=row.space,
        hosts=frozenset(),
        names=names,
        label=row.label,
    )
    nobody = row.host == NOBODY
    return {
        **row._asdict(),
        "names": names,
        "iso": datetime.fromtimestamp(row.at_ms / 1000, UTC).isoformat(),
        "verdict": translate(locale, _VERDICTS.get(row.verdict, row.verdict)),
        "tone": "good" if row.verdict == "released" else "bad",
        "kind": translate(locale, _kind(row, kind)),
        "letter": translate(locale, _LETTERS.get((row.letter, row.verdict), row.letter)),
        "company": translate(locale, "nobody") if nobody else company or row.host,
        "host": "" if nobody or not company else row.host,
        "why": policy.explain(verdict, locale),
    }


def _kind(row: LineRow, kind: str) -> str:
    if row.letter == "inquiry":
        return _QUESTION
    if row.letter == "outbound" and kind == "person":  # a draft has no name yet but its author's
        return _DRAFT
    return _KINDS.get(kind, _OTHER)


ROUTES: tuple[Route, ...] = (page("GET", "/app/ledger", get_ledger, admin=True),)
