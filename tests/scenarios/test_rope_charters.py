"""The life of a charter, as IT sees it on its pages and people feel it in their apps."""

import pytest

from instance.domain import charter
from instance.storage import delivery, ledger
from tests.nodes import Company, until
from tests.scenarios.app import Phone, Rope
from tests.scenarios.deals import Deal

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR_MS = 3_600_000
CLOSED = "The project has no charter in force now, so nothing leaves for it. Ask IT to resume or renew it, then try again."


async def refused_with(phone: Phone, text: str) -> tuple[int, str, str]:
    answer = await phone.try_to_say(text)
    return answer.status, answer.content.get("rule", ""), answer.content.get("error", "")


async def test_an_offer_waits_on_the_page_of_the_other_companys_it_alone(rope: Rope):
    deal = await Deal.offered(rope, "atlas", rope.globex)
    page = (await (await deal.it_of(rope.globex)).get("/app/charters")).content
    waiting = page.partition("Waiting for your answer")[2].partition("All others")[0]
    assert "Build the atlas" in waiting
    assert "Acme" in waiting
    assert await deal.versions(rope.initech) == []


async def test_people_who_are_not_it_neither_see_nor_decide_about_charters(rope: Rope):
    deal = await Deal.offered(rope, "aquila", rope.globex)
    browser = await deal.it_of(rope.globex)
    row = (await deal.versions(rope.globex))[0]
    assert (await browser.sign_in("beatriz")).status == 303
    assert (await browser.get("/app/charters")).status == 403
    assert (await browser.submit(f"/app/charters/{row.id}/approve", csrf="x")).status == 403
    assert await deal.state(rope.globex) == "offered"


async def test_two_companies_are_tied_once_the_second_has_signed(rope: Rope):
    deal = await Deal.live(rope, "boreas", rope.globex)
    said = await rope.alice.say(f"{deal.handle} We begin")
    await rope.bob.sees(said["uri"])
    assert await rope.carol.read(said["uri"]) is None
    assert "in force" in await deal.page(rope.globex)


async def test_of_three_companies_the_last_one_to_sign_opens_it_for_all(rope: Rope):
    deal = await Deal.offered(rope, "cetus", rope.globex, rope.initech)
    await deal.decides(rope.globex, "approve")
    await until(lambda: deal.state(rope.globex), "approved")
    assert (await rope.alice.try_to_say(f"{deal.handle} too early")).status == 422
    await deal.decides(rope.initech, "approve")
    await deal.stands("live")
    for phone in deal.people:
        await deal.join(phone)
    said = await rope.carol.say(f"{deal.handle} We begin")
    await rope.alice.sees(said["uri"])
    await rope.bob.sees(said["uri"])


async def test_what_one_declines_is_off_for_all_with_the_reason(rope: Rope):
    deal = await Deal.offered(rope, "dorado", rope.globex, rope.initech)
    await deal.decides(rope.globex, "approve")
    await deal.decides(rope.initech, "decline", reason="No capacity before March")
    await deal.stands("declined")
    assert "No capacity before March" in await deal.page(rope.acme)
    assert "No capacity before March" in await deal.page(rope.globex)


async def test_an_amendment_takes_effect_when_all_have_signed_and_the_old_terms_hold_till_then(rope: Rope):
    deal = await Deal.live(rope, "equus", rope.globex, rope.initech)
    await rope.globex.node.perform(lambda tx: charter.amend(tx, deal.iri, ceiling=2))
    await deal.stands("offered", rope.acme, rope.initech)
    await deal.decides(rope.acme, "approve")
    await until(lambda: standing(deal, rope.initech), [(2, "offered"), (1, "live")])
    said = await rope.alice.say(f"{deal.handle} Meanwhile we go on")
    await rope.carol.sees(said["uri"])
    await deal.decides(rope.initech, "approve")
    for company in rope.companies:
        await until(lambda company=company: standing(deal, company), [(2, "live"), (1, "superseded")])
    assert {row.ceiling for row in (await deal.versions(rope.acme))[:1]} == {2}
    await rope.bob.sees((await rope.carol.say(f"{deal.handle} On new terms"))["uri"])


async def standing(deal: Deal, company: Company) -> list[tuple[int, str]]:
    return [(row.version, row.state) for row in await deal.versions(company)]


