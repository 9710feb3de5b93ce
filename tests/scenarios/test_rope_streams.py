"""What happens at one company is pushed to the apps of the others, on the streams of those who may read it and on no others."""

from contextlib import AsyncExitStack

import pytest

from tests.scenarios.app import STATUSES, Phone, Radio, Rope

pytestmark = pytest.mark.asyncio(loop_scope="module")

USER = {"stream": "user"}


async def list_of(phone: Phone) -> dict[str, str]:
    (project,) = await phone.get("/api/v1/lists")
    return {"stream": "list", "list": project["id"]}


async def test_a_post_is_pushed_to_the_home_and_the_list_at_the_other_company(rope: Rope):
    async with rope.bob.listening(USER, await list_of(rope.bob)) as radio:
        said = await rope.alice.say("@apollo Pushed")
        heard = [await radio.next("update", stream) for stream in ("list", "user")]
        assert {one["uri"] for one in heard} == {said["uri"]}
        assert heard[0] == heard[1] == await rope.bob.read(said["uri"])


async def test_an_edit_and_a_deletion_are_pushed_by_the_id_that_the_app_knows(rope: Rope):
    async with rope.carol.listening(USER, await list_of(rope.carol)) as radio:
        said = await rope.bob.say("@apollo As it was")
        at_carol = await radio.next("update", "user")
        await rope.bob.edit(said, "As it is")
        for stream in ("list", "user"):
            changed = await radio.next("status.update", stream)
            assert (changed["id"], changed["content"]) == (at_carol["id"], "<p>As it is</p>")
        await rope.bob.delete(said)
        assert {await radio.next("delete", stream) for stream in ("user", "list")} == {at_carol["id"]}


async def test_a_mention_a_favourite_and_a_boost_are_pushed_as_notifications(rope: Rope):
    async with rope.alice.listening({"stream": "user:notification"}) as radio:
        said = await rope.alice.say("@apollo Look here")
        await rope.bob.do("favourite", said["uri"])
        heard = [await radio.next("notification", "user:notification")]
        await rope.bob.do("reblog", said["uri"])
        heard.append(await radio.next("notification", "user:notification"))
        await rope.bob.reply(said["uri"], "Seen")
        heard.append(await radio.next("notification", "user:notification"))
    assert [one["type"] for one in heard] == ["favourite", "reblog", "mention"]
    assert {one["account"]["acct"] for one in heard} == {f"bob@{rope.globex.host}"}


async def test_colleagues_outside_the_project_hear_nothing_of_it(rope: Rope):
    streams = (USER, {"stream": "public"}, {"stream": "public:local"}, {"stream": "user:notification"})
    async with AsyncExitStack() as stack:
        radios = [await stack.enter_async_context(phone.listening(*streams)) for phone in rope.outsiders]
        inside = await stack.enter_async_context(rope.carol.listening(USER))
        said = await rope.alice.say("@apollo Not for them")
        await rope.bob.do("reblog", said["uri"])
        await rope.alice.edit(said, "Still not for them")
        await rope.alice.delete(said)
        await inside.next("delete", "user")
        await rope.agree()
        assert [await radio.silent() for radio in radios] == [True, True, True]


async def test_an_internal_post_is_pushed_inside_the_company_alone(rope: Rope):
    async with rope.bob.listening(USER, {"stream": "public"}, await list_of(rope.bob)) as theirs:
        async with rope.zoe.listening({"stream": "public:local"}) as ours:
            said = await rope.alice.say("For us")
            assert (await ours.next("update", "public:local"))["uri"] == said["uri"]
        last = await rope.alice.say("@apollo For all")
        assert (await theirs.next("update", "user"))["uri"] == last["uri"]


async def test_who_is_not_in_the_project_cannot_listen_to_it(rope: Rope):
    wanted = await list_of(rope.alice)
    socket = await rope.zoe.socket(headers={"Authorization": f"Bearer {rope.zoe.token}"})
    await socket.send_json({"type": "subscribe", **wanted})
    assert await socket.receive_json(timeout=5) == {"error": "Record not found", "status": 404}
    await socket.close()


async def test_who_is_taken_out_of_the_project_hears_no_more_of_it(rope: Rope):
    await rope.initech.hire("clara")
    await rope.initech.join("clara")
    await rope.agree()
    clara = await rope.newcomer(rope.initech, "clara")
    async with clara.listening(USER, await list_of(clara)) as hers, rope.carol.listening(USER) as carols:
        said = await rope.alice.say("@apollo While she is in")
        assert (await hers.next("update", "list"))["uri"] == said["uri"]
        assert (await hers.next("update", "user"))["uri"] == said["uri"]
        await carols.next("update", "user")
        await rope.initech.leave_out("clara")
        later = await rope.alice.say("@apollo After she left")
        assert (await carols.next("update", "user"))["uri"] == later["uri"]
        assert await hers.silent()
    assert await clara.read(said["uri"]) is None


async def test_an_app_that_was_away_reads_what_it_missed(rope: Rope):
    async with rope.bob.listening(USER) as radio:
        last = await _heard(rope, radio, "One")
    missed = [(await rope.alice.say(f"@apollo {word}"))["uri"] for word in ("Two", "Three")]
    await rope.bob.sees(missed[-1])
    since = await rope.bob.get("/api/v1/timelines/home", min_id=last["id"])
    assert [one["uri"] for one in since] == missed[::-1]


async def _heard(rope: Rope, radio: Radio, text: str) -> dict[str, str]:
    said = await rope.alice.say(f"@apollo {text}")
    heard = await radio.next("update", "user")
    assert heard["uri"] == said["uri"]
    assert (await rope.bob.get(f"{STATUSES}/{heard['id']}"))["uri"] == said["uri"]
    return heard
