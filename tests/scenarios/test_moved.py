"""A company has taken another domain, over the wire: it is the same company under another name, everywhere."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from federation.letters import ANYONE
from instance import residence
from instance.errors import ConfigError
from instance.storage import actors, members, other_names
from tests.nodes import Company, agree
from tests.scenarios.moves import NEW, Trio, moved, new_base

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def trio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trio]:
    async with moved(tmp_path_factory.mktemp("moved")) as found:
        yield found


async def test_all_go_on_under_the_new_name(trio: Trio):
    mine = await trio[0].post("alice", "After, by Alice")
    theirs = await trio[1].post("bob", "After, by Bob")
    await agree(*trio)
    assert mine.iri.startswith(new_base(trio[0]))
    for company in trio:
        for post in (mine, theirs):
            assert await company.find_post(post.iri), (company.host, post.iri)


async def test_everybody_is_in_the_project_once_and_under_the_new_name(trio: Trio):
    acme, globex, initech = (company.host for company in trio)
    assert acme.startswith(NEW)
    for company in trio:
        assert await accounts(company) == [("alice", acme), ("bob", globex), ("carol", initech)]


async def test_the_sequence_of_the_company_goes_on_where_it_was(trio: Trio):
    await agree(*trio)
    heads = await trio[1].heads()
    assert set(heads) == {company.host for company in trio}
    entries = await trio[2].entries(trio[0].host)
    assert [entry.seq for entry in entries] == list(range(1, heads[trio[0].host].seq + 1))
    assert "//acme.localhost" in entries[0].document  # to the last byte as it was proven


async def test_what_was_said_before_is_by_the_same_person_and_can_be_answered(trio: Trio):
    (before,) = [entry for entry in await trio[1].entries(trio[0].host) if "Before" in entry.document]
    parent = await trio[1].find_post(before.object_iri)
    assert parent is not None
    answer = await trio[1].post("bob", "Answered", in_reply_to_id=parent.id)
    await agree(*trio)
    found = await trio[0].find_post(answer.iri)
    assert found is not None
    assert found.in_reply_to_iri == parent.iri
    assert parent.iri.startswith(new_base(trio[0]))


async def test_no_row_names_what_the_company_has_by_the_old_name(trio: Trio):
    for company in trio:
        assert left_over(company) == []


async def test_the_old_handle_leads_to_the_same_person(trio: Trio):
    for company in trio:
        old = f"acme.localhost:{trio[0].port}"
        found = await company.node.read(lambda tx, old=old: actors.by_username(tx, "alice", old))
        assert found is not None
        assert found.host == trio[0].host


async def test_under_the_old_name_the_node_says_where_it_went(trio: Trio):
    node, old = trio[0].node, f"http://acme.localhost:{trio[0].port}"
    answer = await node.disclose("/actor", viewer=ANYONE, accept="", at=old)
    now = await node.disclose("/actor", viewer=ANYONE, accept="", at=node.home.base)
    assert f'"id":"{old}/actor"' in answer.body.decode()
    assert f'"movedTo":"{node.home.base}/actor"' in answer.body.decode()
    assert f'"alsoKnownAs":["{old}/actor"]' in now.body.decode()


async def test_settings_that_still_say_the_old_name_are_understood_and_others_are_an_error(trio: Trio):
    new = trio[0].config
    old = new.model_copy(
        update={"domain": "acme.localhost", "base_url": f"http://acme.localhost:{trio[0].port}"}
    )
    assert residence.of(old).base_url == new_base(trio[0])
    with pytest.raises(ConfigError, match="this node lives at"):
        residence.of(new.model_copy(update={"base_url": "http://other.localhost:1"}))


async def accounts(company: Company) -> list[tuple[str, str]]:
    """The members of the project as a company shows them: name and host."""
    rows = await company.node.read(lambda tx: members.of_project(tx, company.project_iri))
    people = await company.node.read(lambda tx: actors.by_ids(tx, [row.actor_id for row in rows]))
    return sorted((people[row.actor_id].username, people[row.actor_id].host) for row in rows)


def left_over(company: Company) -> list[str]:
    """The rows, of what may change, in which something is called by Acme's old name."""
    path = company.config.database
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [
            f"{table.name}.{column.name}: {value}"
            for table, column in other_names.texts()
            for (value,) in connection.execute(f'SELECT "{column.name}" FROM "{table.name}"')
            if isinstance(value, str)
            and "//acme.localhost" in value
            and table.name != "received"  # the letter that says so came under the old name
        ]
