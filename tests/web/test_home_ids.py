"""A page from the known end of a timeline is the page that the whole timeline would give, or none at all."""

from hypothesis import given
from hypothesis import strategies as st

from instance.storage.window import Window
from web.mastodon.cache import HOME_LIMIT, HomeIds

IDS = st.lists(st.integers(1, 60), unique=True, max_size=40)
CURSORS = st.none() | st.integers(0, 61)
WINDOWS = st.builds(Window, max_id=CURSORS, since_id=CURSORS, min_id=CURSORS, limit=st.integers(1, 12))


def whole_page(ids: list[int], window: Window) -> list[int]:
    """What storage.window says a page is, told on a plain list."""
    below = 1 << 62 if window.max_id is None else window.max_id
    if window.min_id is not None:
        return sorted(i for i in ids if window.min_id < i < below)[: window.limit][::-1]
    return sorted((i for i in ids if (window.since_id or 0) < i < below), reverse=True)[: window.limit]


@given(ids=IDS, known=st.integers(0, 40), window=WINDOWS)
def test_a_page_agrees_with_the_whole_timeline_whatever_part_is_known(
    ids: list[int], known: int, window: Window
):
    ordered = sorted(ids)
    end = ordered[max(0, len(ordered) - known) :]
    home = HomeIds(list(end), whole=len(end) == len(ordered))
    assert home.page(window) in (None, whole_page(ids, window))


@given(ids=IDS, window=WINDOWS)
def test_a_timeline_that_is_known_as_a_whole_answers_every_page(ids: list[int], window: Window):
    assert HomeIds(sorted(ids), whole=True).page(window) == whole_page(ids, window)


@given(ids=st.permutations(range(30)), window=WINDOWS)
def test_posts_that_appear_in_any_order_stand_in_theirs(ids: list[int], window: Window):
    home = HomeIds([], whole=True)
    for post_id in [*ids, *ids[:5]]:
        home.add(post_id)
    assert home.ids == list(range(30))


def test_what_is_known_does_not_grow_without_end():
    home = HomeIds([], whole=True)
    for post_id in range(HOME_LIMIT * 2):
        home.add(post_id)
    assert len(home.ids) <= HOME_LIMIT
    assert not home.whole
    assert home.page(Window(limit=40)) == list(range(HOME_LIMIT * 2))[:-41:-1]
