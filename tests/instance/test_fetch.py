"""What a node fetches of its own accord: of parties only, and believed for its proof, not for where it came from."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from aiohttp.typedefs import Handler
from aiohttp.web import Application, Request, Response, StreamResponse, middleware
from PIL import Image

from federation import keys
from federation.errors import Refused
from federation.log import Head, entry_hash, heads_header
from instance import inbox
from instance.domain import media
from instance.fetch import AT_ONCE
from instance.storage import ledger, log
from instance.storage import media as pictures
from tests.instance.arriving import a_create, bring, proven, said
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
    globex.app_of = telling(b"One", b"Another word")
    await globex.open_door()
    await initech.node.fetcher.exchange_heads()
    await until(lambda: asked_for(initech, "log"))
    assert [row.seq for row in await initech.entries(acme.host)] == [1]
    await acme.start()


def telling(words: bytes, others: bytes):
    """A node's doors, through which some bytes go out as others, unsigned like every answer."""

    def app_of(node) -> Application:
        app = protocol_app(node)

        async def lie(request: Request, response: Response) -> None:
            if isinstance(response.body, bytes):
                response.body = response.body.replace(words, others)

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
    picture = media.accept(a_png())
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


async def a_posted_picture(company: Company, *, by: str = "alice") -> pictures.MediaRow:
    """A picture in a post of the project."""
    picture = media.accept(a_png())
    media.save(company.config.media_dir, picture)
    row = await company.node.perform(lambda tx: media.store(tx, company.people[by], picture))
    await company.post(by, "The frame", media_ids=(row.id,))
    return row


async def state_of(company: Company, row: pictures.MediaRow) -> str:
    """What a company has of a picture."""
    found = await company.node.read(lambda tx: pictures.by_iri(tx, row.iri))
    return found.state if found else ""


async def test_a_picture_that_is_not_the_one_signed_is_marked_broken(
    companies: tuple[Company, Company, Company],
):
    acme, globex, _ = companies
    renewed = media.accept(a_png()).data
    await acme.shut_door()
    acme.app_of = telling(renewed, renewed[::-1])  # as many bytes, so that only their digest tells
    await acme.open_door()
    row = await a_posted_picture(acme)
    await until(lambda: state_of(globex, row), "broken")


async def test_a_picture_that_a_host_cannot_serve_now_is_asked_for_again(
    companies: tuple[Company, Company, Company],
):
    acme, globex, initech = companies
    await acme.shut_door()
    acme.app_of = busy
    await acme.open_door()
    row = await a_posted_picture(acme)
    for other in (globex, initech):
        await until(lambda other=other: state_of(other, row), "wanted")
        await until(lambda other=other: asked_for_picture(other, row))
    await acme.shut_door()
    assert await state_of(globex, row) == "wanted"
    acme.app_of = protocol_app
    await acme.open_door()
    await globex.stop()
    await globex.start()
    await until(lambda: state_of(globex, row), "ready")


async def test_a_host_that_never_answers_keeps_no_other_from_being_asked(
    companies: tuple[Company, Company, Company],
):
    acme, globex, initech = companies
    await acme.shut_door()
    acme.app_of = silent
    await acme.open_door()
    rows = [await a_posted_picture(acme) for _ in range(AT_ONCE + 1)]
    await until(lambda: asked_for_picture(initech, rows[0]))
    theirs = await a_posted_picture(globex, by="bob")
    await until(lambda: state_of(initech, theirs), "ready")
    assert {await state_of(initech, row) for row in rows} == {"wanted"}
    await acme.shut_door()  # nobody waits for it at the end


def silent(node) -> Application:
    """A node's doors, which show no picture and do not say so."""
    app = protocol_app(node)

    async def nothing(request: Request, _: Response) -> None:
        if request.path.startswith("/media/"):
            await asyncio.Future()

    app.on_response_prepare.append(nothing)
    return app


async def asked_for_picture(company: Company, row: pictures.MediaRow) -> bool:
    lines = await company.node.read(lambda tx: list(ledger.in_order(tx)))
    return any(line.letter == "inquiry" and line.what == row.iri for line in lines)


