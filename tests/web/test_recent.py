"""A memory keeps what was read lately, and never what changed while it was being read."""

from web.recent import Recent


def a_memory(limit: int = 2) -> Recent[str, int]:
    memory: Recent[str, int] = Recent(limit)
    for key, value in (("a", 1), ("b", 2)):
        with memory.reading() as since:
            assert memory.keep(key, value, since=since)
    return memory


def test_what_was_kept_is_found():
    assert a_memory().get("a") == 1


def test_the_least_recently_used_goes_first():
    memory = a_memory()
    memory.get("a")
    with memory.reading() as since:
        memory.keep("c", 3, since=since)
    assert (memory.get("a"), memory.get("b"), memory.get("c"), len(memory)) == (1, None, 3, 2)


def test_what_was_dropped_while_it_was_read_is_not_kept():
    memory = a_memory()
    with memory.reading() as since:
        memory.drop("a")
        assert not memory.keep("a", 1, since=since)
        assert memory.keep("b", 5, since=since)
    assert (memory.get("a"), memory.get("b")) == (None, 5)


def test_who_begins_to_read_after_the_change_may_keep_it():
    memory = a_memory()
    with memory.reading():
        memory.drop("a")
        with memory.reading() as since:
            assert memory.keep("a", 9, since=since)
    assert memory.get("a") == 9


def test_what_is_touched_stays_but_is_not_replaced_by_what_is_being_read():
    memory = a_memory()
    with memory.reading() as since:
        assert memory.touch("a") == 1
        assert not memory.keep("a", 7, since=since)
    assert memory.get("a") == 1


def test_clearing_forgets_everything_and_what_is_being_read():
    memory = a_memory()
    with memory.reading() as since:
        memory.clear()
        assert not memory.keep("a", 1, since=since)
    assert len(memory) == 0


def test_some_can_be_forgotten_by_what_they_are():
    memory = a_memory()
    memory.drop_where(lambda value: value == 2)
    assert (memory.get("a"), memory.get("b")) == (1, None)
