"""The page of one's own company: what is written there stays there."""

from instance.domain import announcement
from tests.nodes import Company, until
from tests.web.pages import reader
from tests.web.test_emojis import drawn

Tied = tuple[Company, Company, Company]


async def test_what_is_written_for_the_company_is_read_by_every_colleague(acme: Company):
    async with reader(acme, "alice") as alice, reader(acme, "zoe") as zoe:
        answer = await alice.send("/app/company/posts", text="Cake in the kitchen")
        assert answer.headers["Location"].startswith("/app/company#p")
        assert "Cake in the kitchen" in await zoe.read("/app/company")


async def test_what_is_written_for_the_company_leaves_nothing_for_partners(tied: Tied):
    acme, globex, _ = tied
    async with reader(acme, "alice") as alice, reader(globex, "bob") as bob:
        await alice.send("/app/company/posts", text="The margin is thin")
        after = await acme.post("alice", "Said after it")

        async def arrived() -> bool:
            return await globex.find_post(after.iri) is not None

        await until(arrived)
        for path in ("/app/company", "/app/projects"):
            assert "The margin is thin" not in await bob.read(path)


async def test_naming_a_project_on_the_companys_page_sends_nothing_to_it(tied: Tied):
    async with reader(tied[0], "alice") as alice:
        answer = await alice.send("/app/company/posts", text="Our view of @apollo")
        assert answer.status == 422
        assert "You are writing for your company alone, and this names Apollo." in answer.content
        assert "Our view of @apollo</textarea>" in answer.content


async def test_posts_of_a_project_are_not_on_the_companys_page(tied: Tied):
    await tied[0].post("alice", "For the partners")
    async with reader(tied[0], "zoe") as zoe:
        assert "For the partners" not in await zoe.read("/app/company")


async def test_a_text_longer_than_the_node_allows_comes_back(acme: Company):
    async with reader(acme, "alice") as alice:
        text = "x" * (acme.config.text_limit_chars + 1)
        answer = await alice.send("/app/company/posts", text=text)
        assert answer.status == 422
        assert f"{text}</textarea>" in answer.content


async def test_what_is_announced_stands_above_what_colleagues_say(acme: Company):
    await drawn(acme, "crane")
    async with reader(acme, "alice") as alice:
        assert "Announcements" not in await alice.read("/app/company")
        row = await acme.node.perform(lambda tx: announcement.add(tx, "Closed **tonight** <b> :crane:"))
        page = await alice.read("/app/company")
        assert "Closed <strong>tonight</strong> &lt;b&gt; <img class=" in page
        await acme.node.perform(lambda tx: announcement.remove(tx, row.id))
        assert "tonight" not in await alice.read("/app/company")
