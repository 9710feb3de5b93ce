"""What a company had said before it left: those who stay give it to one another, all of it, and nothing that was made up since."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from federation.log import Head, entry_hash
from instance import inbox
from instance.domain import charter
from instance.storage import charters, delivery, members
from instance.storage import log as entries
from tests.instance.arriving import a_create, bring, proven, re_serve, said
from tests.nodes import Company, agree, three_nodes, until

Three = tuple[Company, Company, Company]


@pytest.fixture
async def companies(tmp_path: Path) -> AsyncIterator[Three]:
    async with three_nodes(tmp_path) as found:
        yield found


async def leave(company: Company, *told: Company) -> None:
    """The company leaves the project; `told` come to know of it."""
    await company.node.perform(lambda tx: charter.leave(tx, company.project_iri))
    for other in told:
        await company.node.try_now(other.host)
        await until(lambda other=other: knows_that_left(other, company))


async def knows_that_left(company: Company, who: Company) -> bool:
    found = await company.node.read(lambda tx: charters.last_party(tx, company.project_iri, who.host))
    return found is not None and found.left_at_ms is not None


async def misses(globex: Company, acme: Company, initech: Company, *words: str) -> list[str]:
    """What Initech says while Globex is off the network, and Acme hears; the posts' ids."""
    await globex.shut_door()
    posts = [(await initech.post("carol", word)).iri for word in words]
    await agree(acme, initech)
    return posts


async def test_those_who_stay_end_with_the_same_log(companies: Three):
    acme, globex, initech = companies
    posts = await misses(globex, acme, initech, "One", "Two")
    await leave(initech, acme)
    await globex.open_door()
    await leave_arrives(initech, globex)
    await agree(acme, globex)
    assert all([await globex.find_post(iri) for iri in posts])
    here, there = await acme.entries(initech.host), await globex.entries(initech.host)
    assert [(row.hash, row.state) for row in here] == [(row.hash, row.state) for row in there]


async def leave_arrives(initech: Company, globex: Company) -> None:
    await initech.node.try_now(globex.host)
    await until(lambda: knows_that_left(globex, initech))


async def test_what_had_not_arrived_when_it_left_does_not_come_from_itself(companies: Three):
    acme, globex, initech = companies
    await misses(globex, acme, initech, "One")
    entry = await said(initech, 2)
    await leave(initech, acme)
    await acme.shut_door()
    await globex.open_door()
    await leave_arrives(initech, globex)
    assert (await bring(globex, entry, signer=initech.config.home.node)).rule == "closed"
    rows = await initech.node.read(lambda tx: delivery.undelivered(tx, globex.host, 10))
    assert [row.state for row in rows] == [delivery.CLOSED]


async def test_who_came_and_spoke_before_the_company_left_is_heard_and_is_out(companies: Three):
    acme, globex, initech = companies
    await globex.shut_door()
    dora = await initech.hire("dora")
    await initech.join("dora")
    post = await initech.post("dora", "Hello")
    await agree(acme, initech)
    await leave(initech, acme)
    await globex.open_door()
    await leave_arrives(initech, globex)
    await agree(acme, globex)
    assert await globex.find_post(post.iri)
    for company in (acme, globex):
        assert await standing(company, dora.iri) == "left"


async def standing(company: Company, iri: str) -> str:
    """How a person stands with the project at a company."""
    person = await company.person(iri)
    assert person is not None
    row = await company.node.read(lambda tx: members.one(tx, company.project_iri, person.id))
    assert row is not None
    return row.state


async def test_who_was_taken_out_before_the_company_left_says_nothing_after(companies: Three):
    _, globex, initech = companies
    carol = initech.people["carol"].iri
    for company in companies:  # nobody gives anything to Globex before the departure does
        await company.shut_door()
    await initech.leave_out("carol")
    await until(lambda: failed(initech, globex))  # not on its way when the gate closes
    removed, head = await said(initech, 2), (await initech.heads())[initech.host]
    late = await proven(initech, carol, a_create(initech, carol, "Still here"), head=head)
    await leave(initech)
    await globex.open_door()
    await leave_arrives(initech, globex)
    await name_as_last(globex, initech, Head(head.seq + 1, entry_hash(late)))
    assert (await re_serve(globex, removed, party=initech)).rule == "left_by_own_company"
    assert (await re_serve(globex, late, party=initech)).rule == "author_not_in_project"


