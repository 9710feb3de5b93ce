"""What is said in the project is there for everybody in it, at every company, and for nobody else."""

from typing import Any

import pytest

from tests.nodes import until
from tests.scenarios.app import STATUSES, Phone, Rope

pytestmark = pytest.mark.asyncio(loop_scope="module")


def uris(statuses: list[dict[str, Any]]) -> list[str]:
    return [status["uri"] for status in statuses]


async def everywhere(rope: Rope, uri: str, text: str) -> None:
    """Wait until everybody in the project reads this post with this text."""
    for phone in (rope.alice, rope.bob, rope.carol):

        async def content(phone: Phone = phone) -> str:
            return (await phone.sees(uri))["content"]

        await until(content, f"<p>{text}</p>")


async def test_a_post_that_names_the_project_is_in_the_home_and_list_of_all_in_it(rope: Rope):
    said = await rope.alice.say("@apollo The frame is ready")
    for phone in (rope.amine, rope.bob, rope.beatriz, rope.carol):
        await phone.sees(said["uri"])
        assert said["uri"] in uris(await phone.home())
        assert said["uri"] in uris(await phone.project())


async def test_a_partner_names_the_project_by_its_bare_name_as_well(rope: Rope):
    said = await rope.bob.say("@apollo Bolts are in")
    assert said["mentions"][0]["acct"] == f"apollo@{rope.acme.host}"
    assert (await rope.alice.sees(said["uri"]))["account"]["acct"] == f"bob@{rope.globex.host}"


async def test_colleagues_outside_the_project_get_nothing_of_it(rope: Rope):
    said = await rope.alice.say(f"{rope.handle} Tolerances of the frame")
    await rope.agree()
    for phone in rope.outsiders:
        assert await phone.read(said["uri"]) is None
        for place in ("home", "public", "public?local=true"):
            assert said["uri"] not in uris(await phone.get(f"/api/v1/timelines/{place}"))
        assert (await phone.get("/api/v2/search", q="Tolerances"))["statuses"] == []
        assert await phone.get("/api/v1/lists") == []
        assert await phone.get("/api/v1/notifications") == []
    here = await rope.zoe.call("GET", f"{STATUSES}/{said['id']}")
    never = await rope.zoe.call("GET", f"{STATUSES}/1")
    assert (
        (here.status, here.content) == (never.status, never.content) == (404, {"error": "Record not found"})
    )


async def test_an_answer_stays_in_the_project_and_its_author_hears_of_it(rope: Rope):
    said = await rope.alice.say("@apollo Which bolts?")
    answer = await rope.bob.reply(said["uri"], "M8")
    assert answer["visibility"] == "private"
    assert (await rope.alice.hears("mention", answer["uri"]))["account"]["acct"] == f"bob@{rope.globex.host}"
    assert answer["uri"] in uris(await rope.carol.project()) or await rope.carol.sees(answer["uri"])
    assert await rope.zach.read(answer["uri"]) is None


async def test_a_thread_reads_the_same_at_every_company(rope: Rope):
    first = await rope.alice.say("@apollo Where does the rail end?")
    second = await rope.bob.reply(first["uri"], "At 1200 mm")
    third = await rope.carol.reply(second["uri"], "Then the cover is too short")
    fourth = await rope.amine.reply(third["uri"], "We cut a new one")
    whole = [one["uri"] for one in (first, second, third, fourth)]
    await rope.agree()
    for phone in (rope.alice, rope.beatriz, rope.carol):
        assert await phone.thread(second["uri"]) == whole


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
async def test_no_visibility_carries_an_answer_out_of_its_thread(rope: Rope, visibility: str):
    said = await rope.alice.say("@apollo A question")
    answer = await rope.bob.reply(said["uri"], f"An answer as {visibility}", visibility=visibility)
    for phone in (rope.alice, rope.beatriz, rope.carol):
        assert (await phone.sees(answer["uri"]))["visibility"] == "private"
    assert await rope.zach.read(answer["uri"]) is None
    assert answer["uri"] not in uris(await rope.zach.get("/api/v1/timelines/public", local="true"))


async def test_naming_the_project_in_an_internal_thread_does_not_move_the_thread(rope: Rope):
    inside = await rope.alice.say("Lunch?")
    answer = await rope.alice.try_to_say("@apollo join us", in_reply_to_id=inside["id"])
    await rope.agree()
    if answer.status == 200:
        assert answer.content["visibility"] == "public"
        assert await rope.bob.read(answer.content["uri"]) is None
    else:
        assert answer.status == 422


