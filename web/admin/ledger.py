"""IT and the ledger: what left, what was held back, to whom and why. The rule kept here: read only; the whole chain is proven when asked."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance import policy
from instance.egress import LedgerProof
from instance.policy import Verdict
from instance.storage import actors, ledger, peers
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.ledger import LineRow
from web.doors import NODE
from web.i18n import Locale, translate
from web.pages.frame import locale_of, number, respond
from web.session import page

PAGE = 100
_FILTERS = ("host", "verdict", "space")


async def get_ledger(request: Request) -> Response:
    """The newest lines, filtered; each with its reason."""
    node, locale = request.app[NODE], locale_of(request)
    asked = {name: request.query.get(name, "") for name in _FILTERS}
    before, prove = number(request.query.get("before")), "prove" in request.query

    def load(tx: Tx) -> tuple[list[LineRow], LedgerProof | None, list[str], list[ActorRow]]:
        rows = ledger.lines(
            tx, **{name: value or None for name, value in asked.items()}, before=before, limit=PAGE
        )
        projects = actors.by_iris(tx, [row.iri for row in actors.projects(tx)])
        return (
            rows,
            node.gate.verify_ledger(tx) if prove else None,
            [peer.host for peer in peers.all_peers(tx)],
            list(projects.values()),
        )

    rows, proof, hosts, projects = await node.read(load)
    return await respond(
        request,
        "ledger.html",
        here="ledger",
        lines=[line_view(row, locale) for row in rows],
        proof=proof,
        hosts=hosts,
        projects=[{"iri": row.iri, "title": row.display_name} for row in projects],
        asked=asked,
        older=f"?{urlencode({**asked, 'before': rows[-1].seq})}" if len(rows) == PAGE else "",
    )


def line_view(row: LineRow, locale: Locale) -> dict[str, Any]:
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
    return {
        **row._asdict(),
        "names": names,
        "iso": datetime.fromtimestamp(row.at_ms / 1000, UTC).isoformat(),
        "verdict": translate(locale, row.verdict),
        "tone": "good" if row.verdict == "released" else "bad",
        "why": policy.explain(verdict, locale),
    }


ROUTES: tuple[Route, ...] = (page("GET", "/app/ledger", get_ledger, admin=True),)
