"""The pages of a project, as its people, its IT and others find them."""

import re

import pytest

from instance.domain import charter
from tests.nodes import Company, agree
from tests.web.pages import ids_on, project_path, reader

Tied = tuple[Company, Company, Company]


async def test_the_front_door_leads_to_my_projects(tied: Tied):
    async with reader(tied[0], "alice") as alice:
        assert (await alice.get("/")).headers["Location"] == "/app/projects"
        page = await alice.read("/app/projects")
        assert "Apollo" in page
        assert all(name in page for name in ("Acme", "Globex", "Initech"))


async def test_who_is_in_no_project_is_told_how_to_come_in(tied: Tied):
    async with reader(tied[0], "zoe") as zoe:
        assert "You are in no project yet." in await zoe.read("/app/projects")


async def test_a_project_that_one_is_not_in_is_like_none(tied: Tied):
    path = await project_path(tied[0])
    async with reader(tied[0], "zoe") as zoe:
        answers = [await zoe.get(path), await zoe.get("/app/projects/1"), await zoe.get("/app/projects/x")]
        assert {answer.status for answer in answers} == {404}
        assert len({re.sub(r'name="next" value="[^"]*"', "", answer.content) for answer in answers}) == 1
        assert "There is nothing here for you" in answers[0].content


async def test_who_is_not_in_a_project_cannot_write_in_it(tied: Tied):
    path = await project_path(tied[0])
    async with reader(tied[0], "zoe") as zoe:
        assert (await zoe.send(f"{path}/posts", text="Let me in")).status == 404


async def test_it_sees_the_charter_and_the_people_but_no_post(tied: Tied):
    await tied[0].post("alice", "Between the teams only")
    path = await project_path(tied[0])
    async with reader(tied[0], "admin", is_admin=True) as admin:
        page = await admin.read(path)
        assert "Carol" in page
        assert "The whole charter" in page
        assert "Between the teams only" not in page
        assert "<textarea" not in page


async def test_a_post_from_the_page_reaches_the_partners(tied: Tied):
    acme, globex, _ = tied
    async with reader(globex, "bob") as bob:
        answer = await bob.send(f"{await project_path(globex)}/posts", text="Written on a page")
        assert answer.status == 303
    await agree(*tied)
    async with reader(acme, "alice") as alice:
        page = await alice.read(await project_path(acme))
        assert "Written on a page" in page
        assert re.search(r'class="by">Bob</span> <span class="company">Globex', page)


async def test_what_cannot_be_published_comes_back_with_its_reason(tied: Tied):
    acme = tied[0]
    await acme.hire("zoe")
    async with reader(acme, "alice") as alice:
        answer = await alice.send(f"{await project_path(acme)}/posts", text="Ask @zoe <about> it")
        assert answer.status == 422
        assert "Not in Apollo, so not to be named there: Zoe" in answer.content
        assert "\nAsk @zoe &lt;about&gt; it</textarea>" in answer.content
        assert 'aria-invalid="true"' in answer.content


async def test_nothing_is_posted_twice_by_reading_the_page_again(tied: Tied):
    acme = tied[0]
    async with reader(acme, "alice") as alice:
        path = await project_path(acme)
        answer = await alice.send(f"{path}/posts", text="Once")
        assert answer.headers["Location"].startswith(f"{path}#p")
        assert (await alice.read(path)).count("<p>Once</p>") == 1


async def test_the_reader_is_told_who_reads_along(tied: Tied):
    async with reader(tied[1], "bob") as bob:
        reach = re.search(r'id="reach".*?</p>', await bob.read(await project_path(tied[1])), re.DOTALL)
        assert reach is not None
        assert re.findall(r">(\w+)</span>", reach[0]) == ["Acme", "Globex", "Initech"]


async def test_a_follower_reads_and_cannot_write(tied: Tied):
    acme = tied[0]
    await acme.post("alice", "Readable")
    await acme.hire("fay")
    await acme.join("fay", role="follower")
    async with reader(acme, "fay") as fay:
        page = await fay.read(await project_path(acme))
        assert "Readable" in page
        assert "You follow this project: you read, the members write." in page
        assert "<textarea" not in page


async def test_while_the_charter_is_suspended_nobody_is_offered_to_write(tied: Tied):
    acme = tied[0]
    await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
    async with reader(acme, "alice") as alice:
        path = await project_path(acme)
        page = await alice.read(path)
        assert "The charter is not in force now, so nobody can post." in page
        answer = await alice.send(f"{path}/posts", text="Too late")
        assert answer.status == 422


async def test_older_pages_are_reached_and_led_back_from(tied: Tied):
    acme = tied[0]
    made = [(await acme.post("alice", f"Number {n}")).id for n in range(32)]
    async with reader(acme, "alice") as alice:
        path = await project_path(acme)
        first = await alice.read(path)
        older = re.search(r'href="([^"]*before=\d+)"', first)
        assert older is not None
        second = await alice.read(older[1])
        assert ids_on(first) + ids_on(second) == made[::-1]
        assert "Back to the newest" in second
        assert "Back to the newest" not in first


async def test_people_stand_below_their_company(tied: Tied):
    async with reader(tied[0], "alice") as alice:
        page = await alice.read(await project_path(tied[0]))
        who = page[page.index("Who is in it") : page.index('id="charter"')]
        assert re.findall(r"(Acme|Globex|Initech|Alice|Bob|Carol)", who) == [
            "Acme",
            "Alice",
            "Globex",
            "Bob",
            "Initech",
            "Carol",
        ]


async def test_a_project_named_in_a_post_leads_to_its_page_here(tied: Tied):
    acme, globex, _ = tied
    await acme.post("alice", "For all of @apollo and for @alice")
    await agree(*tied)
    async with reader(globex, "bob") as bob:
        path = await project_path(globex)
        page = await bob.read(path)
        assert f'<a href="{path}">' in page
        assert 'class="mention" title="Alice"' in page
        assert f'href="{acme.config.base_url}' not in page


@pytest.mark.parametrize(("tag", "word"), [("#decision", "décision"), ("#deliverable", "livrable")])
async def test_a_work_item_is_named_in_the_readers_language(tied: Tied, tag: str, word: str):
    acme = tied[0]
    await acme.post("alice", f"{tag} Encoder it is")
    async with reader(acme, "alice") as alice:
        await alice.send("/app/account/language", locale="fr", next="/app")
        assert f'<span class="work">{word}</span>' in await alice.read(await project_path(acme))
