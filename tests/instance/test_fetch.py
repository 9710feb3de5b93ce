"""What a node fetches of its own accord: of parties only, and believed for its proof, not for where it came from."""

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from aiohttp.web import Application, Request, Response
from PIL import Image

from federation.log import heads_header
from instance import inbox
from instance.domain import media
from instance.storage import ledger, log
from instance.storage import media as pictures
from tests.instance.arriving import bring, said
from tests.nodes import Company, agree, protocol_app, three_nodes, until


@pytest.fixture
async def companies(tmp_path: Path) -> AsyncIterator[tuple[Company, Company, Company]]:
    async with three_nodes(tmp_path) as found:
        yield found


async def missed(acme: Company, initech: Company, *words: str) -> None:
    """What Acme said while Initech was off the network."""
    await initech.shut_door()
    for word in words:
        await acme.post("alice", word)


async def test_a_gap_is_filled_by_the_party_itself(companies: tuple[Company, Company, Company]):
    acme, _, initech = companies
    await missed(acme, initech, "One", "Two", "Three")
    last = await said(acme, 4)
    assert (await bring(initech, last, signer=acme.config.home.node)).rule == "held"
    await agree(acme, initech)
    assert [row.state for row in await initech.entries(acme.host)] == ["applied"] * 4


async def test_a_gap_is_filled_by_another_party_when_the_first_is_away(
    companies: tuple[Company, Company, Company],
):
    acme, globex, initech = companies
    await missed(acme, initech, "One", "Two", "Three")
    await agree(acme, globex)
    await acme.shut_door()
    await bring(initech, await said(acme, 4), signer=acme.config.home.node)
    await agree(globex, initech)


async def test_a_newcomers_words_are_believed_by_the_key_that_an_entry_before_brings(
    companies: tuple[Company, Company, Company],
):
    """The key of Dora comes with the entry that adds her; her node is away, so it cannot be asked for."""
    acme, globex, initech = companies
    await initech.shut_door()
    await acme.hire("dora")
    await acme.join("dora")
    post = await acme.post("dora", "Hello")
    await agree(acme, globex)
    await acme.stop()
    await initech.node.fetcher.exchange_heads()
    await agree(globex, initech)
    assert await initech.find_post(post.iri)
    await acme.start()


async def test_an_entry_forged_by_the_one_who_re_serves_it_is_not_taken(
    companies: tuple[Company, Company, Company], tmp_path: Path
):
    """Globex tells Initech another word of Alice's than she said."""
    acme, globex, initech = companies
    await missed(acme, initech, "One")
    await agree(acme, globex)
    await acme.stop()
    await globex.shut_door()
    globex.app_of = telling("One", "Another word")
    await globex.open_door()
    await initech.node.fetcher.exchange_heads()
    await until(lambda: asked_for(initech, "log"))
    assert [row.seq for row in await initech.entries(acme.host)] == [1]
    await acme.start()


def telling(words: str, others: str):
    """A node's doors, through which one word goes out as another, unsigned like every answer."""

    def app_of(node) -> Application:
        app = protocol_app(node)

        async def lie(request: Request, response: Response) -> None:
            if isinstance(response.body, bytes):
                response.body = response.body.replace(words.encode(), others.encode())

        app.on_response_prepare.append(lie)
        return app

    return app_of


async def asked_for(company: Company, path: str) -> bool:
    """Whether the company has asked somebody for entries of a party."""
    lines = await company.node.read(lambda tx: list(ledger.in_order(tx)))
    return any(
        line.letter == "inquiry" and f"/{path}?" in line.what and "party=" in line.what for line in lines
    )


async def test_heads_are_exchanged_and_noted(companies: tuple[Company, Company, Company]):
    acme, globex, initech = companies
    await acme.node.fetcher.exchange_heads()
    receipts = await acme.node.read(lambda tx: log.receipts(tx, acme.project_iri))
    assert {row.holder for row in receipts} == {globex.host, initech.host}


async def test_a_host_that_claims_more_than_it_can_show_costs_a_few_questions(
    companies: tuple[Company, Company, Company],
):
    acme, globex, _ = companies
    heads = await acme.heads()
    lie = {party: head._replace(seq=head.seq + 1_000) for party, head in heads.items()}
    await acme.node.write(lambda tx: inbox.compare_heads(tx, acme.project_iri, globex.host, lie))
    await until(lambda: asked_for(acme, "log"))
    assert heads_header(acme.project_iri, await acme.heads()) == heads_header(acme.project_iri, heads)


async def test_a_partners_picture_is_fetched_checked_and_kept(companies: tuple[Company, Company, Company]):
    acme, globex, _ = companies
    picture = media.accept(a_png(), "image/png")
    media.save(acme.config.media_dir, picture)
    row = await acme.node.perform(lambda tx: media.store(tx, acme.people["alice"], picture))
    await acme.post("alice", "The frame", media_ids=(row.id,))

    async def state() -> str:
        found = await globex.node.read(lambda tx: pictures.by_iri(tx, row.iri))
        return found.state if found else ""

    await until(state, "ready")
    held = await globex.node.read(lambda tx: pictures.by_iri(tx, row.iri))
    assert held is not None
    assert held.path is not None
    assert (globex.config.media_dir / held.path).read_bytes() == picture.data


async def test_a_picture_that_is_not_the_one_signed_is_marked_broken(
    companies: tuple[Company, Company, Company],
):
    acme, globex, _ = companies
    picture = media.accept(a_png(), "image/png")
    media.save(acme.config.media_dir, picture)
    row = await acme.node.perform(lambda tx: media.store(tx, acme.people["alice"], picture))
    (acme.config.media_dir / media.path_of(picture.sha256, "image/png")).write_bytes(a_png("blue"))
    await acme.post("alice", "The frame", media_ids=(row.id,))

    async def state() -> str:
        found = await globex.node.read(lambda tx: pictures.by_iri(tx, row.iri))
        return found.state if found else ""

    await until(state, "broken")


def a_png(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return out.getvalue()


async def test_every_question_is_a_line_of_the_ledger(companies: tuple[Company, Company, Company]):
    acme, globex, initech = companies
    await acme.node.fetcher.exchange_heads()
    lines = await acme.node.read(lambda tx: list(ledger.in_order(tx)))
    asked = {line.host for line in lines if line.letter == "inquiry" and "/log?" in line.what}
    assert asked == {globex.host, initech.host}


async def test_a_page_of_the_log_holds_no_more_than_its_limit(companies: tuple[Company, Company, Company]):
    acme, globex, _ = companies
    for number in range(105):
        await acme.post("alice", f"Part {number}")
    await agree(acme, globex)
    path = f"/log?project={acme.project_iri}&party={acme.host}&after=1"
    page = orjson.loads((await globex.node.disclose(path, viewer=acme.host, accept="")).body)
    assert len(page["orderedItems"]) == 100
    assert page["next"].endswith("after=101")
