"""Who asks too often waits for the next window; who asks is who a trusted proxy says."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from tests.fakes import FakeClock
from web import limits
from web.errors import TooMany
from web.limits import Limit, client_address

PROXY = [ip_network("10.0.0.0/8")]


def test_one_key_may_ask_so_often_and_another_as_often_again():
    limit = Limit(2, 300, FakeClock())
    assert [limit.take("a")["X-RateLimit-Remaining"] for _ in range(2)] == ["1", "0"]
    with pytest.raises(TooMany):
        limit.take("a")
    assert limit.take("b")["X-RateLimit-Remaining"] == "1"


def test_who_waits_for_the_next_window_may_ask_again():
    clock = FakeClock(now=1_800_000_000.0)
    limit = Limit(1, 300, clock)
    limit.take("a")
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.headers["X-RateLimit-Remaining"] == "0"
    clock.now += int(refused.value.headers["Retry-After"])
    limit.take("a")


def test_the_end_of_the_window_is_told():
    headers = Limit(5, 300, FakeClock(now=1_800_000_010.0)).take("a")
    assert headers["X-RateLimit-Reset"] == "2027-01-15T08:05:00.000000Z"


def test_strangers_cannot_fill_the_memory():
    limit = Limit(1, 300, FakeClock())
    for number in range(limits.KEYS_LIMIT + 10):
        limit.take(str(number))
    assert len(limit._counts) <= limits.KEYS_LIMIT


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # nobody we trust says so
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # the left part is what the client made up
        ("10.0.0.1", "198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("2001:db8:1:2:aaaa::1", "", "2001:db8:1:2::"),
        ("10.0.0.1", "nonsense", "nonsense"),
    ],
)
def test_who_asks_is_the_last_hop_that_is_not_ours(peer: str, forwarded: str, address: str):
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request.clone(remote=peer), PROXY) == address
