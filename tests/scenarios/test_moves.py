"""A company is about to take another domain: nothing changes until all have signed, and nobody else gets anything by the old name."""

from pathlib import Path

import pytest

from federation.errors import Refused
from instance import moving
from instance.domain import charter, move
from instance.errors import Conflict, NotNow
from instance.storage import charters, keys, other_names
from instance.storage.other_names import NameRow
from tests.nodes import a_company, agree, running, three_nodes, until
from tests.scenarios.desk import Desk
from tests.scenarios.moves import approve, arrived, begin, moved, sign, states, take


async def test_who_was_away_learns_of_it_when_it_is_back(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await begin(acme)
        await sign(acme, globex, initech)
        await initech.shut_door()
        await take(acme)
        await arrived(acme, globex)
        post = await globex.post("bob", "While Initech was away")
        await agree(acme, globex)
        await initech.open_door()
        await acme.node.try_now(initech.host)
        await arrived(acme, initech)
        await globex.node.try_now(initech.host)
        await agree(acme, globex, initech)
        assert await initech.find_post(post.iri)


async def test_without_the_word_of_one_the_old_name_goes_on(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await begin(acme)
        await until(initech.charter_state, "offered")
        await until(globex.charter_state, "offered")
        await approve(globex)
        await until(lambda: states(acme), ["asked", "signed"])
        with pytest.raises(Conflict, match=initech.host):
            await acme.node.write(lambda tx: moving.take(tx, gate=acme.node.gate))
        post = await acme.post("alice", "As before")
        await agree(acme, globex, initech)
        assert await globex.find_post(post.iri)


async def test_a_move_that_is_called_off_leaves_all_as_it_was(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await begin(acme)
        await sign(acme, globex, initech)
        await acme.node.perform(move.cancel)
        for company in (acme, globex, initech):
            await until(company.charter_state, "declined")
        post = await globex.post("bob", "As before")
        await agree(acme, globex, initech)
        assert await acme.find_post(post.iri)
        assert await acme.node.read(other_names.every) == []


async def test_who_refuses_is_shown_and_may_be_asked_again(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await begin(acme)
        await until(globex.charter_state, "offered")
        await until(initech.charter_state, "offered")
        row = (await globex.node.read(charters.waiting))[0]
        await globex.node.perform(lambda tx: charter.decline(tx, row.iri, reason="Not now"))
        await until(lambda: states(acme), ["refused", "refused"])
        await until(initech.charter_state, "declined")
        await begin(acme)
        await sign(acme, globex, initech)


async def test_a_process_that_knows_the_old_name_alone_writes_nothing(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        await begin(acme)
        await sign(acme, globex, initech)
        await acme.node.write(lambda tx: moving.take(tx, gate=acme.node.gate))
        with pytest.raises(NotNow, match="moved"):
            await acme.post("alice", "Under which name?")
        await acme.stop()
        await acme.start()


async def test_who_gets_the_old_domain_later_is_nobody(tmp_path: Path):
    """A thief with the domain and a key of its own: no key is fetched from there, and it can offer nothing."""
    async with moved(tmp_path) as (acme, globex, initech):
        old = f"acme.localhost:{acme.port}"
        await acme.node.perform(move.finish)
        asked = await globex.node.read(lambda tx: keys.keys_of(tx, f"http://{old}/actor"))
        assert asked == []
        assert await globex.node.party_known(old, None)  # for what was on its way
        await initech.node.write(lambda tx: other_names.end(tx, old, at_ms=tx.now_ms))
        initech.node._keyring.forget()
        assert not await initech.node.party_known(old, None)
        with pytest.raises(Refused, match="name_given_up"):
            await initech.node.find_key(f"http://{old}/actor#main-key", host=old)


@pytest.mark.parametrize("lives", [True, False])
async def test_nobody_signs_for_who_says_they_had_the_name_of_a_node_that_lives(
    tmp_path: Path, *, lives: bool
):
    acme, globex, initech = (a_company(tmp_path, name) for name in ("acme", "globex", "initech"))
    async with running(acme, globex, initech):
        taken = NameRow(initech.host, initech.config.base_url, acme.host, acme.config.base_url, 0, 0, 0)
        await acme.node.write(lambda tx: other_names.add(tx, taken))
        desk = Desk(globex)
        await Desk(acme).run("project create apollo --title Apollo --purpose Brakes")
        await Desk(acme).run(f"charter offer apollo --party {globex.host} --purpose 'New braking unit'")
        await until(desk.state, "offered")
        if not lives:
            await initech.shut_door()
        said = await desk.run(f"charter approve @apollo@{acme.host}", status=int(lives))
        assert ("A company's key is not the one" in said, "Signed version 1" in said) == (lives, not lives)