async def failed(company: Company, to: Company) -> bool:
    """Whether the company has tried in vain to deliver to another."""
    lane = await company.node.read(lambda tx: delivery.lane(tx, to.host))
    return lane is not None and lane.failures > 0


async def name_as_last(company: Company, departed: Company, head: Head) -> None:
    """Let a company believe that this was the end of another's log when it left."""
    last = [(departed.host, head)]
    await company.node.write(lambda tx: entries.put_receipts(tx, company.project_iri, departed.host, last))


async def test_nothing_is_taken_past_the_end_that_it_named(companies: Three):
    """Not even with the help of one who is still in: what it says after it left has a number that it did not name."""
    acme, globex, initech = companies
    await leave(initech, acme, globex)
    carol = initech.people["carol"].iri
    more = await proven(
        initech, carol, a_create(initech, carol, "One more"), head=(await initech.heads())[initech.host]
    )
    assert (await re_serve(globex, more, party=initech)).rule == "closed"
    assert await globex.heads() == await acme.heads()


async def test_another_entry_with_the_last_number_is_evidence(companies: Three):
    acme, globex, initech = companies
    await misses(globex, acme, initech, "The true one")
    await leave(initech, acme)
    await acme.shut_door()
    await globex.open_door()
    await leave_arrives(initech, globex)
    carol, head = initech.people["carol"].iri, (await globex.heads())[initech.host]
    other = await proven(initech, carol, a_create(initech, carol, "Another"), head=head)
    receipt = await re_serve(globex, other, party=initech)
    assert (receipt.status, receipt.rule) == (409, "fork")
    assert len(await globex.node.read(lambda tx: entries.forks(tx, acme.project_iri))) == 1
    assert (await re_serve(globex, await said(initech, 2), party=initech)).rule == "post_of_a_member"


async def test_an_older_word_about_its_log_does_not_take_the_place_of_the_last(companies: Three):
    acme, globex, initech = companies
    await leave(initech, acme, globex)
    await globex.node.write(
        lambda tx: inbox.compare_heads(tx, acme.project_iri, initech.host, {initech.host: Head(9, "0" * 64)})
    )
    assert await named_by_itself(globex, initech) == (await initech.heads())[initech.host]


@pytest.mark.parametrize(
    "head",
    [None, "x", {}, {"seq": 0, "hash": "0" * 64}, {"seq": 1, "hash": "0"}, {"seq": True, "hash": "0" * 64}],
)
async def test_a_leave_that_names_no_end_leaves_what_the_company_said_before(companies: Three, head: object):
    _, globex, initech = companies
    await initech.post("carol", "One")
    await until(lambda: end_of(globex, initech), (2, (await said(initech, 2))["id"]))
    before = await named_by_itself(globex, initech)
    node = initech.config.home.node
    last_word = {
        "id": f"{initech.config.base_url}/activities/leave",
        "type": "Leave",
        "actor": node,
        "object": {"id": initech.project_iri, "type": "Group"},
        "head": head,
    }
    assert (await bring(globex, last_word, signer=node)).rule == "party_left"
    assert await named_by_itself(globex, initech) == before


async def end_of(company: Company, party: Company) -> tuple[int, str]:
    """The last entry of a party that a company holds."""
    row = (await company.entries(party.host))[-1]
    return row.seq, row.activity_iri


async def named_by_itself(company: Company, party: Company) -> tuple[int, str] | None:
    """How far a party's log goes by its own word, as a company remembers it."""
    found = await company.node.read(
        lambda tx: entries.receipt(tx, company.project_iri, holder=party.host, party=party.host)
    )
    return None if found is None else (found.seq, found.hash)
