"""IT reads on pages how other nodes fare, and why something was not taken."""

from instance.storage import delivery
from tests.nodes import Company, until
from tests.web.pages import reader

Tied = tuple[Company, Company, Company]


async def has(company: Company, iri: str) -> bool:
    return await company.find_post(iri) is not None


async def test_every_partner_is_shown_with_when_it_was_reached(tied: Tied):
    acme, globex, initech = tied
    async with reader(acme, "admin", is_admin=True) as admin:
        page = await admin.read("/app/partners")
    assert f"/app/partners/{globex.host}" in page
    assert f"/app/partners/{initech.host}" in page
    assert "Last reached" in page


async def test_the_page_of_a_partner_tells_each_exchange_with_its_reason(tied: Tied):
    acme, globex, _ = tied
    post = await acme.post("alice", "@apollo Look")
    await until(lambda: has(globex, post.iri))
    async with reader(globex, "admin", is_admin=True) as admin:
        page = await admin.read(f"/app/partners/{acme.host}")
    assert "A member posted in the project." in page
    assert "came from them" in page


async def test_the_page_of_a_partner_that_does_not_take_our_letters_says_what_to_do(tied: Tied):
    acme, globex, _ = tied
    await globex.shut_door()
    await acme.post("alice", "@apollo Look")

    async def last_error() -> str:
        lane = await acme.node.read(lambda tx: delivery.lane(tx, globex.host))
        return lane.last_error if lane else ""

    await until(last_error, "connect")
    async with reader(acme, "admin", is_admin=True) as admin:
        page = await admin.read(f"/app/partners/{globex.host}")
        assert "Nothing listens there, or a firewall is between." in page
        assert f"cordee federation probe {globex.host}" in page
        assert f"cordee federation retry {globex.host}" in page
        assert "Failed tries in a row: " in page
        assert "1 waiting, not taken" in await admin.read("/app/partners")


async def test_why_something_was_dropped_is_asked_by_its_address(tied: Tied):
    acme, globex, _ = tied
    async with reader(globex, "admin", is_admin=True) as admin:
        page = await admin.read(f"/app/partners?iri={acme.project_iri}/nothing")
        assert "There is no trace of that address" in page
        await globex.post("bob", "Who are we?")  # whoever gets it asks for the key of its sender

        async def is_traced() -> bool:
            return "no trace" not in await admin.read(f"/app/partners?iri={globex.node.home.node}")

        await until(is_traced)


async def test_a_host_that_nobody_knows_has_no_page(tied: Tied):
    async with reader(tied[0], "admin", is_admin=True) as admin:
        assert (await admin.get("/app/partners/nowhere.example")).status == 404


async def test_who_is_not_it_does_not_read_it(tied: Tied):
    async with reader(tied[0], "alice") as alice:
        assert (await alice.get("/app/partners")).status == 403
