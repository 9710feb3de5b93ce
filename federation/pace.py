"""How fast one host may come in. The rule kept here: only who has proven to be a host is charged for it, so nobody can use up another's share."""

import math
from typing import Final

from federation.errors import TooFast

RATE_PER_S: Final = 200.0
BURST: Final = 2_000
_REMEMBERED: Final = 1_024


class Pace:
    """A bucket of `burst` tokens for each host, filled with `rate_per_s`. `now` is in seconds, of one clock."""

    def __init__(self, burst: int = BURST, *, rate_per_s: float = RATE_PER_S) -> None:
        self._burst, self._rate_per_s = burst, rate_per_s
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens, and when they were counted

    def check(self, host: str, *, now: float) -> None:
        """Raise TooFast, with the seconds to wait, when the host has nothing left. Whoever says to be that host may be asked to wait."""
        left = self._left(host, now)
        if left < 1:
            raise TooFast("too_fast", host, wait_s=math.ceil((1 - left) / self._rate_per_s))

    def charge(self, host: str, *, now: float) -> None:
        """Take a token from a host that has proven to be it."""
        if len(self._buckets) >= _REMEMBERED and host not in self._buckets:
            self._buckets = {
                name: it for name, it in self._buckets.items() if self._left(name, now) < self._burst
            }
        self._buckets[host] = (self._left(host, now) - 1, now)

    def _left(self, host: str, now: float) -> float:
        tokens, at_s = self._buckets.get(host, (self._burst, now))
        return min(self._burst, tokens + max(now - at_s, 0.0) * self._rate_per_s)
