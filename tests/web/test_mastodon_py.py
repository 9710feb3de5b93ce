"""Mastodon.py, the library of many apps and bots, does everything that it can do with a node of ours: posts, people, lists, filters."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from mastodon.errors import MastodonNotFoundError

from tests.nodes import Company
from tests.web.client import EVERYTHING
from tests.web.mastodon_py import a_client, run
from tests.web.test_media import a_picture

pytestmark = pytest.mark.filterwarnings("ignore::mastodon.errors.MastodonDeprecationWarning")


async def test_posts(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        made = alice.status_post("The #frame @zoe", spoiler_text="s", language="en", idempotency_key="1")
        assert alice.status_post("again", idempotency_key="1").id == made.id
        assert alice.toot("short").content == "<p>short</p>"
        assert alice.status(made.id).spoiler_text == "s"
        assert [one.id for one in alice.statuses([made.id])] == [made.id]
        answer = zoe.status_reply(made, "indeed")
        assert [one.acct for one in answer.mentions] == ["alice"]
        assert [one.id for one in alice.status_context(made).descendants] == [answer.id]
        assert zoe.status_favourite(made).favourited
        assert zoe.status_reblog(made).reblog.reblogged
        assert [one.acct for one in alice.status_favourited_by(made)] == ["zoe"]
        assert [one.acct for one in alice.status_reblogged_by(made)] == ["zoe"]
        assert not zoe.status_unfavourite(made).favourited
        assert not zoe.status_unreblog(made).reblogged
        assert alice.status_bookmark(made).bookmarked
        assert [one.id for one in alice.bookmarks()] == [made.id]
        assert not alice.status_unbookmark(made).bookmarked
        assert alice.status_pin(made).pinned
        assert not alice.status_unpin(made).pinned
        assert alice.status_mute(made).muted
        assert not alice.status_unmute(made).muted
        assert alice.status_update(made, "The #beam").edited_at is not None
        assert len(alice.status_history(made)) == 2
        assert alice.status_source(made).text == "The #beam"
        assert alice.status_delete(made).text == "The #beam"
        with pytest.raises(MastodonNotFoundError):
            alice.status(made.id)
        zoe.status_favourite(answer)
        assert [one.id for one in zoe.favourites()] == [answer.id]

    await run(script)


async def test_posts_for_later(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        at = datetime.now(UTC) + timedelta(hours=1)
        made = alice.status_post("later", scheduled_at=at)
        assert alice.scheduled_status(made.id).params.text == "later"
        moved = alice.scheduled_status_update(made.id, at + timedelta(hours=1))
        assert moved.scheduled_at > made.scheduled_at
        assert [one.id for one in alice.scheduled_statuses()] == [made.id]
        alice.scheduled_status_delete(made.id)
        assert alice.scheduled_statuses() == []

    await run(script)


async def test_polls(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        asked = alice.make_poll(["a", "b"], expires_in=600, multiple=True)
        made = alice.status_post("Which?", poll=asked)
        assert zoe.poll_vote(made.poll, [1]).own_votes == [1]
        assert [one.votes_count for one in alice.poll(made.poll).options] == [0, 1]

    await run(script)


async def test_pictures(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        made = alice.media_post(
            io.BytesIO(a_picture()), "image/png", description="A frame", focus=(0.5, 0.0), synchronous=True
        )
        assert (made.type, made.description) == ("image", "A frame")
        assert alice.media_update(made, description="A beam").description == "A beam"
        assert alice.media(made).description == "A beam"
        shown = alice.status_post("Look", media_ids=[made])
        assert [one.id for one in shown.media_attachments] == [made.id]
        again = alice.generate_media_edit_attributes(made.id, description="A roof")
        changed = alice.status_update(shown, "Look!", media_attributes=[again])
        assert changed.media_attachments[0].description == "A roof"

    await run(script)


async def test_accounts(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")
    zoe_id = str(acme.people["zoe"].id)

    def script() -> None:
        me = alice.account_update_credentials(
            note="Frames", fields=[("Room", "12")], bot=False, default_privacy="unlisted"
        )
        assert (me.source.note, me.source.privacy) == ("Frames", "unlisted")
        assert [one.name for one in me.source.fields] == ["Room"]
        assert alice.me().id == alice.account_verify_credentials().id == me.id
        assert alice.account_lookup("zoe").id == alice.account(zoe_id).id == zoe_id
        assert [one.id for one in alice.account_search("zo")] == [zoe_id]
        assert [one.id for one in alice.accounts([zoe_id])] == [zoe_id]
        assert alice.account_follow(zoe_id, notify=True).notifying
        assert [one.id for one in alice.account_following(me)] == [zoe_id]
        assert [one.id for one in alice.account_followers(zoe_id)] == [me.id]
        assert alice.account_endorse(zoe_id).endorsed
        assert [one.id for one in alice.endorsements()] == [zoe_id]
        assert not alice.account_unendorse(zoe_id).endorsed
        assert alice.account_pin(zoe_id).endorsed
        assert not alice.account_unpin(zoe_id).endorsed
        assert alice.account_note_set(zoe_id, "knows frames").note == "knows frames"
        assert alice.account_relationships([zoe_id])[0].following
        assert alice.account_familiar_followers(zoe_id)[0].accounts == []
        assert not zoe.account_remove_from_followers(me).followed_by
        assert not alice.account_unfollow(zoe_id).following
        assert alice.account_mute(zoe_id, duration=60).muting
        assert [one.id for one in alice.mutes()] == [zoe_id]
        assert not alice.account_unmute(zoe_id).muting
        assert alice.account_block(zoe_id).blocking
        assert [one.id for one in alice.blocks()] == [zoe_id]
        assert not alice.account_unblock(zoe_id).blocking
        zoe.status_post("mine")
        assert [one.content for one in alice.account_statuses(zoe_id)] == ["<p>mine</p>"]
        assert alice.account_featured_tags(zoe_id) == []
        assert alice.account_lists(zoe_id) == []
        assert [one.acct for one in alice.directory()] == ["zoe", "alice"]

    await run(script)


async def test_a_profile(acme: Company):
    alice = await a_client(acme, "alice", f"{EVERYTHING} profile")

    def script() -> None:
        changed = alice.profile_update(note="Frames", show_media=False)
        assert (changed.note, alice.profile().show_media) == ("Frames", False)
        picture = io.BytesIO(a_picture())
        shown = alice.account_update_credentials(avatar=picture, avatar_mime_type="image/png")
        assert "/app/media/" in shown.avatar
        assert "/app/media/" not in alice.account_delete_avatar().avatar
        assert "/static/" in alice.account_delete_header().header
        assert alice.preferences()["reading:expand:media"] == "default"

    await run(script)


async def test_lists(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")
    zoe_id = str(acme.people["zoe"].id)

    def script() -> None:
        alice.account_follow(zoe_id)
        made = alice.list_create("Frames", replies_policy="none", exclusive=True)
        alice.list_accounts_add(made, [zoe_id])
        assert [one.id for one in alice.list_accounts(made)] == [zoe_id]
        assert [one.id for one in alice.account_lists(zoe_id)] == [made.id]
        zoe.status_post("mine")
        assert [one.content for one in alice.timeline_list(made)] == ["<p>mine</p>"]
        assert alice.list_update(made, "Beams").title == "Beams"
        assert alice.list(made.id).title == "Beams"
        assert [one.id for one in alice.lists()] == [made.id]
        alice.list_accounts_delete(made, [zoe_id])
        assert alice.list_accounts(made) == []
        alice.list_delete(made)
        assert alice.lists() == []

    await run(script)


async def test_filters_of_today_and_yesterday(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        said = zoe.status_post("noise")
        made = alice.create_filter_v2(
            "Noise", ["home", "public"], "warn", keywords_attributes=[{"keyword": "noise"}]
        )
        (word,) = alice.filter_keywords_v2(made.id)
        shown = alice.status(said.id).filtered
        assert [one.filter.title for one in shown] == ["Noise"]
        added = alice.add_filter_keyword_v2(made.id, "racket", whole_word=True)
        assert added.whole_word
        alice.delete_filter_keyword_v2(word.id)
        meant = alice.add_filter_status_v2(made.id, said.id)
        assert alice.filter_status_v2(meant.id).status_id == said.id
        assert [one.id for one in alice.filter_statuses_v2(made.id)] == [meant.id]
        alice.delete_filter_status_v2(meant.id)
        assert alice.update_filter_v2(made.id, title="Racket").title == "Racket"
        assert alice.filter_v2(made.id).title == "Racket"
        assert [one.id for one in alice.filters_v2()] == [made.id]
        alice.delete_filter_v2(made.id)
        old = alice.filter_create("spam", ["home"], whole_word=True)
        assert alice.filter_update(old, phrase="ham", context=["home"]).phrase == "ham"
        assert alice.filter(old).phrase == "ham"
        assert [one.phrase for one in alice.filters()] == ["ham"]
        assert alice.filters_apply([said], alice.filters(), "home") == [said]
        alice.filter_delete(old)
        assert alice.filters() == []

    await run(script)
