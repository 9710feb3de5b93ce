"""Activity: the frozen reading of an ActivityStreams activity. The rule kept here: what is read is checked once and then trusted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from federation.compact import compacted
from federation.document import Document, first_type, id_of, one_or_many, types_of
from federation.errors import Malformed
from federation.vocabulary import ACTIVITY_TYPES

_CARRIES_AN_ACTIVITY = frozenset({"Undo", "Accept", "Reject"})


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity. `object` and `target` are an id or an object; `document` is the whole, in one shape for all that others write.

    `raw` is the whole as it came, which proofs and hashes cover.
    """

    iri: str
    type: str
    actor: str
    object: Any
    target: Any
    document: Document = field(repr=False)
    object_iri: str | None
    inner: "Activity | None" = field(repr=False)
    raw: Document = field(repr=False)

    @classmethod
    def parse(cls, raw: Document) -> "Activity":
        """Read an activity. Raises Malformed, naming the field that cannot be read."""
        document = compacted(raw)
        iri, kind, actor = id_of(document), _kind(document), id_of(document.get("actor"))
        if not iri:
            raise Malformed("activity_without_id", safe="The activity has no id.")
        if not kind:
            raise Malformed("activity_without_type", safe="The activity has no type.")
        if not actor:
            raise Malformed("activity_without_actor", safe="The activity has no actor.")
        carried = document.get("object")
        if not one_or_many(carried):
            raise Malformed("activity_without_object", safe="The activity has no object.")
        return cls(
            iri,
            kind,
            actor,
            _single(carried),
            _single(document.get("target")),
            document,
            id_of(carried),
            _inner(kind, carried),
            raw,
        )

    @property
    def object_type(self) -> str:
        """The type of an embedded object, or nothing when it is given as an id."""
        return first_type(self.object)

    @property
    def published_ms(self) -> int | None:
        """When it was published, in ms since the epoch, if it says so in a form that can be read."""
        return moment_ms(self.document.get("published"))


def _kind(document: Document) -> str:
    kinds = types_of(document)
    return next((kind for kind in kinds if kind in ACTIVITY_TYPES), next(iter(kinds), ""))


def _single(value: Any) -> Any:
    many = one_or_many(value)
    return many[0] if len(many) == 1 else value


def _inner(kind: str, carried: Any) -> Activity | None:
    carried = _single(carried)
    if kind not in _CARRIES_AN_ACTIVITY or not isinstance(carried, dict) or "actor" not in carried:
        return None
    if _is_nested(carried):
        raise Malformed(
            "activity_in_activity", safe="An activity may carry one activity, not a chain of them."
        )
    return Activity.parse(carried)


def _is_nested(carried: Document) -> bool:
    deeper = _single(carried.get("object"))
    return first_type(carried) in _CARRIES_AN_ACTIVITY and isinstance(deeper, dict) and "actor" in deeper


def moment_ms(value: Any) -> int | None:
    """An xsd:dateTime in ms since the epoch, or None when it cannot be read. Without an offset it counts as UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
