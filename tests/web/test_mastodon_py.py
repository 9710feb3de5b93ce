"""Mastodon.py, the library of many apps and bots, does everything that it can do with a node of ours."""

import asyncio
import io
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
from mastodon import Mastodon, StreamListener
from mastodon.errors import MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from instance.domain import announcement
from tests.nodes import PATIENCE_S, Company
from tests.web.client import EVERYTHING, REDIRECT, apps_of, query_of, token_for
from tests.web.test_media import a_picture
from tests.web.test_oauth import agreed, registered, signed_in

pytestmark = pytest.mark.filterwarnings("ignore::mastodon.errors.MastodonDeprecationWarning")

# What the library can do and no node of a company has, with the reason.
ABSENT = {
    "create_account": "IT makes accounts",
    "email_resend_confirmation": "who has a token was let in by IT",
    "status_translate": "no translation engine is configured",
    "timeline_link": "no link trends",
    "annual_report": "nobody's year is counted",
    "annual_report_generate": "the same",
    "annual_report_read": "the same",
    "admin_measures": "being built",
    "admin_dimensions": "being built",
    "admin_retention": "being built",
    "follows": "removed from Mastodon long ago",
    "reports": "removed from Mastodon long ago",
    "status_card": "removed from Mastodon: the card is in the status",
}


# What IT cannot do from an app, since a charter says it or since there is no such thing: refused with the reason.
REFUSED: dict[str, tuple[Any, ...]] = {
    "admin_account_approve": (1,),
    "admin_account_reject": (1,),
    "admin_account_delete": (1,),
    "admin_approve_trending_link": (1,),
    "admin_approve_trending_status": (1,),
    "admin_approve_trending_tag": (1,),
    "admin_reject_trending_link": (1,),
    "admin_reject_trending_status": (1,),
    "admin_reject_trending_tag": (1,),
    "admin_canonical_email_block": (1,),
    "admin_create_canonical_email_block": ("a@b.example",),
    "admin_delete_canonical_email_block": (1,),
    "admin_domain_allow": (1,),
    "admin_create_domain_allow": ("elsewhere.example",),
    "admin_delete_domain_allow": (1,),
    "admin_create_domain_block": ("elsewhere.example", "suspend"),
    "admin_update_domain_block": (1, "suspend"),
    "admin_delete_domain_block": (1,),
    "admin_email_domain_block": (1,),
    "admin_create_email_domain_block": ("elsewhere.example",),
    "admin_delete_email_domain_block": (1,),
    "admin_ip_block": (1,),
    "admin_create_ip_block": ("10.0.0.1", "no_access"),
    "admin_update_ip_block": (1, "10.0.0.1", "no_access"),
    "admin_delete_ip_block": (1,),
}
# What needs nothing of a server, or a part of the library that is not installed here.
ELSEWHERE = {
    *("clear_caches", "set_language", "get_supported_version", "persistable_login_credentials"),
    *("get_async_refresh_info", "get_async_refresh_status", "await_async_refresh"),
    *("push_subscription_decrypt_push", "decode_blurhash", "get_status_length", "stream_open_websocket"),
    "oauth_userinfo",  # over TLS alone
    "get_approx_server_time",  # asks with HEAD, which no page of ours answers
}


class Loopback(HTTPAdapter):
    """Sends what is for a name below localhost to this machine, whatever its resolver says."""

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:  # type: ignore[override]
        parts = urlsplit(request.url or "")
        request.headers["Host"] = parts.netloc
        request.url = parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()
        return super().send(request, *args, **options)


async def a_client(company: Company, name: str, scopes: str = EVERYTHING) -> Mastodon:
    if name not in company.people:
        await company.hire(name)
    session = Session()
    session.mount("http://", Loopback())
    return Mastodon(
        access_token=await token_for(company, name, scopes),
        api_base_url=company.config.base_url,
        session=session,
        ratelimit_method="throw",
    )


async def run(script: Callable[..., Any], *clients: Any) -> Any:
    """The library waits for its answers, so it does that in a thread of its own."""
    return await asyncio.to_thread(script, *clients)


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


