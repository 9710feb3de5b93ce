"""Whether this node and its partners answer, and which time they have."""

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from federation.errors import FederationError, Unreachable
from federation.wire import Answer
from instance.cli import terminal
from instance.config import Config
from instance.meeting import Meeting
from instance.storage import charters

CLOCK_MARGIN_S = 60
REMEDIES = {
    "dns": "Its name is not in the DNS that this machine asks.",
    "connect": "Nothing listens there, or a firewall is between.",
    "tls": "Its certificate is not valid for that name, or has run out.",
    "private_address": "Its name leads to a private address: add that network to allowed_networks if it is your VPN.",
    "plain_http": 'Plain http is for localhost: write allowed_networks = ["127.0.0.0/8"].',
    "status": "Something else than a node answers: look at the proxy in front of it.",
}


class Reached(NamedTuple):
    """What came of asking a host. `rule` names what failed; `ahead_s` is how far its clock is ahead of ours."""

    host: str
    error: str = ""
    rule: str = ""
    ahead_s: float | None = None


async def everyone(found: Config) -> list[Reached]:
    """Ask this node by its public address, and every partner of a living charter."""
    async with terminal.meeting(found) as (database, meeting):
        hosts = await database.read(charters.live_peers)
        return list(
            await asyncio.gather(*(_ask(meeting, host) for host in (found.home.host, *sorted(hosts))))
        )


async def _ask(meeting: Meeting, host: str) -> Reached:
    try:
        answer = await meeting.about(host)
        if answer.status != 200:
            raise Unreachable("status", f"answers {answer.status}")
    except FederationError as error:
        return Reached(host, str(error), error.rule)
    return Reached(host, ahead_s=_ahead(answer))


def _ahead(answer: Answer) -> float | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() - time.time()
    except ValueError:
        return None
