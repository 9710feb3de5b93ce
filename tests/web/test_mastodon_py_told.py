"""Mastodon.py, the library of many apps and bots, does everything that it can do with a node of ours: what is told, what IT does, what is said of the company."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from mastodon import Mastodon, StreamListener
from mastodon.errors import MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError

from instance.domain import announcement
from tests.nodes import PATIENCE_S, Company
from tests.web.client import EVERYTHING, REDIRECT, apps_of, query_of
from tests.web.mastodon_py import a_client, run
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
        assert alice.verify_minimum_version("4.6.0")
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


async def test_figures(acme: Company):
    await acme.hire("it", is_admin=True)
    it = await a_client(acme, "it", f"{EVERYTHING} admin:read admin:write")

    def script() -> None:
        now = datetime.now(UTC)
        days = (now - timedelta(days=2), now)
        (measure,) = it.admin_measures(*days, interactions=True)
        assert (measure.key, len(measure.data)) == ("interactions", 3)
        (dimension,) = it.admin_dimensions(*days, languages=True)
        assert dimension.key == "languages"
        assert it.admin_retention(*days)[0].frequency == "day"

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


def hang_up(stream: Any) -> None:
    """Listen no longer; to close it the library would wait for the next sign of life, so that is left to the node's own end."""
    stream.closed = True


async def test_streams(acme: Company):
    alice, zoe = await a_client(acme, "alice"), await a_client(acme, "zoe")

    def script() -> None:
        heard = Heard()
        stream = open_stream(alice.stream_user, heard)
        made = zoe.status_post("@alice hi")
        assert heard.told.get(timeout=PATIENCE_S) == ("notification", "mention")
        mine = alice.status_post("mine")
        assert heard.told.get(timeout=PATIENCE_S)[0] == "update"
        alice.status_delete(mine)
        assert heard.told.get(timeout=PATIENCE_S)[0] == "delete"
        assert made.id
        hang_up(stream)

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
            assert heard.told.get(timeout=PATIENCE_S)[0] == said
            hang_up(stream)
        for listen in (alice.stream_public, alice.stream_direct):
            hang_up(open_stream(listen, Heard()))

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
    told = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_mastodon_py*.py"))
    public = {
        name for name in dir(Mastodon) if not name.startswith("_") and callable(getattr(Mastodon, name))
    }
    done = set(re.findall(r"\w+", told))
    assert sorted(public - done) == []