def busy(node) -> Application:
    """A node's doors, behind which nobody has time for pictures."""
    app = protocol_app(node)

    @middleware
    async def no_time(request: Request, handler: Handler) -> StreamResponse:
        return Response(status=503) if request.path.startswith("/media/") else await handler(request)

    app.middlewares.append(no_time)
    return app


async def test_an_entry_about_anothers_thing_is_not_taken_from_a_log(
    companies: tuple[Company, Company, Company],
):
    """Acme proves, and Globex serves, that a post of Globex's own host is Alice's."""
    acme, globex, initech = companies
    alice, head = acme.people["alice"].iri, (await acme.heads())[acme.host]
    create = a_create(acme, alice, "Mine")
    create["object"]["id"] = f"{globex.config.base_url}/posts/1"
    forged = await proven(acme, alice, create, head=head)
    await acme.shut_door()
    await globex.shut_door()
    globex.app_of = serving_log([forged])
    await globex.open_door()
    claim = {acme.host: Head(head.seq + 1, entry_hash(forged))}
    await initech.node.write(lambda tx: inbox.compare_heads(tx, acme.project_iri, globex.host, claim))
    await until(lambda: asked_for(initech, "log"))
    await asyncio.sleep(0.2)
    assert (await initech.heads())[acme.host] == head


def serving_log(items: list[dict]):
    """Doors behind which there is a page of somebody's log, and nothing else."""

    async def page(_: Request) -> Response:
        body = orjson.dumps({"type": "OrderedCollectionPage", "orderedItems": items})
        return Response(body=body, content_type="application/activity+json")

    def app_of(_) -> Application:
        app = Application()
        app.router.add_get("/log", page)
        return app

    return app_of


async def test_held_entries_are_not_served_for_nobody_knows_yet_whether_they_fit(
    companies: tuple[Company, Company, Company],
):
    acme, globex, initech = companies
    await missed(acme, globex, "One", "Two")
    await acme.shut_door()
    await initech.shut_door()
    assert (await bring(globex, await said(acme, 3), signer=acme.config.home.node)).rule == "held"
    path = f"/log?project={acme.project_iri}&party={acme.host}&after=1"
    page = orjson.loads((await globex.node.disclose(path, viewer=initech.host, accept="")).body)
    assert page["orderedItems"] == []


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


async def test_a_redacted_entry_alone_is_believed_by_the_one_that_waits_behind_it(
    companies: tuple[Company, Company, Company],
):
    acme, _, initech = companies
    await initech.shut_door()
    post = await acme.post("alice", "A slip of the pen")
    await acme.delete("alice", post.id)
    assert (await bring(initech, await said(acme, 3), signer=acme.config.home.node)).rule == "held"
    await agree(acme, initech)
    assert [row.state for row in await initech.entries(acme.host)][:2] == ["applied", "redacted"]


async def test_a_redacted_entry_brought_as_a_delivery_is_refused(companies: tuple[Company, Company, Company]):
    """Without a proof it is nobody's word; only a log re-serves envelopes, and something proven must name them."""
    acme, _, initech = companies
    await initech.shut_door()
    post = await acme.post("alice", "A slip of the pen")
    await acme.delete("alice", post.id)
    with pytest.raises(Refused, match="no_proof"):
        await bring(initech, await said(acme, 2), signer=acme.people["alice"].iri)


async def test_a_new_key_of_an_author_is_fetched_when_the_old_one_does_not_fit(
    companies: tuple[Company, Company, Company],
):
    acme, globex, _ = companies
    await acme.post("alice", "With the old key")
    await agree(acme, globex)
    new = keys.generate_ed25519()
    with closing(sqlite3.connect(acme.config.database)) as by_hand:
        by_hand.execute(
            "UPDATE actor_key SET public_pem = ?, private_pem = ? WHERE actor_iri = ? AND kind = 'ed25519'",
            [keys.public_to_pem(new.public_key()), keys.private_to_pem(new), acme.people["alice"].iri],
        )
        by_hand.commit()
    await acme.post("alice", "With the new key")
    await agree(acme, globex)
    assert [row.state for row in await globex.entries(acme.host)] == ["applied"] * 3
