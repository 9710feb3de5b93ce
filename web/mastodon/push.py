"""Push subscriptions. The rule kept here: a token sees and changes its own, and learns of no other."""

from functools import partial

import orjson
from aiohttp.web import Request, Response

from federation.doors import Route
from instance.domain import push
from instance.domain.outcome import Outcome
from instance.storage.database import Tx
from instance.storage.pushes import SubscriptionRow
from instance.storage.tokens import TokenRow
from web.doors import BEARER, NODE, api, caller, token_of
from web.mastodon import params
from web.mastodon.entities import Json
from web.mastodon.params import Params
from web.mastodon.reply import reply


def web_push_subscription(row: SubscriptionRow, server_key: str) -> Json:
    """WebPushSubscription. Its id is a number, as Mastodon's is in fact: some apps read nothing else."""
    wanted = orjson.loads(row.alerts)
    return {
        "id": row.id,
        "endpoint": row.endpoint,
        "standard": bool(row.standard),
        "alerts": {kind: kind in wanted for kind in push.ALERTS},
        "policy": row.policy,
        "server_key": server_key,
    }


async def post_subscription(request: Request) -> Response:
    """Be told at this address from now on, in place of any former one."""
    sent, token = await params.of_body(request), _token(request)
    asked, config = sent.inside("subscription"), request.app[NODE].config
    keys = asked.inside("keys")
    endpoint = push.check_endpoint(
        asked.text("endpoint"), own_host=config.home.host, plain_too=bool(config.allowed_networks)
    )
    reader = push.check_reader(keys.text("p256dh"), keys.text("auth"), standard=asked.flag("standard"))
    sealed = push.seal_token(request.app[NODE].seal_key, token_of(request))

    def verb(tx: Tx) -> Outcome[SubscriptionRow]:
        push.subscribe(tx, token, endpoint=endpoint, reader=reader, sealed=sealed)
        return _chosen(tx, token, sent)

    return _shown(request, await request.app[NODE].perform(verb))


async def get_subscription(request: Request) -> Response:
    """Where the app of this token is reached, and of what it is told."""
    token = _token(request)
    return _shown(request, await request.app[NODE].read(lambda tx: push.find(tx, token)))


async def put_subscription(request: Request) -> Response:
    """Be told of other kinds from now on, at the same address."""
    sent, token = await params.of_body(request), _token(request)
    return _shown(request, await request.app[NODE].perform(lambda tx: _chosen(tx, token, sent)))


async def delete_subscription(request: Request) -> Response:
    """Be told nothing more."""
    token = _token(request)
    await request.app[NODE].perform(lambda tx: push.unsubscribe(tx, token))
    return reply({})


def _chosen(tx: Tx, token: TokenRow, sent: Params) -> Outcome[SubscriptionRow]:
    data = sent.inside("data")
    alerts = data.inside("alerts")
    policy = data.text("policy") or sent.text("policy")  # a change may name it outside, as is documented
    return push.choose(tx, token, alerts=[kind for kind in push.ALERTS if alerts.flag(kind)], policy=policy)


def _token(request: Request) -> TokenRow:
    """The token of a person. Raises NeedsPerson."""
    caller(request)
    return request[BEARER].token


def _shown(request: Request, row: SubscriptionRow) -> Response:
    return reply(web_push_subscription(row, request.app[NODE].vapid_key))


_ROUTE = partial(api, path="/api/v1/push/subscription", scope="push")

ROUTES: tuple[Route, ...] = (
    _ROUTE("POST", handler=post_subscription),
    _ROUTE("GET", handler=get_subscription),
    _ROUTE("PUT", handler=put_subscription),
    _ROUTE("DELETE", handler=delete_subscription),
)
