"""A memory of what was read lately. The rule kept here: what changed while it was being read is not kept.

A value is read from the database on another thread while events arrive on this one. Whoever reads says so (`reading`), and a key
that was touched in between does not take the value that was read before the change.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most `limit` values, the least recently used go first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: OrderedDict[K, V] = OrderedDict()
        self._readers = 0
        self._clock = 0
        self._touched: dict[K, int] = {}
        self._distrusted = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: K) -> V | None:
        """The value, when there is one."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    @contextmanager
    def reading(self) -> Iterator[int]:
        """While something is read that may be kept afterwards; gives the moment for `keep`."""
        self._readers += 1
        try:
            yield self._clock
        finally:
            self._readers -= 1
            if not self._readers:
                self._touched.clear()

    def keep(self, key: K, value: V, *, since: int) -> bool:
        """Keep a value, unless its key was touched since the reading began."""
        if self._distrusted > since or self._touched.get(key, 0) > since:
            return False
        self._items[key] = value
        if len(self._items) > self._limit:
            self._items.popitem(last=False)
        return True

    def touch(self, key: K) -> V | None:
        """Keep nothing of what is being read for this key now. The value that is there, to be changed in place."""
        if self._readers:
            self._clock += 1
            self._touched[key] = self._clock
        return self._items.get(key)

    def drop(self, key: K) -> None:
        """Forget a value."""
        self.touch(key)
        self._items.pop(key, None)

    def drop_where(self, condition: Callable[[V], bool]) -> None:
        """Forget every value of which the condition is true, and keep nothing of what is being read now."""
        self._distrust()
        for key in [key for key, value in self._items.items() if condition(value)]:
            del self._items[key]

    def clear(self) -> None:
        """Forget everything."""
        self._distrust()
        self._items.clear()

    def _distrust(self) -> None:
        self._clock += 1
        self._distrusted = self._clock
