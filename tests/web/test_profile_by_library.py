"""Profiles, pictures, emojis and announcements as the best-known client library speaks of them."""

import io
from typing import Any

from mastodon import Mastodon

from instance.domain import announcement
from tests.films import a_film
from tests.nodes import Company
from tests.web.client import apps_of
from tests.web.test_emojis import drawn
from tests.web.test_media import a_picture
from tests.web.test_talk_by_library import by


async def test_a_profile_is_changed_and_read(acme: Company):
    async with apps_of(acme, "alice") as (alice,):

        def change(library: Mastodon) -> Any:
            return library.account_update_credentials(
                display_name="Alice M.",
                note="Line 3",
                avatar=a_picture(),
                avatar_mime_type="image/png",
                avatar_description="Me",
                fields=[("Desk", "B 214"), ("Wiki", "https://wiki.example")],
                locked=True,
                attribution_domains=["blog.example"],
                default_privacy="private",
                default_language="fr",
            )

        made = await by(alice, change)
        assert (made.display_name, made.locked, made.source.privacy) == ("Alice M.", True, "private")
        assert [(one.name, one.value) for one in made.source.fields] == [
            ("Desk", "B 214"),
            ("Wiki", "https://wiki.example"),
        ]
        assert (made.avatar_description, "/app/media/" in made.avatar) == ("Me", True)
        assert list(made.source.attribution_domains) == ["blog.example"]
        wanted = await by(alice, lambda library: library.preferences())
        assert wanted["posting:default:visibility"] == "private"
        gone = await by(alice, lambda library: library.account_delete_avatar())
        assert gone.avatar.endswith("/static/person.png")


async def test_a_picture_is_uploaded_described_posted_and_described_anew(acme: Company):
    async with apps_of(acme, "alice") as (alice,):

        def post(library: Mastodon) -> Any:
            made = library.media_post(a_picture(), "image/png", description="before", focus=(0.5, -0.5))
            said = library.media_update(made, description="between", focus=(0.0, 1.0))
            assert (said.description, said.meta.focus.y) == ("between", 1.0)
            return library.status_post("look", media_ids=[said])

        status = await by(alice, post)

        def edit(library: Mastodon) -> Any:
            words = library.generate_media_edit_attributes(
                status.media_attachments[0].id,
                "after",
                (1.0, 0.0),
                io.BytesIO(a_picture(size=(64, 32))),
                "image/png",
            )
            return library.status_update(status, "look", media_attributes=[words])

        (shown,) = (await by(alice, edit)).media_attachments
        assert (shown.description, shown.meta.focus.x, shown.meta.small.width) == ("after", 1.0, 64)


async def test_a_film_is_uploaded_with_a_thumbnail(acme: Company):
    async with apps_of(acme, "alice") as (alice,):

        def upload(library: Mastodon) -> Any:
            return library.media_post(
                a_film(), "video/mp4", thumbnail=a_picture(), thumbnail_mime_type="image/png"
            )

        made = await by(alice, upload)
        assert (made.type, made.meta.duration, made.preview_url is None) == ("video", 88.65, False)


async def test_emojis_are_read_and_an_announcement_is_reacted_to_and_dismissed(acme: Company):
    await drawn(acme, "crane", category="Site")
    await acme.node.perform(lambda tx: announcement.add(tx, "Up :crane:"))
    async with apps_of(acme, "alice") as (alice,):
        (emoji,) = await by(alice, lambda library: library.custom_emojis())
        assert (emoji.shortcode, emoji.category) == ("crane", "Site")

        def react(library: Mastodon) -> Any:
            (made,) = library.announcements()
            library.announcement_reaction_create(made, "crane")
            library.announcement_reaction_create(made, "👍")
            library.announcement_reaction_delete(made, "👍")
            (seen,) = library.announcements()
            library.announcement_dismiss(made)
            return seen, library.announcements()

        seen, after = await by(alice, react)
        assert [(one.name, one.count, one.me) for one in seen.reactions] == [("crane", 1, True)]
        assert after == []
