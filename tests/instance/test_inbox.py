"""The inbox: once only, in each party's order, and nothing without a trace."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from federation import log
from federation.errors import Malformed, Refused, Unauthentic
from federation.log import Head
from instance.domain import charter, reaction
from instance.events import GapNoticed
from instance.storage import log as entries
from instance.storage import peers
from tests.instance.arriving import a_create, bring, decided, make_known, proven, said
from tests.nodes import Company, agree, three_nodes, until


@pytest.fixture
async def companies(tmp_path: Path) -> AsyncIterator[tuple[Company, Company, Company]]:
    async with three_nodes(tmp_path) as found:
        yield found


@pytest.fixture
async def acme(companies: tuple[Company, Company, Company]) -> Company:
    return companies[0]


@pytest.fixture
async def globex(companies: tuple[Company, Company, Company]) -> Company:
    return companies[1]


@pytest.fixture
async def initech(companies: tuple[Company, Company, Company]) -> Company:
    return companies[2]


async def say(acme: Company, globex: Company, *words: str) -> list[dict]:
    """Entries that Acme said while Globex did not listen."""
    await globex.shut_door()
    first = (await acme.heads())[acme.host].seq + 1
    for word in words:
        await acme.post("alice", word)
    return [await said(acme, first + number) for number in range(len(words))]


def node_of(company: Company) -> str:
    return company.config.home.node


def author_of(company: Company, name: str) -> str:
    return company.people[name].iri


async def head_of(company: Company, party: Company) -> Head:
    return (await company.heads())[party.host]


async def test_an_entry_is_taken_in_and_the_head_moves(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    receipt = await bring(globex, entry, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (202, "post_of_a_member")
    assert await head_of(globex, acme) == await head_of(acme, acme)


async def test_the_answer_says_how_far_we_hold_the_log(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    receipt = await bring(globex, entry, signer=node_of(acme))
    project, heads = log.parse_heads(dict(receipt.headers)[log.HEADER])
    assert project == acme.project_iri
    assert heads == await globex.heads()


async def test_the_same_activity_twice_is_taken_in_once(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    await bring(globex, entry, signer=node_of(acme))
    again = await bring(globex, entry, signer=node_of(acme))
    assert (again.status, again.rule) == (202, "duplicate")
    assert await decided(globex, entry["id"]) == (202, "post_of_a_member")


async def test_seven_before_six_waits_for_six(acme: Company, globex: Company):
    six, seven = await say(acme, globex, "Six", "Seven")
    early = await bring(globex, seven, signer=node_of(acme))
    assert (early.status, early.rule) == (202, "held")
    assert await globex.find_post(seven["object"]["id"]) is None
    await bring(globex, six, signer=node_of(acme))
    assert await globex.find_post(seven["object"]["id"])
    assert await head_of(globex, acme) == await head_of(acme, acme)
    assert await decided(globex, seven["id"]) == (202, "post_of_a_member")


async def test_entries_in_any_order_end_in_the_same_state(acme: Company, globex: Company):
    said_by_acme = await say(acme, globex, *(f"Part {number}" for number in range(6)))
    for number in (4, 1, 5, 3, 2, 0):
        await bring(globex, said_by_acme[number], signer=node_of(acme))
    assert await globex.heads() == await acme.heads()


async def test_a_gap_is_made_known(acme: Company, globex: Company):
    heard = []
    globex.node.bus.subscribe(heard.append)
    _, _, third = await say(acme, globex, "One", "Two", "Three")
    await bring(globex, third, signer=node_of(acme))
    seq = third["log"]["seq"]
    assert GapNoticed(acme.project_iri, acme.host, seq - 2, seq - 1) in heard


async def test_a_number_taken_twice_is_kept_as_evidence_and_refused(acme: Company, globex: Company):
    author = author_of(acme, "alice")
    head = await head_of(globex, acme)
    one = await proven(acme, author, a_create(acme, author, "One", number=1), head=head)
    other = await proven(acme, author, a_create(acme, author, "Other", number=2), head=head)
    await bring(globex, one, signer=node_of(acme))
    receipt = await bring(globex, other, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (409, "fork")
    [evidence] = await globex.node.read(lambda tx: entries.forks(tx, acme.project_iri))
    assert (evidence.seq, orjson.loads(evidence.document)) == (head.seq + 1, other)


async def test_the_same_evidence_is_kept_once(acme: Company, globex: Company):
    author = author_of(acme, "alice")
    head = await head_of(globex, acme)
    for number in (1, 2, 2):
        forged = await proven(acme, author, a_create(acme, author, "x", number=number), head=head)
        await bring(globex, forged, signer=node_of(acme))
    assert len(await globex.node.read(lambda tx: entries.forks(tx, acme.project_iri))) == 1


async def test_a_held_entry_that_does_not_fit_what_comes_before_it_is_evidence(
    acme: Company, globex: Company
):
    author = author_of(acme, "alice")
    head = await head_of(globex, acme)
    six = await proven(acme, author, a_create(acme, author, "Six", number=6), head=head)
    wrong = Head(head.seq + 1, "0" * 64)
    seven = await proven(acme, author, a_create(acme, author, "Seven", number=7), head=wrong)
    await bring(globex, seven, signer=node_of(acme))
    await bring(globex, six, signer=node_of(acme))
    assert (await head_of(globex, acme)).seq == head.seq + 1
    [evidence] = await globex.node.read(lambda tx: entries.forks(tx, acme.project_iri))
    assert evidence.seq == head.seq + 2


async def test_what_lies_too_far_ahead_is_not_kept_but_asked_for(acme: Company, globex: Company):
    author = author_of(acme, "alice")
    far = await proven(acme, author, a_create(acme, author, "Far"), head=Head(1_000_000, "0" * 64))
    receipt = await bring(globex, far, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (503, "too_far_ahead")
    assert len(await globex.entries(acme.host)) == 1


async def test_an_entry_that_no_rule_takes_keeps_its_place_marked_ignored(acme: Company, globex: Company):
    author = author_of(acme, "alice")
    odd = a_create(acme, author, "x") | {"type": "Travel"}
    entry = await proven(acme, author, odd, head=await head_of(globex, acme))
    receipt = await bring(globex, entry, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (202, "ignored_unknown")
    assert [row.state for row in await globex.entries(acme.host)] == ["applied", "ignored"]


async def test_an_entry_that_fails_its_rule_keeps_its_place_and_the_chain_goes_on(
    acme: Company, globex: Company
):
    await acme.hire("mallory")
    mallory, alice = author_of(acme, "mallory"), author_of(acme, "alice")
    head = await head_of(globex, acme)
    bad = await proven(acme, mallory, a_create(acme, mallory, "x", number=1), head=head)
    good = await proven(
        acme, alice, a_create(acme, alice, "y", number=2), head=Head(head.seq + 1, log.entry_hash(bad))
    )
    await make_known(globex, acme, mallory)
    assert (await bring(globex, bad, signer=node_of(acme))).rule == "author_not_in_project"
    assert (await bring(globex, good, signer=node_of(acme))).rule == "post_of_a_member"
    assert [row.state for row in await globex.entries(acme.host)] == ["applied", "ignored", "applied"]


async def test_an_entry_without_proof_is_refused(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    del entry["proof"]
    with pytest.raises(Refused) as refusal:
        await bring(globex, entry, signer=node_of(acme))
    assert refusal.value.rule == "signer_is_not_the_actor"
    assert await decided(globex, entry["id"]) == (403, "signer_is_not_the_actor")


async def test_an_entry_without_proof_is_refused_even_from_its_author(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    del entry["proof"]
    with pytest.raises(Refused, match="no_proof"):
        await bring(globex, entry, signer=author_of(acme, "alice"))


async def test_an_entry_changed_on_the_way_is_refused(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    entry["object"]["content"] = "<p>Another</p>"
    with pytest.raises(Unauthentic, match="bad_proof"):
        await bring(globex, entry, signer=node_of(acme))


async def test_an_entry_proven_by_a_colleague_of_its_author_is_refused(acme: Company, globex: Company):
    """Mallory's proof is good, but it is not Alice's."""
    await acme.hire("mallory")
    mallory, alice = author_of(acme, "mallory"), author_of(acme, "alice")
    await make_known(globex, acme, mallory)
    head = await head_of(globex, acme)
    forged = await proven(acme, alice, a_create(acme, alice, "x"), head=head, by=mallory)
    with pytest.raises(Refused) as refusal:
        await bring(globex, forged, signer=node_of(acme))
    assert refusal.value.rule == "signer_is_not_the_actor"


async def test_an_entry_in_another_companys_sequence_is_refused(acme: Company, globex: Company):
    bob = author_of(globex, "bob")
    forged = await proven(globex, bob, a_create(globex, bob, "x"), head=None)
    forged["log"]["party"] = acme.host
    with pytest.raises(Malformed, match="log_party"):
        await bring(acme, forged, signer=node_of(globex))


async def test_a_company_cannot_speak_for_anothers_people(acme: Company, globex: Company, initech: Company):
    """A proven entry of Acme, brought by Globex as its own delivery: only a log may re-serve it."""
    [entry] = await say(acme, initech, "One")
    with pytest.raises(Refused) as refusal:
        await bring(initech, entry, signer=node_of(globex))
    assert refusal.value.rule == "signer_is_not_the_actor"


async def test_a_refusal_does_not_keep_the_true_one_out(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    with pytest.raises(Unauthentic):
        await bring(globex, entry | {"published": "2020-01-01T00:00:00Z"}, signer=node_of(acme))
    assert (await bring(globex, entry, signer=node_of(acme))).rule == "post_of_a_member"


async def test_a_forgery_does_not_overwrite_what_was_decided_about_the_true_one(
    acme: Company, globex: Company
):
    [entry] = await say(acme, globex, "One")
    await bring(globex, entry, signer=node_of(acme))
    with pytest.raises(Unauthentic):
        await bring(globex, entry | {"published": "2020-01-01T00:00:00Z"}, signer=node_of(acme))
    assert await decided(globex, entry["id"]) == (202, "post_of_a_member")


async def test_a_post_outside_the_log_is_refused(acme: Company, globex: Company):
    loose = a_create(acme, author_of(acme, "alice"), "x")
    receipt = await bring(globex, loose, signer=author_of(acme, "alice"))
    assert (receipt.status, receipt.rule) == (422, "no_log")


async def test_an_unknown_activity_outside_the_log_is_noted_and_ignored(acme: Company, globex: Company):
    odd = {
        "id": f"{acme.config.base_url}/activities/odd",
        "type": "Travel",
        "actor": node_of(acme),
        "object": "x",
    }
    receipt = await bring(globex, odd, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (202, "ignored_unknown")
    assert await decided(globex, odd["id"]) == (202, "ignored_unknown")


async def test_an_entry_of_a_closed_project_is_refused_and_taken_in_later(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    await globex.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
    receipt = await bring(globex, entry, signer=node_of(acme))
    assert (receipt.status, receipt.rule) == (403, "closed")
    await globex.node.perform(lambda tx: charter.resume(tx, acme.project_iri))
    assert (await bring(globex, entry, signer=node_of(acme))).rule == "post_of_a_member"


async def test_heads_are_receipts_and_show_what_we_lack_of_others(
    acme: Company, globex: Company, initech: Company
):
    heard = []
    [entry] = await say(acme, globex, "One")
    await agree(acme, initech)
    globex.node.bus.subscribe(heard.append)
    ours = await initech.heads()
    theirs = ours | {initech.host: Head(ours[initech.host].seq + 3, "0" * 64)}
    await bring(globex, entry, signer=node_of(acme), heads=log.heads_header(acme.project_iri, theirs))
    receipts = await globex.node.read(lambda tx: entries.receipts(tx, acme.project_iri))
    assert (acme.host, initech.host, theirs[initech.host].seq) in {
        (r.holder, r.party, r.seq) for r in receipts
    }
    assert [event.party for event in heard if isinstance(event, GapNoticed)] == [initech.host]


@pytest.mark.parametrize("header", ["nonsense", "<https://other.example/projects/x>; a=1:" + "0" * 64])
async def test_heads_that_cannot_be_read_or_are_of_another_project_say_nothing(
    acme: Company, globex: Company, header: str
):
    [entry] = await say(acme, globex, "One")
    assert (await bring(globex, entry, signer=node_of(acme), heads=header)).status == 202


async def test_what_acts_on_a_thing_that_comes_later_has_its_turn_then(
    acme: Company, globex: Company, initech: Company
):
    """Carol's favourite of Alice's post overtakes the post: there is no order between two parties' entries."""
    [entry] = await say(acme, globex, "One")
    await agree(acme, initech)
    post = await initech.find_post(entry["object"]["id"])
    assert post is not None
    await initech.node.perform(
        lambda tx: reaction.favourite(tx, initech.node.gate, initech.people["carol"], post.id)
    )
    like = await said(initech, (await head_of(initech, initech)).seq)
    early = await bring(globex, like, signer=node_of(initech))
    assert early.rule == "post_unknown"
    await bring(globex, entry, signer=node_of(acme))
    here = await globex.find_post(entry["object"]["id"])
    assert here is not None
    assert here.favourites_count == 1
    assert await decided(globex, like["id"]) == (202, "favourite_in_the_project")


async def test_who_spoke_is_noted_as_heard(acme: Company, globex: Company):
    [entry] = await say(acme, globex, "One")
    await bring(globex, entry, signer=node_of(acme))
    peer = await globex.node.read(lambda tx: peers.by_host(tx, acme.host))
    assert peer is not None
    assert peer.heard_at_ms is not None


async def test_a_fork_does_not_stop_other_parties(acme: Company, globex: Company, initech: Company):
    author, head = author_of(acme, "alice"), await head_of(globex, acme)
    for number in (1, 2):
        forged = await proven(acme, author, a_create(acme, author, "x", number=number), head=head)
        await bring(globex, forged, signer=node_of(acme))
    post = await initech.post("carol", "Still here")

    async def arrived() -> bool:
        return await globex.find_post(post.iri) is not None

    await until(arrived)
