"""Documents: what a Note and the activities about it say, and that a partner reads back what was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.activity import Activity, moment_ms
from instance.domain import note, render
from instance.domain.post import boost_row, empty_row
from instance.domain.render import NoteFacts
from instance.policy import INTERNAL
from instance.storage.media import MediaRow

from .posting import NOW_MS

IRI = "https://acme.example/activities/1"


def a_row(author, space, **fields):
    row = empty_row(7, "https://acme.example/posts/7", author.id, space, NOW_MS)
    return row._replace(content="<p>hi</p>", **fields)


def a_picture(author, **fields):
    row = MediaRow(
        id=3,
        iri="https://acme.example/media/3",
        owner_id=author.id,
        post_id=7,
        position=0,
        media_type="image/png",
        sha256="ab" * 32,
        size_bytes=512,
        width=4,
        height=3,
        blurhash="LKO2?U",
        description="a plan",
        focus="0.5,-0.25",
        path=None,
        state="ready",
        created_at_ms=NOW_MS,
    )
    return row._replace(**fields)


def test_a_projects_note_is_for_the_project_and_copied_to_those_it_names(alice, bob, apollo):
    said = render.note(NoteFacts(a_row(alice, apollo.iri), alice, (apollo, bob)))
    assert (said["to"], said["cc"], said["audience"]) == ([apollo.iri], [bob.iri], apollo.iri)
    assert {"type": "Mention", "href": bob.iri, "name": "@bob@globex.example"} in said["tag"]


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_an_internal_note_is_for_the_authors_followers(alice, visibility):
    said = render.note(NoteFacts(a_row(alice, INTERNAL, visibility=visibility), alice))
    assert (said["to"], "audience" in said) == ([f"{alice.iri}/followers"], False)


def test_a_direct_note_is_for_those_it_names(alice, bob):
    said = render.note(NoteFacts(a_row(alice, INTERNAL, visibility="direct"), alice, (bob,)))
    assert (said["to"], said["cc"]) == ([bob.iri], [])


def test_a_create_has_the_audience_of_its_note(alice, bob, apollo):
    said = render.create(NoteFacts(a_row(alice, apollo.iri), alice, (bob,)), iri=IRI)
    assert {key: said[key] for key in ("to", "cc", "audience")} == {
        key: said["object"][key] for key in ("to", "cc", "audience")
    }


def test_a_note_says_nothing_that_it_does_not_have(alice, apollo):
    said = render.note(NoteFacts(a_row(alice, apollo.iri), alice))
    assert not {"summary", "inReplyTo", "contentMap", "updated", "work"} & said.keys()


def test_a_label_or_kind_of_work_is_never_a_content_warning(alice, apollo):
    said = render.note(NoteFacts(a_row(alice, apollo.iri, work_kind="blocker"), alice))
    assert (said["work"], "summary" in said) == ({"kind": "blocker"}, False)


def test_hashtags_are_named_without_an_address(alice, apollo):
    said = render.note(NoteFacts(a_row(alice, apollo.iri, source="#Plan"), alice))
    assert said["tag"] == [{"type": "Hashtag", "name": "#plan"}]


def test_a_partner_reads_back_what_a_note_says(alice, bob, apollo):
    row = a_row(
        alice,
        apollo.iri,
        spoiler="careful",
        sensitive=1,
        language="fr",
        work_kind="task",
        in_reply_to_iri="https://globex.example/posts/1",
        edited_at_ms=NOW_MS + 5,
    )
    read = note.read_note(render.note(NoteFacts(row, alice, (bob,), (a_picture(alice),))), now_ms=NOW_MS + 10)
    assert read == note.Note(
        iri=row.iri,
        author_iri=alice.iri,
        parent_iri="https://globex.example/posts/1",
        content="<p>hi</p>",
        spoiler="careful",
        sensitive=True,
        language="fr",
        work_kind="task",
        mentions=(bob.iri,),
        hashtags=(),
        pictures=(
            note.Attached(
                "https://acme.example/media/3",
                "image/png",
                "ab" * 32,
                512,
                4,
                3,
                "LKO2?U",
                "a plan",
                "0.5,-0.25",
            ),
        ),
        published_at_ms=NOW_MS,
        updated_at_ms=NOW_MS + 5,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://evil.example/media/3"},
        {"digestMultibase": None},
        {"digestMultibase": "f1220" + "xy" * 32},
        {"size": 10**9},
        {"size": True},
        {"mediaType": "text/html"},
    ],
)
def test_a_picture_that_the_note_does_not_vouch_for_is_left_out(alice, apollo, changes):
    said = render.note(NoteFacts(a_row(alice, apollo.iri), alice, (), (a_picture(alice),)))
    said["attachment"][0] |= changes
    assert note.read_note(said, now_ms=NOW_MS).pictures == ()


@pytest.mark.parametrize("focus", [[2, 0], ["a", "b"], [0], "0,0", None])
def test_a_focus_out_of_form_is_none(alice, apollo, focus):
    said = render.note(NoteFacts(a_row(alice, apollo.iri), alice, (), (a_picture(alice),)))
    said["attachment"][0]["focalPoint"] = focus
    assert note.read_note(said, now_ms=NOW_MS).pictures[0].focus == ""


def test_an_announce_is_the_boost_by_its_own_iri(bob, alice, apollo):
    boosted = a_row(alice, apollo.iri)
    said = render.announce(boost_row(NOW_MS, IRI, alice, boosted), alice, boosted_iri=boosted.iri)
    assert (said["id"], said["type"], said["object"], said["to"]) == (
        IRI,
        "Announce",
        boosted.iri,
        [apollo.iri],
    )


def test_an_undo_carries_what_it_undoes(alice, apollo):
    like = render.like(a_row(alice, apollo.iri), alice, iri=IRI, at_ms=NOW_MS)
    said = Activity.parse(render.undo(like, iri=IRI + "2", at_ms=NOW_MS))
    assert (said.inner.iri, said.inner.type, "@context" in said.object) == (IRI, "Like", False)
    assert said.raw["to"] == [apollo.iri]


def test_a_delete_names_no_more_than_the_id(alice, apollo):
    said = render.delete(a_row(alice, apollo.iri), alice, iri=IRI, at_ms=NOW_MS)
    assert said["object"] == {"id": "https://acme.example/posts/7", "type": "Tombstone"}


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_read_back_to_the_millisecond(at_ms):
    assert moment_ms(render.timestamp(at_ms)) == at_ms
