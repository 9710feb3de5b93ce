"""Row ids: later is larger, and two processes do not count from the same place."""

import subprocess
import sys
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from instance import ids

NOW_MS = 1_790_000_000_000
MADE = f"from instance import ids; print(ids.snowflake({NOW_MS}))"


def test_of_one_millisecond_later_things_have_larger_ids_however_many_there_are():
    made = [ids.snowflake(NOW_MS) for _ in range(1 << 17)]
    assert all(before < after for before, after in pairwise(made))


@given(st.integers(min_value=0, max_value=1 << 46), st.integers(min_value=1, max_value=1 << 40))
def test_of_two_milliseconds_the_later_has_the_larger_id(at_ms: int, later_ms: int):
    assert ids.snowflake(at_ms) < ids.snowflake(at_ms + later_ms) < 1 << 63


@given(st.integers(min_value=0, max_value=1 << 46))
def test_an_id_says_when_it_was_made(at_ms: int):
    assert ids.snowflake_ms(ids.snowflake(at_ms)) == at_ms


def test_processes_that_count_in_the_same_millisecond_begin_in_places_of_their_own():
    def first_id() -> bytes:
        return subprocess.run([sys.executable, "-c", MADE], check=True, capture_output=True).stdout

    assert len({first_id() for _ in range(4)}) > 1
