"""How fast a host may come in: generous, for each alone, and told how long to wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import TooFast
from federation.pace import _REMEMBERED, BURST, RATE_PER_S, Pace

NOW = 1_800_000_000.0


def spend(pace: Pace, host: str, count: int, *, now: float = NOW) -> None:
    for _ in range(count):
        pace.check(host, now=now)
        pace.charge(host, now=now)


def test_a_burst_is_taken_and_what_comes_at_once_after_it_has_to_wait():
    pace = Pace()
    spend(pace, "globex.example", BURST)
    with pytest.raises(TooFast) as refusal:
        pace.check("globex.example", now=NOW)
    assert (refusal.value.rule, refusal.value.status, refusal.value.wait_s) == ("too_fast", 429, 1)


def test_who_waited_as_long_as_it_was_told_is_taken():
    pace = Pace()
    spend(pace, "globex.example", BURST)
    spend(pace, "globex.example", int(RATE_PER_S), now=NOW + 1)


def test_a_bucket_holds_no_more_than_a_burst_however_long_it_fills():
    pace = Pace()
    spend(pace, "globex.example", 1)
    spend(pace, "globex.example", BURST, now=NOW + 1_000_000)
    with pytest.raises(TooFast):
        pace.check("globex.example", now=NOW + 1_000_000)


def test_one_host_leaves_the_share_of_another_alone():
    pace = Pace()
    spend(pace, "globex.example", BURST)
    pace.check("initech.example", now=NOW)


def test_a_clock_that_is_set_back_takes_nothing_from_anybody():
    pace = Pace()
    spend(pace, "globex.example", BURST - 1)
    spend(pace, "globex.example", 1, now=NOW - 3_600)


def test_asking_costs_nothing():
    pace = Pace()
    for _ in range(3 * BURST):
        pace.check("globex.example", now=NOW)


def test_hosts_whose_bucket_is_full_are_forgotten_and_others_are_not():
    pace = Pace()
    spend(pace, "globex.example", BURST)
    for number in range(3 * _REMEMBERED):
        pace.charge(f"{number}.example", now=NOW + number / 1_000)
    assert len(pace._buckets) <= _REMEMBERED + 1
    with pytest.raises(TooFast):
        spend(pace, "globex.example", BURST, now=NOW + 3)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=50), st.integers(1, 400))
def test_no_host_gets_more_than_the_burst_and_the_rate_together(pauses: list[float], each: int):
    pace, now, taken = Pace(), NOW, 0
    for pause in pauses:
        now += pause
        for _ in range(each):
            try:
                pace.check("globex.example", now=now)
            except TooFast:
                break
            pace.charge("globex.example", now=now)
            taken += 1
    assert taken <= BURST + (now - NOW) * RATE_PER_S + 1