async def test_who_suspends_closes_what_waits_in_the_queues_of_all(rope: Rope):
    deal = await Deal.live(rope, "fornax", rope.globex, rope.initech)
    await rope.globex.shut_door()
    held = await rope.alice.say(f"{deal.handle} On its way")
    await rope.carol.sees(held["uri"])
    await deal.decides(rope.initech, "suspend")
    await deal.stands("suspended", rope.acme)
    await rope.globex.open_door()
    for company in (rope.acme, rope.initech):
        await company.node.try_now(rope.globex.host)
    await deal.stands("suspended", rope.globex)
    rows = await rope.acme.node.read(lambda tx: delivery.undelivered(tx, rope.globex.host, 10))
    assert [row.state for row in rows] == ["closed"]
    assert await rope.bob.read(held["uri"]) is None
    for phone in (rope.alice, rope.bob, rope.carol):
        assert await refused_with(phone, f"{deal.handle} more") == (422, "withheld_closed", CLOSED)

    await deal.decides(rope.initech, "resume")
    await deal.stands("live")
    assert "On its way" in (await rope.bob.sees(held["uri"]))["content"]
    await rope.alice.sees((await rope.bob.say(f"{deal.handle} We go on"))["uri"])


async def test_what_was_said_before_stays_readable_while_it_is_suspended(rope: Rope):
    deal = await Deal.live(rope, "gemini", rope.globex)
    said = await rope.alice.say(f"{deal.handle} Before")
    await rope.bob.sees(said["uri"])
    await deal.decides(rope.globex, "suspend")
    await deal.stands("suspended")
    assert await rope.bob.read(said["uri"])
    assert await rope.alice.read(said["uri"])


async def test_what_is_deleted_while_it_is_suspended_is_gone_everywhere_once_it_is_resumed(rope: Rope):
    deal = await Deal.live(rope, "grus", rope.globex)
    said = await rope.alice.say(f"{deal.handle} A slip")
    await rope.bob.sees(said["uri"])
    await deal.decides(rope.globex, "suspend")
    await deal.stands("suspended")
    await rope.alice.delete(said)
    await deal.decides(rope.globex, "resume")
    await rope.bob.sees_no_more(said["uri"])


async def test_who_leaves_is_out_and_the_others_go_on(rope: Rope):
    deal = await Deal.live(rope, "hydrus", rope.globex, rope.initech)
    before = await rope.alice.say(f"{deal.handle} All three")
    await rope.carol.sees(before["uri"])
    await deal.decides(rope.initech, "leave", reason="Our part is done")
    await until(lambda: deal.state(rope.initech), "ended")
    await until(lambda: has_left(deal, rope.acme, rope.initech))
    await until(lambda: has_left(deal, rope.globex, rope.initech))
    after = await rope.alice.say(f"{deal.handle} The two of us")
    await rope.bob.sees(after["uri"])
    await rope.acme.node.try_now(rope.initech.host)
    assert await rope.carol.read(after["uri"]) is None
    assert (await refused_with(rope.carol, f"{deal.handle} wait"))[0] == 422
    assert f"@carol@{rope.initech.host}" not in await names_in(rope.alice, deal)


async def has_left(deal: Deal, at: Company, who: Company) -> bool:
    row = (await deal.versions(at))[0]
    parties = await at.node.read(lambda tx: charter.charters.parties(tx, row.id))
    return any(party.host == who.host and party.left_at_ms is not None for party in parties)


async def names_in(phone: Phone, deal: Deal) -> set[str]:
    (found,) = [one for one in await phone.get("/api/v1/lists") if one["title"] == deal.name.title()]
    return {f"@{one['acct']}" for one in await phone.get(f"/api/v1/lists/{found['id']}/accounts")}


async def test_after_leaving_a_post_is_withheld_with_its_reason_and_the_ledger_verifies(rope: Rope):
    deal = await Deal.live(rope, "indus", rope.globex)
    said = await rope.alice.say(f"{deal.handle} Before")
    await rope.bob.sees(said["uri"])
    await deal.decides(rope.acme, "leave")
    await deal.stands("ended")
    assert await refused_with(rope.alice, f"{deal.handle} After") == (422, "withheld_closed", CLOSED)
    lines = await rope.acme.node.read(lambda tx: ledger.lines(tx, space=deal.iri))
    assert (lines[0].verdict, lines[0].rule, lines[0].host) == ("withheld", "withheld_closed", "*")
    assert lines[0].what == rope.acme.people["alice"].iri
    assert (await rope.acme.node.read(rope.acme.node.gate.verify_ledger)).ok


async def test_on_its_end_date_it_closes_by_itself(rope: Rope):
    ends = rope.clock() + HOUR_MS
    deal = await Deal.live(rope, "lyra", rope.globex, ends_at_ms=ends)
    said = await rope.alice.say(f"{deal.handle} In time")
    await rope.bob.sees(said["uri"])
    rope.clock.ahead_ms += 2 * HOUR_MS
    for phone in (rope.alice, rope.bob):
        assert await refused_with(phone, f"{deal.handle} Too late") == (422, "withheld_closed", CLOSED)
    assert await rope.bob.read(said["uri"]), "what was said stays readable"
    for company in deal.companies:
        await company.node.perform(charter.end_due)
    await deal.stands("ended")