async def test_an_edit_arrives_with_the_wording_before_it(rope: Rope):
    said = await rope.alice.say("@apollo The rail is 20 mm", language="en")
    await rope.bob.sees(said["uri"])
    await rope.alice.edit(said, "The rail is 22 mm")
    await everywhere(rope, said["uri"], "The rail is 22 mm")
    at_bob = await rope.bob.sees(said["uri"])
    assert at_bob["edited_at"]
    history = await rope.bob.get(f"{STATUSES}/{at_bob['id']}/history")
    assert len(history) == 2
    assert "20 mm" in history[0]["content"]


async def test_an_edit_does_not_move_a_post(rope: Rope):
    inside = await rope.alice.say("A plan for us")
    await rope.alice.edit(inside, "@apollo a plan for all")
    in_project = await rope.alice.say("@apollo A plan for all")
    await rope.alice.edit(in_project, "A plan for us")
    await rope.agree()
    assert await rope.bob.read(inside["uri"]) is None
    await everywhere(rope, in_project["uri"], "A plan for us")
    assert await rope.zoe.read(in_project["uri"]) is None


async def test_a_boost_arrives_and_is_taken_back(rope: Rope):
    said = await rope.alice.say("@apollo Worth reading")
    await rope.bob.do("reblog", said["uri"])
    await rope.alice.hears("reblog", said["uri"])
    await until(lambda: count(rope.carol, said["uri"], "reblogs_count"), 1)
    assert (await rope.bob.read(said["uri"]))["reblogged"]
    await rope.bob.do("unreblog", said["uri"])
    for phone in (rope.alice, rope.carol):
        await until(lambda phone=phone: count(phone, said["uri"], "reblogs_count"), 0)
    assert not (await rope.bob.read(said["uri"]))["reblogged"]


async def test_a_favourite_arrives_and_is_taken_back(rope: Rope):
    said = await rope.alice.say("@apollo Well done")
    await rope.carol.do("favourite", said["uri"])
    notified = await rope.alice.hears("favourite", said["uri"])
    assert notified["account"]["acct"] == f"carol@{rope.initech.host}"
    await until(lambda: count(rope.bob, said["uri"], "favourites_count"), 1)
    await rope.carol.do("unfavourite", said["uri"])
    for phone in (rope.alice, rope.bob):
        await until(lambda phone=phone: count(phone, said["uri"], "favourites_count"), 0)


async def test_a_boost_twice_is_a_boost_once(rope: Rope):
    said = await rope.alice.say("@apollo Once is enough")
    for _ in range(2):
        await rope.bob.do("reblog", said["uri"])
        await rope.bob.do("favourite", said["uri"])
    await rope.agree()
    for phone in (rope.alice, rope.carol):
        assert await count(phone, said["uri"], "reblogs_count") == 1
        assert await count(phone, said["uri"], "favourites_count") == 1


async def test_a_direct_post_to_a_partners_person_goes_into_the_one_project_both_share(rope: Rope):
    said = await rope.alice.say(f"@bob@{rope.globex.host} can you look at this?", visibility="direct")
    await rope.bob.hears("mention", said["uri"])
    assert (await rope.carol.sees(said["uri"]))["visibility"] == "private"
    assert said["uri"] in uris(await rope.bob.project())
    assert await rope.zach.read(said["uri"]) is None


async def test_a_direct_post_to_a_partner_with_whom_nothing_is_shared_is_explained(rope: Rope):
    answer = await rope.zoe.try_to_say(f"@bob@{rope.globex.host} hello", visibility="direct")
    assert answer.status == 422
    assert answer.content["rule"] == "no_shared_project"
    assert "no project in common with Bob" in answer.content["error"]


async def test_who_is_not_in_the_project_cannot_post_there(rope: Rope):
    answer = await rope.zoe.try_to_say("@apollo let me in")
    assert (answer.status, answer.content["rule"]) == (422, "not_a_member")


async def test_the_same_key_posts_once(rope: Rope):
    headers = {"Idempotency-Key": "a key of the app"}
    body = {"status": "@apollo Said once"}
    first, second = [await rope.alice.call("POST", STATUSES, json=body, headers=headers) for _ in range(2)]
    assert first.content["uri"] == second.content["uri"]
    await rope.agree()
    assert [s["content"] for s in await rope.bob.project()].count(first.content["content"]) == 1


async def count(phone: Phone, uri: str, name: str) -> int:
    return (await phone.sees(uri))[name]
