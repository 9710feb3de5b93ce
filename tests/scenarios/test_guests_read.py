"""What a guest host gets of a project: every post, edit, boost and delete, as the project's own words, and no id of anybody else."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from instance.domain import post, vote
from instance.domain.compose import PostDraft
from instance.domain.poll import PollDraft
from instance.storage import ledger
from instance.storage.posts import PostRow
from tests.nodes import Company, agree, until
from tests.scenarios.guest_place import Place, a_place

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """The place; Ann follows the project."""
    async with a_place(tmp_path_factory.mktemp("guests"), may="read") as found:
        await found.mastodon.follow(found.acme, "ann")
        yield found


async def noted(
    place: Place, company: Company, username: str, text: str, **draft: Any
) -> tuple[PostRow, dict[str, Any]]:
    """A post, and what the guest got of it."""
    before = len(place.mastodon.of("Create"))
    row = await company.post(username, text, **draft)
    create = await place.mastodon.arrived("Create", before + 1)
    return row, create["object"]


async def here(company: Company, row: PostRow) -> PostRow:
    """A post as a company holds it, once it is there."""

    async def arrived() -> bool:
        return await company.find_post(row.iri) is not None

    await until(arrived)
    found = await company.find_post(row.iri)
    assert found is not None
    return found


async def edit(company: Company, username: str, row: PostRow, text: str) -> None:
    author, node = company.people[username], company.node
    await node.perform(lambda tx: post.edit(tx, node.gate, author, row.id, PostDraft(text)))


async def boost(company: Company, username: str, row: PostRow, *, verb: Any = post.boost) -> None:
    author, node = company.people[username], company.node
    await node.perform(lambda tx: verb(tx, node.gate, author, row.id))


@pytest.mark.parametrize(
    ("name", "username", "who"), [("acme", "alice", "Alice, Acme"), ("globex", "bob", "Bob, Globex")]
)
async def test_a_post_of_any_company_comes_as_the_projects_own_with_author_and_company(
    place: Place, name: str, username: str, who: str
):
    _, note = await noted(place, getattr(place, name), username, "The rail is *up*")
    assert note["content"] == f"<p>{who}: The rail is <em>up</em></p>"
    project = place.acme.project_iri
    assert (note["attributedTo"], note["to"], note["cc"]) == (project, [f"{project}/followers"], [])
    assert note["id"].startswith(f"{place.acme.config.base_url}/notes/")
    assert note["interactionPolicy"] == {"canQuote": {"automaticApproval": [project]}}  # nobody but itself


async def test_who_is_named_is_called_by_name_and_has_no_address(place: Place):
    bob = f"@bob@{place.globex.host}"
    text = f"{bob} and `{bob}`, see https://{place.globex.host}/people/bob and https://elsewhere.example/x"
    _, note = await noted(place, place.acme, "alice", text)
    assert ">Bob</span> and <code>Bob</code>, see […] and <a href=" in note["content"]
    assert place.globex.host not in orjson.dumps(note).decode()


async def test_an_answer_is_an_answer_to_the_note_of_what_it_answers(place: Place):
    row, first = await noted(place, place.acme, "alice", "Who mills?")
    parent = await here(place.globex, row)
    _, second = await noted(place, place.globex, "bob", "We do", in_reply_to_id=parent.id)
    assert (first.get("inReplyTo"), second["inReplyTo"]) == (None, first["id"])


async def test_the_context_of_a_note_lists_the_notes_of_the_conversation_and_nothing_else(place: Place):
    row, first = await noted(place, place.acme, "alice", "Who turns?")
    parent = await here(place.globex, row)
    _, second = await noted(place, place.globex, "bob", "We turn", in_reply_to_id=parent.id)
    assert first["context"] == second["context"] == f"{first['id']}/context"
    path = first["context"].removeprefix(place.acme.config.base_url)
    status, found = await place.mastodon.get(place.acme, path, signed_by="ann")
    assert (status, found["orderedItems"]) == (200, [first["id"], second["id"]])
    assert found["attributedTo"] == place.acme.project_iri
    for secret in ("/posts/", "/people/", "/activities/", place.globex.host):
        assert secret not in orjson.dumps(found).decode()
    later = second["id"].removeprefix(place.acme.config.base_url)
    for asked, signed_by in ((path, ""), (f"{later}/context", "ann")):
        status, _ = await place.mastodon.get(place.acme, asked, signed_by=signed_by)
        assert status == 404


async def test_a_guest_does_not_get_the_conversation_itself(place: Place):
    row, _ = await noted(place, place.acme, "alice", "Who grinds?")
    for name in ("context", "context-history"):
        path = f"{row.iri.removeprefix(place.acme.config.base_url)}/{name}"
        assert (await place.mastodon.get(place.acme, path, signed_by="ann"))[0] == 404
    path = f"/log?project={place.acme.project_iri}&thread={row.iri}"
    assert (await place.mastodon.get(place.acme, path, signed_by="ann"))[0] == 404


async def test_an_edit_changes_the_note(place: Place):
    row, note = await noted(place, place.globex, "bob", "Up by 20 mm")
    await edit(place.globex, "bob", row, "Up by 22 mm")
    update = await place.mastodon.arrived("Update", 1)
    assert (update["object"]["id"], update["object"]["content"]) == (
        note["id"],
        "<p>Bob, Globex: Up by 22 mm</p>",
    )
    assert update["object"]["updated"] > note["published"]


async def test_a_boost_is_an_announcement_of_the_project_and_is_taken_back(place: Place):
    row, note = await noted(place, place.acme, "alice", "Worth reading")
    copy = await here(place.globex, row)
    await boost(place.globex, "bob", copy)
    announce = await place.mastodon.arrived("Announce", 1)
    assert (announce["actor"], announce["object"]) == (place.acme.project_iri, note["id"])
    await boost(place.globex, "bob", copy, verb=post.unboost)
    undo = await place.mastodon.arrived("Undo", 1)
    assert undo["object"]["id"] == announce["id"]


async def test_what_a_guest_was_told_it_may_ask_for_by_its_id(place: Place):
    row, note = await noted(place, place.acme, "alice", "By its id")
    created = place.mastodon.of("Create")[-1]
    before = len(place.mastodon.of("Announce"))
    await boost(place.acme, "alice", row)
    announced = await place.mastodon.arrived("Announce", before + 1)
    for said in (created, announced):
        path = said["id"].removeprefix(place.acme.config.base_url)
        status, shown = await place.mastodon.get(place.acme, path, signed_by="instance")
        assert (status, [shown[key] for key in ("id", "type", "actor", "object", "to")]) == (
            200,
            [said[key] for key in ("id", "type", "actor", "object", "to")],
        )
        assert (await place.stranger.get(place.acme, path, signed_by="instance"))[0] == 404
    assert created["object"] == note


async def test_a_poll_comes_with_its_answers_in_words_and_votes_are_no_news(place: Place):
    asked = PollDraft(("Ten", f"Ask @bob@{place.globex.host}"), 3600)
    row, note = await noted(
        place, place.acme, "alice", "When?", poll=asked, spoiler=f"@bob@{place.globex.host}"
    )
    assert note["type"] == "Note"
    lines, _, until = note["content"].removesuffix("</p>").rpartition("<br>")
    assert lines == "<p>Alice, Acme: When?</p><p>– Ten<br>– Ask […]"
    assert re.fullmatch(r"A poll until \d{4}-\d\d-\d\d \d\d:\d\d UTC: people of the project choose\.", until)
    assert note["summary"] == "[…]"
    updates = len(place.mastodon.of("Update"))
    bob, copy = place.globex.people["bob"], await here(place.globex, row)
    await place.globex.node.perform(lambda tx: vote.vote(tx, place.globex.node.gate, bob, copy.id, (0,)))
    await noted(place, place.acme, "alice", "After the vote")
    assert len(place.mastodon.of("Update")) == updates


async def test_a_boost_of_what_was_said_before_anybody_followed_brings_it_first(tmp_path: Path):
    async with a_place(tmp_path, may="read") as place:
        row = await place.acme.post("alice", "Long ago")
        await place.mastodon.follow(place.acme, "zoe")
        assert place.mastodon.of("Create") == []
        await boost(place.acme, "alice", row)
        announce = await place.mastodon.arrived("Announce", 1)
        (create,) = place.mastodon.of("Create")
        assert (announce["object"], create["object"]["content"]) == (
            create["object"]["id"],
            "<p>Alice, Acme: Long ago</p>",
        )


async def test_a_deleted_post_is_deleted_there(place: Place):
    row, note = await noted(place, place.globex, "bob", "Wrong channel")
    await place.globex.delete("bob", row.id)
    delete = await place.mastodon.arrived("Delete", 1)
    assert delete["object"] == {"id": note["id"], "type": "Tombstone"}
    assert await got(place, note) == 404
    assert await got(place, {"id": f"{note['id']}/activity"}) == 404


async def got(place: Place, note: dict[str, Any], *, by: Any = None) -> int:
    path = note["id"].removeprefix(place.acme.config.base_url)
    return (await (by or place.mastodon).get(place.acme, path, signed_by="instance"))[0]


async def test_a_note_is_shown_to_the_guest_that_asks_and_to_no_other_host(place: Place):
    row, note = await noted(place, place.acme, "alice", "For guests")
    path = note["id"].removeprefix(place.acme.config.base_url)
    status, shown = await place.mastodon.get(place.acme, path, signed_by="instance")
    assert (status, shown["content"]) == (200, note["content"])
    assert await got(place, note, by=place.stranger) == 404
    assert (await place.mastodon.get(place.acme, path))[0] == 404
    for hidden in (row.iri, f"{place.acme.config.base_url}/people/alice"):
        path = hidden.removeprefix(place.acme.config.base_url)
        assert (await place.mastodon.get(place.acme, path, signed_by="instance"))[0] == 404


async def test_what_is_internal_or_of_another_project_makes_no_note(place: Place):
    before = len(place.mastodon.posts)
    await place.acme.post("alice", "Ours alone", project=None)
    _, note = await noted(place, place.acme, "alice", "For all")
    assert [each["type"] for each in place.mastodon.posts[before:]] == ["Create"]
    assert note["content"] == "<p>Alice, Acme: For all</p>"


async def test_a_guest_learns_no_id_but_the_projects_and_its_notes(place: Place):
    """Everything that arrived in this module, letter by letter."""
    base = place.acme.config.base_url
    row, _ = await noted(place, place.acme, "alice", f"@bob@{place.globex.host} last words")
    await here(place.globex, row)
    said = orjson.dumps(place.mastodon.posts).decode()
    for family in ("people", "posts", "charters", "media", "log"):
        assert f"{base}/{family}" not in said
    assert place.globex.host not in said
    assert "alice@" not in said
    assert place.mastodon.turned_away == []


async def test_what_would_name_a_person_in_disguise_is_held_back_and_is_a_line(place: Place):
    before = len(place.mastodon.of("Create"))
    host = place.globex.host.replace("globex", "globe\u200bx")
    await place.acme.post("alice", f"Ask @bob@{host}")
    _, note = await noted(place, place.acme, "alice", "Afterwards")
    assert len(place.mastodon.of("Create")) == before + 1
    assert note["content"].endswith("Afterwards</p>")
    lines = await place.acme.node.read(lambda tx: ledger.lines(tx, limit=20))
    assert any(
        line.verdict == "withheld" and f"{place.globex.host}/people/bob" in line.names for line in lines
    )


async def test_the_companies_hold_one_log_whatever_guests_are_told(place: Place):
    await agree(place.acme, place.globex)
    assert all(entry.state == "applied" for entry in await place.globex.entries(place.acme.host))


async def test_a_server_without_a_shared_inbox_gets_a_letter_for_each_follower(place: Place):
    place.mastodon.shared = False
    try:
        accepts = len(place.mastodon.inboxes)
        for name in ("gus", "hal"):
            await place.mastodon.follow(place.acme, name)
        assert place.mastodon.inboxes[accepts:] == ["/users/gus/inbox", "/users/hal/inbox"]
        before, letters = len(place.mastodon.of("Create")), len(place.mastodon.inboxes)
        await place.acme.post("alice", "To each")
        await place.mastodon.arrived("Create", before + 1)

        async def doors() -> set[str]:
            return set(place.mastodon.inboxes[letters:])

        await until(doors, {"/inbox", "/users/gus/inbox", "/users/hal/inbox"})
    finally:
        place.mastodon.shared = True


async def test_revoking_takes_every_note_back(place: Place):
    await noted(place, place.acme, "alice", "Still with guests")
    known = {create["object"]["id"] for create in place.mastodon.of("Create")}
    gone = {delete["object"]["id"] for delete in place.mastodon.of("Delete")}
    await place.revoke(place.mastodon)

    async def left() -> set[str]:
        return known - {delete["object"]["id"] for delete in place.mastodon.of("Delete")}

    assert known > gone
    await until(left, set())
    creates = len(place.mastodon.of("Create"))
    row = await place.acme.post("alice", "Without guests")
    await here(place.globex, row)
    assert len(place.mastodon.of("Create")) == creates
