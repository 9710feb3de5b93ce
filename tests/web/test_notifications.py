"""What a person is told, and how it is put away."""

from tests.nodes import Company
from tests.web.client import App, apps_of


async def told(app: App, **query: str) -> list[tuple[str, str]]:
    return [(one["type"], one["account"]["acct"]) for one in await app.get("/api/v1/notifications", **query)]


async def some_deeds(alice: App, amine: App) -> str:
    """Alice writes; Amine answers, likes, boosts and follows. The id of what Alice wrote."""
    made = await alice.post("/api/v1/statuses", status="look")
    await amine.post("/api/v1/statuses", status="@alice I do", in_reply_to_id=made["id"])
    await amine.post(f"/api/v1/statuses/{made['id']}/favourite")
    await amine.post(f"/api/v1/statuses/{made['id']}/reblog")
    await amine.post(f"/api/v1/accounts/{made['account']['id']}/follow")
    return str(made["id"])


async def test_a_person_is_told_of_what_others_do_with_their_posts(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        post_id = await some_deeds(alice, amine)
        kinds = [kind for kind, _ in await told(alice)]
        assert kinds == ["follow", "reblog", "favourite", "mention"]
        about = {
            one["type"]: one.get("status", {}).get("id") for one in await alice.get("/api/v1/notifications")
        }
        assert (about["favourite"], about["follow"]) == (post_id, None)
        assert await told(amine) == []


async def test_some_kinds_can_be_asked_for_or_left_out(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await some_deeds(alice, amine)
        only = await alice.get("/api/v1/notifications?types[]=mention&types[]=follow")
        assert [one["type"] for one in only] == ["follow", "mention"]
        rest = await alice.get("/api/v1/notifications?exclude_types[]=follow&exclude_types[]=reblog")
        assert [one["type"] for one in rest] == ["favourite", "mention"]
        assert await told(alice, account_id=str(acme.people["alice"].id)) == []


async def test_one_is_read_and_put_away_and_then_all(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await some_deeds(alice, amine)
        first = (await alice.get("/api/v1/notifications"))[0]
        place = f"/api/v1/notifications/{first['id']}"
        assert await alice.get(place) == first
        assert (await amine.call("GET", place)).status == 404
        assert (await amine.call("POST", f"{place}/dismiss")).status == 404
        assert len(await told(alice)) == 4
        await alice.post(f"{place}/dismiss")
        assert len(await told(alice)) == 3
        await alice.post("/api/v1/notifications/clear")
        assert await told(alice) == []


async def test_what_came_since_the_marker_is_counted(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        await some_deeds(alice, amine)
        for version in ("v1", "v2"):
            assert await alice.get(f"/api/{version}/notifications/unread_count") == {"count": 4}
        second = (await alice.get("/api/v1/notifications"))[1]
        await alice.post("/api/v1/markers", notifications={"last_read_id": second["id"]})
        assert await alice.get("/api/v1/notifications/unread_count") == {"count": 1}
        markers = await alice.get("/api/v1/markers?timeline[]=notifications&timeline[]=home")
        assert set(markers) == {"notifications"}
        assert markers["notifications"]["last_read_id"] == second["id"]


async def test_a_marker_counts_its_version_up(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        first = await alice.post("/api/v1/markers", home={"last_read_id": "5"})
        second = await alice.post("/api/v1/markers", home={"last_read_id": "9"})
        assert second["home"]["version"] == first["home"]["version"] + 1


async def test_a_notification_about_a_deleted_post_is_gone(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        made = await amine.post("/api/v1/statuses", status="@alice hello")
        assert await told(alice) == [("mention", "amine")]
        await amine.call("DELETE", f"/api/v1/statuses/{made['id']}")
        assert await told(alice) == []
