"""Guests answer where the charter lets them: by mentioning the project's handle, in the project's own name, and nobody learns by trying what there is."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from instance.domain import charter
from tests.nodes import agree, until
from tests.scenarios.app import web_of
from tests.scenarios.guest_place import Place, a_place
from tests.web.client import App, apps_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Talk(NamedTuple):
    """The place, and what alice of Acme and bob of Globex see of it in their apps. Ann follows, and guests may answer."""

    place: Place
    alice: App
    bob: App

    def mention(self) -> dict[str, Any]:
        """How Mastodon names the project: a tag and an address."""
        iri = self.place.acme.project_iri
        handle = f"@apollo@{self.place.acme.host}"
        return {"tag": [{"type": "Mention", "href": iri, "name": handle}], "cc": [iri]}

    def words(self, text: str) -> str:
        """Words with the mention in front, as Mastodon writes it."""
        link = f'<a href="{self.place.acme.project_iri}" class="u-url mention">@<span>apollo</span></a>'
        return f'<p><span class="h-card" translate="no">{link}</span> {text}</p>'

    async def say(self, text: str, *, name: str = "ann", **more: Any) -> tuple[int, dict[str, Any]]:
        """Let somebody at the guest host say something to the project; the status of the answer, and the note."""
        note = self.place.mastodon.note(name, self.words(text)) | self.mention() | more
        return await self.send(name, "Create", note), note

    async def send(self, name: str, kind: str, carried: Any) -> int:
        """Deliver an activity of somebody there."""
        mastodon = self.place.mastodon
        return await mastodon.send(self.place.acme, name, mastodon.said(name, kind, carried))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    """The talk."""
    directory = tmp_path_factory.mktemp("guests")
    async with (
        a_place(directory, may="answer", app_of=web_of) as place,
        apps_of(place.acme, "alice") as (alice,),
        apps_of(place.globex, "bob") as (bob,),
    ):
        await place.mastodon.follow(place.acme, "ann")
        yield Talk(place, alice, bob)


async def seen(app: App, content: str) -> dict[str, Any]:
    """The status with this content at home, once it is there."""

    async def found() -> list[dict[str, Any]]:
        return [each for each in await app.get("/api/v1/timelines/home") if each["content"] == content]

    async def is_there() -> bool:
        return bool(await found())

    await until(is_there)
    return (await found())[0]


async def gone(app: App, content: str) -> None:
    """Wait until no status at home has this content."""

    async def is_there() -> bool:
        return content in [each["content"] for each in await app.get("/api/v1/timelines/home")]

    await until(is_there, False)


def by_ann(talk: Talk, text: str) -> str:
    return f"<p>Ann, {talk.place.mastodon.host}: {text}</p>"


async def test_an_answer_is_a_post_of_the_project_at_every_company(talk: Talk):
    assert (await talk.say("We have <b>two</b> left"))[0] == 202
    for app in (talk.alice, talk.bob):
        status = await seen(app, by_ann(talk, "We have <b>two</b> left"))
        assert status["account"]["username"] == "apollo"
        assert status["account"]["group"] is True
    await agree(talk.place.acme, talk.place.globex)


async def test_an_answer_stands_in_the_thread_of_what_it_answers_and_can_be_answered(talk: Talk):
    asked = await talk.alice.post("/api/v1/statuses", status=f"@apollo@{talk.place.acme.host} Who has a key?")

    async def note() -> str:
        return next(
            (
                each["object"]["id"]
                for each in talk.place.mastodon.of("Create")
                if "key" in each["object"]["content"]
            ),
            "",
        )

    async def is_noted() -> bool:
        return bool(await note())

    await until(is_noted)
    await talk.say("Here", inReplyTo=await note())
    answer = await seen(talk.alice, by_ann(talk, "Here"))
    assert answer["in_reply_to_id"] == asked["id"]
    there = await seen(talk.bob, by_ann(talk, "Here"))
    await talk.bob.post("/api/v1/statuses", status="Bring it", in_reply_to_id=there["id"])
    created = [each["object"] for each in talk.place.mastodon.of("Create")]
    mirror = next(each["id"] for each in created if each["content"] == by_ann(talk, "Here"))

    async def parents() -> list[str | None]:
        notes = [each["object"] for each in talk.place.mastodon.of("Create")]
        return [each.get("inReplyTo") for each in notes if "Bring it" in each["content"]]

    await until(parents, [mirror])


async def test_an_answer_is_changed_and_taken_back_by_who_gave_it(talk: Talk):
    _, note = await talk.say("At ten")
    await seen(talk.bob, by_ann(talk, "At ten"))
    talk.place.mastodon.person("ben")
    changed = note | {"content": talk.words("At eleven")}
    assert await talk.send("ann", "Update", changed) == 202
    await seen(talk.bob, by_ann(talk, "At eleven"))
    assert await talk.send("ben", "Delete", {"id": note["id"], "type": "Tombstone"}) == 422
    await seen(talk.bob, by_ann(talk, "At eleven"))
    assert await talk.send("ann", "Delete", {"id": note["id"], "type": "Tombstone"}) == 202
    for app in (talk.alice, talk.bob):
        await gone(app, by_ann(talk, "At eleven"))
    assert await talk.send("ann", "Update", changed) == 422


async def test_an_answer_bears_the_name_that_its_author_has_by_then(talk: Talk):
    await talk.place.mastodon.follow(talk.place.acme, "kim")
    document = talk.place.mastodon.people["kim"]
    assert await talk.send("kim", "Update", document | {"name": "Kimberly"}) == 202
    assert await talk.send("ann", "Update", document | {"name": "Not kim"}) == 422
    await talk.say("It is me", name="kim")
    await seen(talk.bob, f"<p>Kimberly, {talk.place.mastodon.host}: It is me</p>")


async def test_an_answer_that_comes_twice_is_one(talk: Talk):
    _, note = await talk.say("Once")
    assert await talk.send("ann", "Create", note) == 422
    await seen(talk.bob, by_ann(talk, "Once"))
    home = await talk.bob.get("/api/v1/timelines/home")
    assert [each["content"] for each in home].count(by_ann(talk, "Once")) == 1


async def test_who_does_not_follow_or_names_no_project_is_not_heard(talk: Talk):
    talk.place.mastodon.person("ida")
    assert (await talk.say("Let me in", name="ida"))[0] == 422
    assert (await talk.say("", content="<p>To nobody</p>", tag=[], cc=[]))[0] == 422
    await talk.say("After that")
    await seen(talk.bob, by_ann(talk, "After that"))
    home = await talk.bob.get("/api/v1/timelines/home")
    assert not any("Let me in" in each["content"] or "To nobody" in each["content"] for each in home)


@pytest.mark.parametrize("name", ["alice", "carol"])
async def test_a_handle_or_address_inside_leaves_no_trace_whether_it_exists_or_not(talk: Talk, name: str):
    host = talk.place.acme.host
    status, _ = await talk.say(f"Ask @{name}@{host} at http://{host}/people/{name} now")
    assert status == 202
    await seen(talk.bob, by_ann(talk, "Ask […] at […] now"))


@pytest.mark.parametrize("name", ["alice", "carol"])
async def test_a_handle_in_disguise_is_refused_whether_it_exists_or_not(talk: Talk, name: str):
    host = talk.place.acme.host.replace("acme", "ac\u200bme")
    assert (await talk.say(f"Ask @{name}@{host}"))[0] == 422


async def test_a_picture_is_a_link_with_its_description_and_is_not_fetched(talk: Talk):
    picture = {
        "type": "Document",
        "mediaType": "image/png",
        "url": f"{talk.place.mastodon.base}/1.png",
        "name": "A rail",
    }
    await talk.say("Look", attachment=[picture])
    link = f'<a href="{picture["url"]}" rel="nofollow noopener noreferrer">A rail</a>'
    status = await seen(talk.bob, f"{by_ann(talk, 'Look')}<p>{link}</p>")
    assert status["media_attachments"] == []


@pytest.mark.parametrize(
    "way", ["tag with a name alone", "link in the words", "cc alone", "answer to a note"]
)
async def test_whatever_way_of_answering_reaches_the_project(talk: Talk, way: str):
    project, handle = talk.place.acme.project_iri, f"@apollo@{talk.place.acme.host}"
    note = {
        "tag with a name alone": {"tag": [{"type": "Mention", "name": handle}]},
        "link in the words": {"content": f'<p><a href="{project}">apollo</a> {way}</p>'},
        "cc alone": {"cc": project},
        "answer to a note": {"inReplyTo": await note_of(talk)},
    }[way]
    bare: dict[str, Any] = {
        "tag": [],
        "cc": [],
        "content": f"<p>{way}</p>",
        "to": [f"{talk.place.mastodon.base}/f"],
    }
    assert (await talk.say("", **bare | note))[0] == 202
    found = await seen(talk.bob, by_ann(talk, way))
    assert (found["in_reply_to_id"] is not None) is (way == "answer to a note")


@pytest.mark.parametrize("audience", ["public", "unlisted", "followers", "direct"])
async def test_whomever_else_it_is_for_an_answer_is_one(talk: Talk, audience: str):
    public, project = "https://www.w3.org/ns/activitystreams#Public", talk.place.acme.project_iri
    followers = f"{talk.place.mastodon.iri('ann')}/followers"
    to, cc = {
        "public": ([public], [followers, project]),
        "unlisted": ([followers], [public, project]),
        "followers": ([followers], [project]),
        "direct": ([project], []),
    }[audience]
    assert (await talk.say(f"For {audience}", to=to, cc=cc))[0] == 202
    found = await seen(talk.bob, by_ann(talk, f"For {audience}"))
    assert found["visibility"] == (await seen(talk.alice, by_ann(talk, f"For {audience}")))["visibility"]


async def note_of(talk: Talk) -> str:
    """A note that the guest has of the project."""
    creates = len(talk.place.mastodon.of("Create"))
    await talk.alice.post("/api/v1/statuses", status=f"@apollo@{talk.place.acme.host} Anybody?")
    create = await talk.place.mastodon.arrived("Create", creates + 1)
    iri: str = create["object"]["id"]
    return iri


async def test_a_poll_of_a_guest_is_read_with_its_answers_and_counted_by_nobody(talk: Talk):
    asked = {"oneOf": [{"type": "Note", "name": title} for title in ("Ten", "Eleven")], "type": "Question"}
    _, note = await talk.say("When?", **asked)
    content = f"{by_ann(talk, 'When?')}<p>– Ten<br>– Eleven</p>"
    status = await seen(talk.bob, content)
    assert status["poll"] is None
    counted = note | {"votersCount": 7}
    assert await talk.send("ann", "Update", counted) == 422


async def test_a_warning_and_a_language_stay_with_an_answer(talk: Talk):
    words = {
        "content": None,
        "contentMap": {"fr": talk.words("Voilà")},
        "summary": "Attention",
        "sensitive": True,
    }
    await talk.say("", **words)
    status = await seen(talk.bob, by_ann(talk, "Voilà"))
    assert (status["spoiler_text"], status["language"], status["sensitive"]) == ("Attention", "fr", True)


async def test_a_colleague_may_like_and_boost_an_answer(talk: Talk):
    await talk.say("Well done")
    status = await seen(talk.alice, by_ann(talk, "Well done"))
    await talk.alice.post(f"/api/v1/statuses/{status['id']}/favourite")
    boosts = len(talk.place.mastodon.of("Announce"))
    await talk.alice.post(f"/api/v1/statuses/{status['id']}/reblog")
    await talk.place.mastodon.arrived("Announce", boosts + 1)
    assert (await talk.alice.get(f"/api/v1/statuses/{status['id']}"))["favourites_count"] == 1


async def test_a_charter_amended_to_read_only_ends_the_answers(talk: Talk):
    acme, globex = talk.place.acme, talk.place.globex
    row = await acme.node.perform(lambda tx: charter.amend(tx, acme.project_iri, guests="read"))
    await until(globex.charter_state, "offered")
    await globex.node.perform(lambda tx: charter.approve(tx, row.iri, by="IT"))
    await until(acme.charter_state, "live")
    assert (await talk.say("Still here?"))[0] == 422
    creates = len(talk.place.mastodon.of("Create"))
    await talk.alice.post("/api/v1/statuses", status=f"@apollo@{acme.host} You may read on")
    await talk.place.mastodon.arrived("Create", creates + 1)
