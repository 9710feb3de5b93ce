"""Reports to the company's own IT. The rule kept here: what is reported goes to the company of the person it is about when the app asks for that, and to no other."""

from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import report, report_forward
from instance.domain.report import ReportDraft
from instance.storage import actors, reports
from instance.storage.database import Tx
from instance.storage.reports import ReportRow
from web.doors import NODE, api, caller
from web.errors import Invalid, NotFound
from web.mastodon import params, show
from web.mastodon.entities import Json
from web.mastodon.instance_entities import RULES
from web.mastodon.params import Params, as_id
from web.mastodon.reply import reply
from web.mastodon.report_entities import ReportFacts, report_entity


async def create(request: Request) -> Response:
    """Report somebody, and posts of theirs, to IT; of a partner's person also to their company, when that is asked for."""
    me, sent, node = caller(request), await params.of_body(request), request.app[NODE]
    draft = _draft(sent)
    if sent.flag("forward"):
        row = await node.perform(lambda tx: report_forward.report_and_forward(tx, node.gate, me.actor, draft))
    else:
        row = await node.perform(lambda tx: report.report(tx, me.actor, draft))
    return reply(await node.read(lambda tx: shown(tx, [row], me.id)[row.id]))


def _draft(sent: Params) -> ReportDraft:
    if "account_id" not in sent:
        raise NotFound
    category = sent.text("category") or "other"
    return ReportDraft(
        target_id=as_id(sent.text("account_id")),
        post_ids=tuple(dict.fromkeys(as_id(one) for one in sent.texts("status_ids"))),
        comment=sent.text("comment"),
        category=category,
        rules=rules_of(sent) if category == "violation" else (),
    )


def rules_of(sent: Params) -> tuple[str, ...]:
    """The rules of the house that are meant. Raises Invalid for one that is none."""
    named = tuple(dict.fromkeys(sent.texts("rule_ids")))
    if not {rule["id"] for rule in RULES}.issuperset(named):
        raise Invalid("Rules does not reference valid rules")
    return named


def shown(tx: Tx, rows: list[ReportRow], viewer_id: int) -> dict[int, Json]:
    """Report entities by id, each with those posts that the viewer may read."""
    return {facts.row.id: report_entity(facts) for facts in facts_of(tx, rows, viewer_id)}


def facts_of(tx: Tx, rows: list[ReportRow], viewer_id: int) -> list[ReportFacts]:
    """What these reports are shown to the viewer from."""
    meant = reports.posts_of(tx, [row.id for row in rows])
    every = {post_id for post_ids in meant.values() for post_id in post_ids}
    readable = set(reports.readable(tx, viewer_id, every))
    targets = actors.by_ids(tx, {row.target_id for row in rows})
    accounts = show.account_of_each(tx, targets.values())
    return [
        ReportFacts(
            row,
            accounts[row.target_id],
            [post_id for post_id in meant.get(row.id, ()) if post_id in readable],
        )
        for row in rows
    ]


ROUTES: tuple[Route, ...] = (api("POST", "/api/v1/reports", create, "write:reports"),)
