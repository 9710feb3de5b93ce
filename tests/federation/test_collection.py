"""Collections and their pages."""

from typing import Any

import pytest

from federation.collection import (
    items_of,
    next_of,
    render_collection,
    render_items,
    render_page,
)


def test_a_collection_leads_to_its_first_page_and_a_page_to_the_next():
    page = render_page("https://a/c?page=1", ["x"], part_of="https://a/c", following="https://a/c?page=2")
    assert (items_of(page), next_of(page)) == (["x"], "https://a/c?page=2")
    assert (
        next_of(render_collection("https://a/c", total=9, first="https://a/c?page=1")) == "https://a/c?page=1"
    )
    assert items_of(render_items("https://a/c", ["x", "y"])) == ["x", "y"]


def test_the_last_page_leads_nowhere():
    assert next_of(render_page("https://a/c?page=2", [], part_of="https://a/c")) is None


def test_a_page_says_whose_it_is_and_a_collection_how_many_it_has():
    assert render_page("https://a/c?page=1", ["x"], part_of="https://a/c")["partOf"] == "https://a/c"
    assert render_items("https://a/c", ["x", "y"])["totalItems"] == 2


@pytest.mark.parametrize(
    ("page", "items"),
    [
        ({"items": "x"}, ["x"]),
        ({"orderedItems": [{"id": "x"}]}, [{"id": "x"}]),
        ({"items": None}, []),
        ({}, []),
    ],
)
def test_items_are_found_in_every_shape(page: dict[str, Any], items: list[Any]):
    assert items_of(page) == items