async def test_notifications(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        made = alice.status_post("hello")
        zoe.status_favourite(made)
        zoe.status_post("@alice hi")
        mention, liked = alice.notifications()
        assert (mention.type, liked.type) == ("mention", "favourite")
        assert alice.notifications(id=liked).status.id == made.id
        assert [one.type for one in alice.notifications(types=["mention"])] == ["mention"]
        assert alice.notifications_unread_count().count == 2
        groups = alice.grouped_notifications().notification_groups
        assert [one.type for one in groups] == ["mention", "favourite"]
        key = groups[1].group_key
        assert alice.grouped_notification(key).notification_groups[0].group_key == key
        assert [one.acct for one in alice.grouped_notification_accounts(key)] == ["zoe"]
        assert alice.unread_grouped_notifications_count() == 2
        alice.markers_set("notifications", liked)
        assert str(alice.markers_get("notifications").notifications.last_read_id) == str(liked.id)
        alice.dismiss_grouped_notification(key)
        alice.notifications_dismiss(mention)
        assert alice.notifications() == []
        alice.notifications_clear()

    await run(script)


async def test_notifications_that_wait(acme: Company):
    alice = await a_client(acme, "alice")
    others = [await a_client(acme, name) for name in ("zoe", "max", "ida")]

    def script() -> None:
        policy = alice.update_notifications_policy(for_not_following="filter")
        assert policy.for_not_following == alice.notifications_policy().for_not_following == "filter"
        for other in others:
            other.status_post("@alice hi")
        waiting = alice.notification_requests()
        assert len(waiting) == 3
        assert alice.notification_request(waiting[0]).account.acct == waiting[0].account.acct
        alice.accept_notification_request(waiting[0])
        alice.dismiss_notification_request(waiting[1])
        alice.accept_multiple_notification_requests([waiting[2]])
        alice.dismiss_multiple_notification_requests([waiting[2]])
        assert alice.notification_requests() == []
        assert alice.notifications_merged()

    await run(script)


async def test_requests_to_follow(acme: Company):
    alice, zoe, other = [await a_client(acme, name) for name in ("alice", "zoe", "max")]

    def script() -> None:
        alice.account_update_credentials(locked=True)
        for asking in (zoe, other):
            assert asking.account_follow(alice.me()).requested
        assert [one.acct for one in alice.follow_requests()] == ["max", "zoe"]
        assert alice.follow_request_authorize(zoe.me()).followed_by
        assert not alice.follow_request_reject(other.me()).followed_by
        assert alice.follow_requests() == []

    await run(script)


async def test_quotes(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        made = alice.status_post("quote me", quote_approval_policy="public")
        quoting = zoe.status_post("see", quoted_status_id=made)
        assert (quoting.quote.state, quoting.quote.quoted_status.id) == ("accepted", made.id)
        assert [one.id for one in alice.status_quotes(made)] == [quoting.id]
        assert alice.status_quote_revoke(made, quoting).quote.state == "revoked"
        changed = alice.status_update_quote_approval_policy(made, "nobody")
        assert changed.quote_approval.automatic == []

    await run(script)


async def test_announcements(acme: Company):
    alice = await a_client(acme, "alice")
    row = await acme.node.perform(lambda tx: announcement.add(tx, "The lift is out of order."))

    def script() -> None:
        (told,) = alice.announcements()
        assert (told.content, told.read) == (row.content, False)
        alice.announcement_reaction_create(told, "👍")
        assert [one.name for one in alice.announcements()[0].reactions] == ["👍"]
        alice.announcement_reaction_delete(told, "👍")
        alice.announcement_dismiss(told)
        assert alice.announcements() == []

    await run(script)


async def test_conversations(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        zoe.status_post("@alice between us", visibility="direct")
        (talk,) = alice.conversations()
        assert talk.unread
        assert not alice.conversations_read(talk).unread

    await run(script)


async def test_hashtags(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        made = alice.status_post("the #frame")
        assert alice.tag("frame").name == "frame"
        assert alice.tag_follow("frame").following
        assert [one.name for one in alice.followed_tags()] == ["frame"]
        assert not alice.tag_unfollow("frame").following
        assert [one.name for one in alice.featured_tag_suggestions()] == ["frame"]
        featured = alice.featured_tag_create("frame")
        assert [one.id for one in alice.featured_tags()] == [featured.id]
        alice.featured_tag_delete(featured)
        assert alice.tag_feature("frame").featuring
        assert not alice.tag_unfeature("frame").featuring
        assert [one.id for one in alice.timeline_hashtag("frame")] == [made.id]

    await run(script)


async def test_timelines_and_their_pages(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        made = [alice.status_post(str(n)).id for n in range(5)][::-1]
        first = alice.timeline_home(limit=2)
        second = alice.fetch_next(first)
        assert [one.id for one in (*first, *second)] == made[:4]
        assert [one.id for one in alice.fetch_previous(second)] == made[:2]
        assert [one.id for one in alice.fetch_remaining(first)] == made
        assert [one.id for one in alice.pagination_iterator(first)] == made
        assert len(list(alice.pagination_page_iterator(first))) == 3
        assert alice.get_pagination_info(first, "next")
        assert [one.id for one in alice.timeline_local(limit=1)] == made[:1]
        assert [one.id for one in alice.timeline("home", limit=1)] == made[:1]
        assert alice.timeline_public() == []
        assert alice.timeline_is_available("public", with_auth=True)

    await run(script)


async def test_search(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        made = alice.status_post("the #frame is ready")
        assert [one.id for one in alice.search("ready").statuses] == [made.id]
        assert [one.name for one in alice.search_v2("frame", result_type="hashtags").hashtags] == ["frame"]
        assert [one.acct for one in alice.search("alice").accounts] == ["alice"]
        assert [one.acct for one in alice.search_v1("alice").accounts] == ["alice"]

    await run(script)


async def test_push(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        _, keys = alice.push_subscription_generate_keys()
        made = alice.push_subscription_set("https://push.example/1", keys, mention_events=True)
        assert (made.alerts.mention, made.alerts.follow) == (True, False)
        assert alice.push_subscription().id == made.id
        changed = alice.push_subscription_update(follow_events=True)
        assert (changed.alerts.mention, changed.alerts.follow) == (False, True)
        alice.push_subscription_delete()
        with pytest.raises(MastodonNotFoundError):
            alice.push_subscription()

    await run(script)


async def test_collections_and_suggestions(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")
    zoe_id = str(acme.people["zoe"].id)

    def script() -> None:
        made = alice.collection_create("Good people", account_ids=[zoe_id]).collection
        assert [one.acct for one in alice.collection(made.id).accounts] == ["alice", "zoe"]
        assert alice.collection_update(made.id, description="Frames").collection.description == "Frames"
        assert [one.id for one in alice.account_collections(alice.me()).collections] == [made.id]
        assert [one.id for one in zoe.account_in_collections(zoe_id).collections] == [made.id]
        added = alice.collection_item_add(made.id, alice.me().id).collection_item
        alice.collection_item_delete(made.id, added.id)
        (item,) = made["items"]
        zoe.collection_item_revoke(made.id, item.id)
        alice.collection_delete(made.id)
        assert zoe.account_in_collections(zoe_id).collections == []
        assert [one.account.id for one in alice.suggestions_v2()] == [zoe_id]
        assert [one.id for one in alice.suggestions_v1()] == [zoe_id]
        alice.suggestion_delete(zoe_id)
        assert alice.suggestions() == []

    await run(script)


async def test_what_concerns_the_whole_company(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        assert alice.instance().domain == alice.instance_v2().domain == acme.host
        assert alice.instance_v1().uri == acme.host
        assert len(alice.instance_rules()) == 2
        assert {one.code for one in alice.instance_languages()} == {"en", "fr"}
        assert alice.instance_extended_description().content
        assert alice.instance_peers() == alice.instance_activity() == alice.instance_domain_blocks() == []
        assert alice.instance_translation_languages() == {}
        assert alice.instance_nodeinfo().software.name == "cordee"
        assert alice.instance_health()
        assert alice.stream_healthy()
        with pytest.raises(MastodonNotFoundError):
            alice.instance_terms_of_service()
        assert alice.oauth_authorization_server_info()["token_endpoint"]
        assert alice.verify_minimum_version("4.2.0")
        assert alice.retrieve_mastodon_version()
        assert alice.custom_emojis() == alice.announcements() == []
        assert alice.trends() == alice.trending_tags() == alice.trending_statuses() == []
        assert alice.trending_links() == alice.annual_reports().annual_reports == []
        assert alice.annual_report_state(2026).state == "ineligible"
        alice.domain_block("elsewhere.example")
        assert alice.domain_blocks() == ["elsewhere.example"]
        alice.domain_unblock("elsewhere.example")
        assert alice.follow_requests() == []

    await run(script)


async def test_what_it_does(acme: Company):
    await acme.hire("it", is_admin=True)
    it = await a_client(acme, "it", f"{EVERYTHING} admin:read admin:write")
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        said = zoe.status_post("Buy my car")
        filed = alice.report(said.account.id, status_ids=[said.id], category="spam", comment="again")
        assert (filed.category, filed.comment) == ("spam", "again")
        (report,) = it.admin_reports()
        assert it.admin_report(report).target_account.username == "zoe"
        assert it.admin_report_assign(report).assigned_account.username == "it"
        assert it.admin_report_unassign(report).assigned_account is None
        assert it.admin_report_resolve(report).action_taken
        assert not it.admin_report_reopen(report).action_taken
        names = {one.username for one in it.admin_accounts_v2()}
        assert names == {one["username"] for one in it.admin_accounts_v1()} == {"it", "alice", "zoe"}
        assert it.admin_accounts()
        assert it.admin_account(said.account.id).username == "zoe"
        it.admin_account_moderate(said.account.id, action="suspend")
        assert it.admin_account(said.account.id).suspended
        assert not it.admin_account_unsuspend(said.account.id).suspended
        assert it.admin_account_unsilence(said.account.id).id == said.account.id
        assert it.admin_account_unsensitive(said.account.id).id == said.account.id
        assert it.admin_account_enable(said.account.id).username == "zoe"
        assert it.admin_domain_allows() == it.admin_domain_blocks() == it.admin_ip_blocks() == []
        assert it.admin_email_domain_blocks() == it.admin_canonical_email_blocks() == []
        assert it.admin_test_canonical_email_block("a@b.example") == []
        assert it.admin_trending_links() == it.admin_trending_statuses() == it.admin_trending_tags() == []
        for name, arguments in REFUSED.items():
            with pytest.raises(MastodonAPIError) as refused:
                getattr(it, name)(*arguments)
            assert refused.value.args[1] in {403, 404, 422}, name

    await run(script)


class Heard(StreamListener):
    """Keeps what a stream told."""

    def __init__(self) -> None:
        self.told: Queue[tuple[str, Any]] = Queue()

    def on_update(self, status: Any) -> None:
        self.told.put(("update", status.content))

    def on_notification(self, notification: Any) -> None:
        self.told.put(("notification", notification.type))

    def on_delete(self, status_id: Any) -> None:
        self.told.put(("delete", str(status_id)))


def open_stream(listen: Callable[..., Any], heard: Heard) -> Any:
    """A stream that is being listened to."""
    stream = listen(heard, run_async=True)
    end = time.monotonic() + PATIENCE_S
    while stream.connection is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    return stream


async def test_streams(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        heard = Heard()
        stream = open_stream(alice.stream_user, heard)
        made = zoe.status_post("@alice hi")
        assert heard.told.get(timeout=10) == ("notification", "mention")
        alice.status_delete(alice.status_post("mine"))
        assert [heard.told.get(timeout=10)[0] for _ in range(2)] == ["update", "delete"]
        assert made.id
        stream.close()

    await run(script)


async def test_every_other_stream(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        alice.account_follow(zoe.me())
        made = alice.list_create("Frames")
        alice.list_accounts_add(made, [zoe.me()])
        for listen, said in (
            (alice.stream_local, "update"),
            (lambda heard, **how: alice.stream_hashtag("frame", heard, **how), "update"),
            (lambda heard, **how: alice.stream_list(made.id, heard, **how), "update"),
            (alice.stream_user_notifications, "notification"),
        ):
            heard = Heard()
            stream = open_stream(listen, heard)
            zoe.status_post("@alice the #frame")
            assert heard.told.get(timeout=10)[0] == said
            stream.close()
        for listen in (alice.stream_public, alice.stream_direct):
            open_stream(listen, Heard()).close()

    await run(script)


async def test_an_app_signs_in_and_out(acme: Company):
    alice = await a_client(acme, "alice")

    def script() -> None:
        client_id, secret = Mastodon.create_app(
            "Rope", api_base_url=acme.config.base_url, scopes=["read", "write"], session=alice.session
        )
        app = Mastodon(client_id, secret, api_base_url=acme.config.base_url, session=alice.session)
        address = app.auth_request_url(scopes=["read"], skip_server_info=True, allow_http=True)
        assert address.startswith(f"{acme.config.base_url}/oauth/authorize")

    await run(script)


async def test_an_app_gets_its_token_with_the_code_and_gives_it_back(acme: Company):
    async with apps_of(acme, "alice") as (app,):
        client = await registered(app)
        code = query_of(await agreed(await signed_in(app), client))["code"]
    session = (await a_client(acme, "alice")).session

    def script() -> None:
        rope = Mastodon(
            client["client_id"],
            client["client_secret"],
            api_base_url=acme.config.base_url,
            session=session,
        )
        rope.log_in(code=code, redirect_uri=REDIRECT, scopes=["read"], allow_http=True)
        assert (rope.me().acct, rope.app_verify_credentials().name) == ("alice", "Rope")
        token = rope.access_token
        rope.revoke_access_token(allow_http=True)
        again = Mastodon(access_token=token, api_base_url=acme.config.base_url, session=session)
        with pytest.raises(MastodonUnauthorizedError):
            again.me()

    await run(script)


def test_everything_that_the_library_can_do_is_done_here_or_has_a_reason():
    told = Path(__file__).read_text("utf-8")
    public = {
        name for name in dir(Mastodon) if not name.startswith("_") and callable(getattr(Mastodon, name))
    }
    done = set(re.findall(r"\w+", told))
    assert sorted(public - done) == []
