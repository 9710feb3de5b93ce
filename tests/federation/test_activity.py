"""Activities are read once, and what cannot be read is named."""

import pytest

from federation.activity import Activity, moment_ms
from federation.errors import Malformed
from tests.federation.activities import ALICE, NOTE, an_activity


def test_an_activity_is_read_with_its_object():
    activity = Activity.parse(an_activity())
    assert (activity.type, activity.actor, activity.object_iri, activity.object_type) == (
        "Create",
        ALICE,
        NOTE["id"],
        "Note",
    )


@pytest.mark.parametrize("field", ["id", "type", "actor", "object"])
def test_a_missing_field_is_named(field: str):
    document = an_activity()
    del document[field]
    with pytest.raises(Malformed, match=f"activity_without_{field}"):
        Activity.parse(document)


def test_an_empty_list_is_no_object():
    with pytest.raises(Malformed, match="activity_without_object"):
        Activity.parse(an_activity(object=[]))


def test_a_list_of_one_object_is_that_object():
    assert Activity.parse(an_activity(object=[NOTE])).object == NOTE


def test_what_is_undone_by_its_id_alone_has_no_inner_activity():
    assert Activity.parse(an_activity("Undo", object="https://acme.example/activities/2")).inner is None


def test_an_inner_activity_is_held_to_the_same_rules():
    with pytest.raises(Malformed, match="activity_without_object"):
        Activity.parse(an_activity("Undo", object={**an_activity("Like"), "object": None}))


def test_the_activity_inside_an_undo_is_read():
    inner = Activity.parse(an_activity("Undo", object=an_activity("Like"))).inner
    assert inner is not None
    assert inner.type == "Like"


def test_a_chain_of_undos_is_refused():
    with pytest.raises(Malformed, match="activity_in_activity"):
        Activity.parse(an_activity("Undo", object=an_activity("Undo", object=an_activity("Like"))))


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-11-25T08:00:00Z", 1795593600000),
        ("2026-11-25T09:00:00+01:00", 1795593600000),
        ("2026-11-25T08:00:00", 1795593600000),
        ("2026-11-25T08:00:00.250Z", 1795593600250),
        ("0001-01-01T00:00:00+23:59", -62135683140000),
        ("9999-12-31T23:59:59-23:59", 253402387139000),
        ("2026-11-25T25:00:00Z", None),
        ("yesterday", None),
        (None, None),
        ("", None),
        (12, None),
    ],
)
def test_moments_are_read_with_and_without_offset(text: object, at_ms: int | None):
    assert moment_ms(text) == at_ms
