"""Posts shown first, and conversations that one wants to hear no more of."""

from instance.storage import actors
from tests.nodes import Company, agree, until
from tests.web.client import apps_of
from tests.web.pages import reader

Tied = tuple[Company, Company, Company]


async def test_a_pinned_post_stands_first_on_its_authors_account(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="read me")
        assert made["pinned"] is False
        assert (await alice.post(f"/api/v1/statuses/{made['id']}/pin"))["pinned"] is True
        path = f"/api/v1/accounts/{made['account']['id']}/statuses"
        (seen,) = await zoe.get(path, pinned="true")
        assert seen["id"] == made["id"]
        assert "pinned" not in seen
        await alice.post(f"/api/v1/statuses/{made['id']}/unpin")
        assert await zoe.get(path, pinned="true") == []


async def test_a_pinned_post_of_a_project_is_shown_in_the_project_alone(tied: Tied):
    async with apps_of(tied[0], "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="@apollo plan")
        await alice.post(f"/api/v1/statuses/{made['id']}/pin")
        path = f"/api/v1/accounts/{made['account']['id']}/statuses"
        assert len(await alice.get(path, pinned="true")) == 1
        assert await zoe.get(path, pinned="true") == []


async def test_five_posts_can_be_pinned(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = [await alice.post("/api/v1/statuses", status=f"{n}") for n in range(6)]
        for one in made[:5]:
            await alice.post(f"/api/v1/statuses/{one['id']}/pin")
        answer = await alice.call("POST", f"/api/v1/statuses/{made[5]['id']}/pin")
        assert answer.status == 422
        assert answer.content["error"].startswith("Validation failed: ")


async def test_nobody_pins_what_another_has_written(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="a")
        assert (await zoe.call("POST", f"/api/v1/statuses/{made['id']}/pin")).status == 422
        secret = await alice.post("/api/v1/statuses", status="b", visibility="private")
        assert (await zoe.call("POST", f"/api/v1/statuses/{secret['id']}/pin")).status == 404


async def test_a_deleted_post_is_pinned_no_more(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await alice.post("/api/v1/statuses", status="a")
        await alice.post(f"/api/v1/statuses/{made['id']}/pin")
        await alice.call("DELETE", f"/api/v1/statuses/{made['id']}")
        path = f"/api/v1/accounts/{made['account']['id']}/statuses"
        assert await alice.get(path, pinned="true") == []


async def test_a_muted_conversation_is_heard_of_no_more(acme: Company):
    async with apps_of(acme, "alice", "zoe") as (alice, zoe):
        made = await alice.post("/api/v1/statuses", status="a")
        assert (await alice.post(f"/api/v1/statuses/{made['id']}/mute"))["muted"] is True
        answer = await zoe.post("/api/v1/statuses", status="@alice b", in_reply_to_id=made["id"])
        await zoe.post(f"/api/v1/statuses/{made['id']}/favourite")
        assert await alice.get("/api/v1/notifications") == []
        assert (await alice.get(f"/api/v1/statuses/{answer['id']}"))["muted"] is True
        assert (await alice.post(f"/api/v1/statuses/{made['id']}/unmute"))["muted"] is False
        await zoe.post("/api/v1/statuses", status="@alice c", in_reply_to_id=made["id"])
        assert len(await alice.get("/api/v1/notifications")) == 1


async def test_a_partners_answer_in_a_muted_conversation_is_not_told(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await alice.post("/api/v1/statuses", status="@apollo a")
        await alice.post(f"/api/v1/statuses/{made['id']}/mute")
        await agree(acme, globex)
        (seen,) = await bob.get("/api/v1/timelines/home")
        await bob.post("/api/v1/statuses", status="b", in_reply_to_id=seen["id"])
        await agree(acme, globex)
        assert await alice.get("/api/v1/notifications") == []


async def test_a_pin_and_what_a_lead_puts_first_are_seen_at_every_company(tied: Tied):
    acme, globex, _ = tied
    async with (
        apps_of(acme, "alice") as (alice,),
        reader(globex, "bob") as bob,
        apps_of(globex, "bob") as (app,),
    ):
        made = await alice.post("/api/v1/statuses", status="@apollo The plan of all plans")
        await alice.post(f"/api/v1/statuses/{made['id']}/pin")
        await agree(acme, globex)
        (seen,) = await app.get("/api/v1/timelines/home")
        path = f"/api/v1/accounts/{seen['account']['id']}/statuses"

        async def pinned() -> int:
            return len(await app.get(path, pinned="true"))

        await until(pinned, 1)
        project = (await app.get("/api/v1/lists"))[0]["id"]
        assert "Pinned" not in await bob.read(f"/app/projects/{project}")
        assert (await bob.send(f"/app/posts/{seen['id']}/pin")).status == 303
        assert "Pinned" in await bob.read(f"/app/projects/{project}")
        theirs = await acme.node.read(lambda tx: actors.by_iri(tx, acme.project_iri))
        assert theirs is not None

        async def first() -> int:
            found = await alice.get(f"/api/v1/accounts/{theirs.id}/statuses", pinned="true")
            return len(found)

        await until(first, 1)
