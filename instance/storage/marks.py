"""Where a person stands: read markers and idempotency keys. The rule kept here: both are private to their owner."""

from collections.abc import Iterable
from typing import NamedTuple

from instance.storage.database import Tx


class MarkerRow(NamedTuple):
    """How far an employee has read a timeline ("home", "notifications")."""

    owner_id: int
    timeline: str
    last_read_id: str
    version: int
    updated_at_ms: int


def markers(tx: Tx, owner_id: int, timelines: Iterable[str]) -> list[MarkerRow]:
    """The owner's markers of these timelines, as far as they are set."""


def set_marker(tx: Tx, owner_id: int, timeline: str, last_read_id: str) -> MarkerRow:
    """Move a marker and count its version up."""


def post_for_key(tx: Tx, owner_id: int, key: str) -> int | None:
    """Id of the post that this Idempotency-Key made."""


def remember_key(tx: Tx, owner_id: int, key: str, post_id: int) -> None:
    """Keep which post this Idempotency-Key made."""
