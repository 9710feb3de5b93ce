"""IT at its pages: charters that wait, what is decided about them, and the ledger."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from instance.domain import charter, guest, project
from instance.domain.charter import PartyTerms
from instance.storage import keys
from tests.nodes import Company, a_company, agree, running, tie, until
from tests.web.pages import Reader, charter_path, project_path, reader
from web.app import build_app

Tied = tuple[Company, Company, Company]


@pytest_asyncio.fixture
async def offered(tmp_path: Path) -> AsyncIterator[Tied]:
    """Acme has offered a charter to Globex and Initech; Globex has not met Initech yet."""
    companies = [a_company(tmp_path, name, app_of=build_app) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        acme, globex, initech = companies
        made = await acme.node.perform(
            lambda tx: project.create(tx, name="apollo", title="Apollo", purpose="Build the frame")
        )
        parties = [PartyTerms(other.host, role="supplier") for other in (globex, initech)]
        for company in companies:
            company.project_iri = made.iri
        for other in (globex, initech):
            await acme.node.meet(other.host)
        await acme.node.perform(
            lambda tx: charter.offer(tx, made.iri, parties=parties, purpose="Build the frame", ceiling=1)
        )
        for other in (globex, initech):
            await until(other.charter_state, "offered")
        yield acme, globex, initech


async def decide(admin: Reader, company: Company, verb: str, **form: str) -> str:
    """Send the form of a decision; the page that follows."""
    path = await charter_path(company)
    answer = await admin.send(f"{path}/{verb}", **form)
    assert answer.status == 303, answer.content
    return await admin.read(answer.headers["Location"])


async def test_a_charter_that_waits_is_counted_in_the_menu_and_listed_first(offered: Tied):
    async with reader(offered[1], "admin", is_admin=True) as admin:
        page = await admin.read("/app/charters")
        assert re.search(r'class="count">1<', page)
        assert page.index("Waiting for your answer") < page.index("Apollo") < page.index("All others")


async def test_the_charter_goes_live_when_all_have_approved_on_their_pages(offered: Tied):
    _, globex, initech = offered
    for company in (globex, initech):
        async with reader(company, "admin", is_admin=True) as admin:
            assert "Approve and sign" in await admin.read(await charter_path(company))
            await decide(admin, company, "approve")
    for company in offered:
        await until(company.charter_state, "live")


async def test_the_next_version_is_said_to_take_the_place_of_the_one_before(tied: Tied):
    acme, globex, _ = tied
    await acme.node.perform(
        lambda tx: charter.amend(tx, acme.project_iri, purpose="Build two frames", guests="read")
    )
    async with reader(globex, "admin", is_admin=True) as admin:

        async def waits() -> bool:
            return "Build two frames" in await admin.read("/app/charters")

        await until(waits)
        page = await admin.read(await charter_path(globex))
        assert "this version takes the place of the one before" in page
        assert "Nothing begins." not in page
        assert re.search(r"Guests from outside</dt><dd>may read</dd>", page)
        await decide(admin, globex, "decline")
        assert "in force" in await admin.read(await project_path(globex))


async def test_a_project_without_a_charter_in_force_shows_its_newest(offered: Tied):
    acme, globex, _ = offered
    async with reader(acme, "admin", is_admin=True) as admin:
        await decide(admin, acme, "decline")
        assert ">declined</span>" in await admin.read("/app/projects")
        parties = [PartyTerms(globex.host, role="supplier")]
        await acme.node.perform(
            lambda tx: charter.offer(
                tx, acme.project_iri, parties=parties, purpose="Another frame", ceiling=1
            )
        )
        assert ">waiting for the others</span>" in await admin.read("/app/projects")


async def test_approving_asks_every_signers_node_for_its_own_key(offered: Tied):
    _, globex, initech = offered
    node = f"{initech.config.base_url}/actor"
    assert await globex.node.read(lambda tx: keys.keys_of(tx, node)) == []
    async with reader(globex, "admin", is_admin=True) as admin:
        await decide(admin, globex, "approve")
    assert await globex.node.read(lambda tx: keys.keys_of(tx, node)) != []


async def test_nothing_is_signed_while_a_signer_cannot_be_asked(offered: Tied):
    _, globex, initech = offered
    await initech.shut_door()
    async with reader(globex, "admin", is_admin=True) as admin:
        answer = await admin.send(f"{await charter_path(globex)}/approve")
        assert answer.status == 503
        assert "The node of Initech did not show us its key" in answer.content
    assert await globex.charter_state() == "offered"


async def test_what_a_silent_signer_is_part_of_is_signed_by_ticking_a_box(offered: Tied):
    _, globex, initech = offered
    await initech.shut_door()
    async with reader(globex, "admin", is_admin=True) as admin:
        path = await charter_path(globex)
        assert 'name="unmet"' not in await admin.read(path)
        assert 'name="unmet"' in (await admin.send(f"{path}/approve")).content
        assert f"not met: {initech.host}" in await decide(admin, globex, "approve", unmet="yes")
    assert await globex.charter_state() == "approved"


async def test_declining_tells_the_others_the_reason(offered: Tied):
    acme, globex, _ = offered
    async with reader(globex, "admin", is_admin=True) as admin:
        assert "Too long for us" in await decide(admin, globex, "decline", reason="Too long for us")
    await until(acme.charter_state, "declined")
    async with reader(acme, "admin", is_admin=True) as admin:
        assert "Too long for us" in await admin.read(await charter_path(acme))


async def test_an_offer_of_our_own_can_be_taken_back(offered: Tied):
    acme, globex, _ = offered
    async with reader(acme, "admin", is_admin=True) as admin:
        assert "Take the offer back" in await admin.read(await charter_path(acme))
        await decide(admin, acme, "decline", reason="We wait")
    await until(globex.charter_state, "declined")


async def test_suspending_shuts_the_project_for_all_until_we_resume(tied: Tied):
    acme, globex, _ = tied
    async with reader(globex, "admin", is_admin=True) as admin:
        page = await decide(admin, globex, "suspend")
        assert "Resume" in page
        assert "<strong>Globex</strong> suspended it" in page
        await until(acme.charter_state, "suspended")
        assert "Suspend</button>" in await decide(admin, globex, "resume")
    await until(acme.charter_state, "live")


async def test_a_company_can_suspend_what_another_has_suspended(tied: Tied):
    acme, globex, _ = tied
    await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
    await until(globex.charter_state, "suspended")
    async with reader(globex, "admin", is_admin=True) as admin:
        assert "Resume</button>" in await decide(admin, globex, "suspend")


async def test_nobody_leaves_without_saying_that_it_is_meant(tied: Tied):
    globex = tied[1]
    async with reader(globex, "admin", is_admin=True) as admin:
        answer = await admin.send(f"{await charter_path(globex)}/leave")
        assert answer.status == 422
        assert "Leaving is for good." in answer.content
        assert await globex.charter_state() == "live"


async def test_who_leaves_is_out_at_all_and_has_nothing_more_to_decide(tied: Tied):
    acme, globex, _ = tied
    async with reader(globex, "admin", is_admin=True) as admin:
        page = await decide(admin, globex, "leave", sure="yes", reason="Done here")
        assert "What you can do" not in page
    async with reader(acme, "admin", is_admin=True) as admin:

        async def told() -> bool:
            return "<strong>Globex</strong> left the project" in await admin.read(await charter_path(acme))

        await until(told)


async def test_a_decision_that_comes_too_late_shows_the_charter_as_it_is(offered: Tied):
    globex = offered[1]
    path = await charter_path(globex)
    async with reader(globex, "admin", is_admin=True) as admin:
        await decide(admin, globex, "decline")
        answer = await admin.send(f"{path}/approve")
        assert answer.status == 409
        assert "The charter is in another state by now." in answer.content
        assert "Approve and sign" not in answer.content


@pytest.mark.parametrize("path", ["/app/charters/17", "/app/charters/x"])
async def test_a_charter_that_is_not_there_is_said_so(acme: Company, path: str):
    async with reader(acme, "admin", is_admin=True) as admin:
        assert (await admin.get(path)).status == 404
        assert (await admin.send(f"{path}/approve")).status == 404


async def test_a_decision_that_does_not_exist_is_not_found(tied: Tied):
    async with reader(tied[1], "admin", is_admin=True) as admin:
        assert (await admin.send(f"{await charter_path(tied[1])}/widen")).status == 404


async def test_the_pages_of_it_are_not_open_to_colleagues(tied: Tied):
    path = await charter_path(tied[1])
    async with reader(tied[1], "bob") as bob:
        for page in ("/app/charters", "/app/ledger", path):
            answer = await bob.get(page)
            assert answer.status == 403
            assert "This is not open to you" in answer.content
        assert (await bob.send(f"{path}/leave", sure="yes")).status == 403
        assert "/app/ledger" not in await bob.read(await project_path(tied[1]))
    assert await tied[1].charter_state() == "live"


async def test_a_charter_is_read_in_words(tied: Tied):
    async with reader(tied[1], "admin", is_admin=True) as admin:
        await admin.send("/app/account/language", locale="fr", next="/app")
        page = await admin.read(await charter_path(tied[1]))
        for words in ("Charte de Apollo", "C1, projet", "fournisseur", "l’a proposée", "en vigueur"):
            assert words in page


async def test_the_ledger_says_of_each_line_what_to_whom_and_why(tied: Tied):
    acme = tied[0]
    async with reader(acme, "alice") as alice:
        await alice.send("/app/company/posts", text="For us alone")
    await acme.post("alice", "For all")
    await agree(*tied)
    async with reader(acme, "admin", is_admin=True) as admin:
        page = await admin.read("/app/ledger")
        rows = re.findall(r"<tr>.*?</tr>", page[page.index("<tbody>") :], re.DOTALL)
        left = next(row for row in rows if "released" in row and "a new post" in row and "Globex" in row)
        assert "Everything it names belongs to the project, whose companies get it." in left
        held = next(row for row in rows if "held back" in row)
        assert "nobody" in held
        assert "It names what is known only inside the company" in held


@pytest.mark.parametrize(
    ("query", "in_every_row", "in_none"),
    [("verdict=released", "released", "held back"), ("verdict=withheld", "held back", "released")],
)
async def test_the_ledger_is_filtered(tied: Tied, query: str, in_every_row: str, in_none: str):
    acme = tied[0]
    await acme.post("alice", "For us alone", project=None)
    async with reader(acme, "admin", is_admin=True) as admin:
        page = await admin.read(f"/app/ledger?{query}")
        chips = re.findall(r'<span class="chip \w+">([^<]+)</span>', page[page.index("<tbody>") :])
        assert in_every_row in chips
        assert in_none not in chips


async def test_the_ledger_of_one_company_has_its_lines_alone(tied: Tied):
    acme, globex, initech = tied
    await acme.post("alice", "For all")
    async with reader(acme, "admin", is_admin=True) as admin:
        body = (await admin.read(f"/app/ledger?host={globex.host}")).partition("<tbody>")[2]
        assert globex.host in body
        assert f">{initech.host}</span>" not in body


async def test_older_lines_keep_the_filter(tied: Tied):
    acme, globex, _ = tied
    for n in range(101):
        await acme.post("alice", f"Number {n}")
    async with reader(acme, "admin", is_admin=True) as admin:
        page = await admin.read(f"/app/ledger?host={globex.host}")
        older = re.search(r'href="(\?[^"]*before=[^"]*)"', page)
        assert older is not None
        second = await admin.read("/app/ledger" + older[1].replace("&amp;", "&"))
        assert f'value="{globex.host}" selected' in second
        assert "Older lines" not in second


async def test_the_chain_is_proven_when_asked(acme: Company):
    async with reader(acme, "admin", is_admin=True) as admin:
        assert "chain unbroken" not in await admin.read("/app/ledger")
        assert "chain unbroken" in await admin.read("/app/ledger?prove=yes")


async def test_it_sees_which_guest_hosts_follow_the_project(tmp_path: Path):
    companies = [a_company(tmp_path, name, app_of=build_app) for name in ("acme", "globex")]
    async with running(*companies) as (acme, globex), reader(acme, "admin", is_admin=True) as admin:
        await tie(acme, globex, guests="read")
        assert "Guest hosts" not in await admin.read(await charter_path(acme))
        for host in ("mastodon.example", "pleroma.example"):
            await acme.node.perform(lambda tx, host=host: guest.allow(tx, acme.project_iri, host=host))
        await acme.node.perform(lambda tx: guest.revoke(tx, acme.project_iri, host="mastodon.example"))
        page = await admin.read(await charter_path(acme))
        shown = re.findall(r'class="host">([a-z.]+)</span>\s*<span class="chip \w+">([^<]+)<', page)
        assert shown == [("pleroma.example", "let in"), ("mastodon.example", "no longer")]
