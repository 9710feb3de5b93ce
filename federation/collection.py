"""Collections and their pages. The rule kept here: pure, ids in, documents out."""

from collections.abc import Sequence
from typing import Any

from federation.document import Document, ids_of, one_or_many
from federation.vocabulary import ACTIVITY_STREAMS


def render_collection(iri: str, *, total: int, first: str | None = None, ordered: bool = True) -> Document:
    """A collection without its items; `first` is the IRI of its first page."""
    kind = "OrderedCollection" if ordered else "Collection"
    document: Document = {"@context": ACTIVITY_STREAMS, "id": iri, "type": kind, "totalItems": total}
    return {**document, "first": first} if first else document


def render_items(iri: str, items: Sequence[Any]) -> Document:
    """A small ordered collection with its items in place."""
    return {**render_collection(iri, total=len(items)), "orderedItems": list(items)}


def render_page(iri: str, items: Sequence[Any], *, part_of: str, following: str | None = None) -> Document:
    """One page; `following` is the IRI of the next."""
    document: Document = {
        "@context": ACTIVITY_STREAMS,
        "id": iri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "orderedItems": list(items),
    }
    return {**document, "next": following} if following else document


def items_of(page: Document) -> list[Any]:
    """The items of a collection or page, embedded or ids, ordered or not."""
    return one_or_many(page.get("orderedItems", page.get("items")))


def next_of(page: Document) -> str | None:
    """The IRI of the next page, or of the first page of a collection."""
    return next(iter(ids_of(page.get("next", page.get("first")))), None)
