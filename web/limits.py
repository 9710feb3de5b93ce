"""How often somebody may ask. The rule kept here: counting costs next to nothing, and its memory has a bound that no stranger can move.

Windows are fixed and the same for everybody, as in Mastodon: when one ends, all counts of it are forgotten at once.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp.web import Request

from web.errors import TooMany

KEYS_LIMIT = 100_000
Networks = Iterable[IPv4Network | IPv6Network]


@dataclass(slots=True)
class Limit:
    """At most `most` requests by one key in each window of `period_s` seconds."""

    most: int
    period_s: int
    clock: Callable[[], float] = time.time
    _ends_s: float = 0
    _reset: str = ""
    _counts: dict[str, int] = field(default_factory=dict)

    def take(self, key: str) -> dict[str, str]:
        """Count one request; the headers that say what is left. Raises TooMany, with the same headers."""
        now = self.clock()
        if now >= self._ends_s or len(self._counts) >= KEYS_LIMIT:
            self._begin(now)
        used = self._counts.get(key, 0) + 1
        if used > self.most:
            raise TooMany(headers={**self._headers(0), "Retry-After": str(max(1, round(self._ends_s - now)))})
        self._counts[key] = used
        return self._headers(self.most - used)

    def _begin(self, now: float) -> None:
        self._counts.clear()
        self._ends_s = (now // self.period_s + 1) * self.period_s
        self._reset = f"{datetime.fromtimestamp(self._ends_s, UTC):%Y-%m-%dT%H:%M:%S}.000000Z"

    def _headers(self, left: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(left),
            "X-RateLimit-Reset": self._reset,
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """Every limit of the node, in one place. Those by token are Mastodon's; those by address leave room for an office behind one."""

    api: Limit = field(default_factory=lambda: Limit(300, 300))
    media: Limit = field(default_factory=lambda: Limit(120, 1800))
    anonymous: Limit = field(default_factory=lambda: Limit(1500, 300))
    files: Limit = field(default_factory=lambda: Limit(6000, 300))
    register: Limit = field(default_factory=lambda: Limit(100, 600))
    sign_in_by_address: Limit = field(default_factory=lambda: Limit(100, 300))
    sign_in_by_name: Limit = field(default_factory=lambda: Limit(10, 300))


def client_address(request: Request, trusted: Networks) -> str:
    """Who asks: the peer, or what a trusted proxy says of it. An IPv6 address counts as its /64, which is one household."""
    address = request.remote or ""
    for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
        if not _is_in(address, trusted) or not hop.strip():
            break
        address = hop.strip()
    return _household(address)


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _household(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Address(int(parsed) >> 64 << 64))
    return address
