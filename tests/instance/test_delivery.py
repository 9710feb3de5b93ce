"""Delivery: what an answer means, how long is waited, and that no row is settled but by a result."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.web import Application, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from federation.errors import FederationError, Gone, Refused, Unreachable
from federation.wire import Answer
from instance.node import Cordee
from instance.storage import delivery as rows
from instance.storage.database import now_ms
from instance.verdict import LONGEST_WAIT_S, SLOW, TRIES, judge, retry_after
from tests.builders import a_tx
from tests.fakes import an_outbound
from tests.nodes import Company, a_company, protocol_app, running, tie, until


def an_answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CIMultiDict(named), body, "https://globex.example/inbox")


def judged(outcome: Answer | FederationError, *, attempt: int = 1, failures: int = 0):
    return judge(outcome, attempt=attempt, failures=failures, chance=0.5)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waiting_never_shrinks_with_failures_and_has_a_ceiling(attempt: int, chance: float):
    assert 4 <= retry_after(attempt, chance=chance) <= LONGEST_WAIT_S
    assert retry_after(attempt + 1, chance=chance) >= retry_after(attempt, chance=chance)


def test_the_first_waits_double_from_five_seconds():
    assert [retry_after(n, chance=0.5) for n in (1, 2, 3)] == [5, 10, 20]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_accepted_letter_is_done_and_the_lane_goes_on(status: int):
    assert judged(an_answer(status))[:3] == (rows.DONE, "", 0)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_host_in_trouble_keeps_the_letter_and_makes_the_lane_wait(status: int):
    verdict = judged(an_answer(status), failures=3)
    assert (verdict.state, verdict.wait_s) == (rows.QUEUED, retry_after(4, chance=0.5))


def test_a_host_that_says_how_long_is_given_that_long():
    assert judged(an_answer(503, Retry_After="3600")).wait_s == 3600


def test_a_host_cannot_make_us_wait_for_ever():
    assert judged(an_answer(503, Retry_After="99999999")).wait_s == LONGEST_WAIT_S


NOON = "Wed, 21 Oct 2015 12:00:00 GMT"


@pytest.mark.parametrize(
    ("until", "waits_s"),
    [
        ("Wed, 21 Oct 2015 12:10:00 GMT", 600),
        ("Wednesday, 21-Oct-15 12:10:00 GMT", 600),
        ("Wed Oct 21 12:10:00 2015", 600),
        ("Sun, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT_S),
        ("Wed, 21 Oct 2015 11:00:00 GMT", retry_after(1, chance=0.5)),
    ],
)
def test_a_date_until_which_to_wait_is_read_by_the_clock_of_who_says_it(until: str, waits_s: float):
    """Our own clock has nothing to do with it: this host lives in 2015."""
    assert judged(an_answer(503, Retry_After=until, Date=NOON)).wait_s == waits_s


@pytest.mark.parametrize(
    "words", [NOON, "-1", "٣", "", "soon", "1e9", "0x10", "1.5", "NaN", "Wed, 99 Oct 99999 00:00:00 GMT"]
)
def test_a_retry_after_that_says_nothing_is_passed_over(words: str):
    assert judged(an_answer(503, Retry_After=words)).wait_s == retry_after(1, chance=0.5)


@given(st.text(), st.text())
def test_whatever_a_host_says_the_wait_is_bounded(until: str, date: str):
    wait_s = judged(an_answer(503, Retry_After=until, Date=date)).wait_s
    assert retry_after(1, chance=0.5) <= wait_s <= LONGEST_WAIT_S


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refused_letter_keeps_its_reason_and_the_lane_goes_on(status: int):
    verdict = judged(an_answer(status, b'{"rule":"not_the_author"}'))
    assert (verdict.state, verdict.wait_s) == (rows.REFUSED, 0)
    assert "not_the_author" in verdict.why


def test_what_a_host_says_is_kept_without_control_characters_and_not_at_length():
    assert judged(an_answer(400, b"\x1b[31m\n\x00" + b"a" * 10_000)).why.isprintable()
    assert len(judged(an_answer(400, b"a" * 10_000)).why) < 300


def test_an_inbox_not_found_is_asked_for_an_hour_as_a_proxy_whose_node_is_down_may_say_so():
    tries = [judged(an_answer(404), attempt=n, failures=n - 1) for n in range(1, TRIES + 1)]
    assert [verdict.state for verdict in tries] == [rows.QUEUED] * (TRIES - 1) + [rows.REFUSED]
    assert sum(verdict.wait_s for verdict in tries) > 2500


@pytest.mark.parametrize("status", [401, 403])
def test_a_host_that_does_not_know_us_is_asked_slowly_and_not_for_ever(status: int):
    assert judged(an_answer(status)).wait_s == 60
    assert judged(an_answer(status), attempt=10).state == rows.REFUSED


def test_an_inbox_that_is_gone_keeps_the_letter_and_is_not_hurried():
    verdict = judged(Gone("gone"))
    assert (verdict.state, verdict.wait_s) == (rows.QUEUED, SLOW * retry_after(1, chance=0.5))


@pytest.mark.parametrize("rule", ["seal", "host", "url"])
def test_a_letter_that_must_not_leave_is_refused_by_us(rule: str):
    assert judged(Refused(rule))[:3] == (rows.REFUSED, rule, 0)


@pytest.mark.parametrize("error", [Unreachable("timeout"), Unreachable("dns"), Refused("private_address")])
def test_a_host_that_cannot_be_reached_keeps_the_letter(error: FederationError):
    verdict = judged(error)
    assert (verdict.state, verdict.why, verdict.wait_s > 0) == (rows.QUEUED, error.rule, True)


@asynccontextmanager
async def acme_alone(directory: Path) -> AsyncIterator[tuple[Company, Company, Company]]:
    """Acme with a live charter and letters to come; Globex and Initech are off the network."""
    companies = [a_company(directory, name) for name in ("acme", "globex", "initech")]
    async with running(*companies):
        acme, globex, initech = companies
        await tie(acme, globex, initech)
        await acme.hire("alice")
        await acme.join("alice")
        await until(lambda: waiting(acme), 0)
        yield acme, globex, initech


async def waiting(company: Company, host: str | None = None) -> int:
    found = await company.node.read(rows.waiting)
    return sum(row.letters for row in found if host in {None, row.host})


async def lane(node: Cordee, host: str) -> rows.LaneRow:
    found = await node.read(lambda tx: rows.lane(tx, host))
    assert found is not None
    return found


async def undelivered(node: Cordee, host: str) -> list[rows.SettledRow]:
    return await node.read(lambda tx: rows.undelivered(tx, host, 100))


async def test_a_dead_host_delays_no_other(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, initech):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await until(lambda: waiting(acme, initech.host), 0)
        assert await initech.find_post(post.iri)
        await until(lambda: failures(acme, globex.host), 1)
        assert await waiting(acme, globex.host) == 1


async def failures(company: Company, host: str) -> int:
    return (await lane(company.node, host)).failures


async def test_a_dead_host_is_one_lane_with_a_date_and_gets_everything_in_order_when_it_is_back(
    tmp_path: Path,
):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        for number in range(5):
            await acme.post("alice", f"Part {number}")
        await until(lambda: failures(acme, globex.host), 1)
        assert (await lane(acme.node, globex.host)).last_error == "connect"
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(lambda: waiting(acme, globex.host), 0)
        assert [entry.state for entry in await globex.entries(acme.host)] == ["applied"] * 6
        assert (await lane(acme.node, globex.host)).failures == 0


async def test_a_host_that_is_heard_from_is_tried_at_once(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await until(lambda: failures(acme, globex.host), 1)
        await globex.open_door()
        await globex.hire("bob")
        await globex.join("bob")
        await until(lambda: waiting(acme, globex.host), 0)
        assert await globex.find_post(post.iri)


async def test_a_letter_changed_in_the_queue_does_not_leave(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, initech):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await until(lambda: failures(acme, globex.host), 1)
        with closing(sqlite3.connect(acme.config.database)) as by_hand:
            by_hand.execute("UPDATE outgoing SET body = replace(body, 'ready', 'cancelled')")
            by_hand.commit()
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(lambda: waiting(acme, globex.host), 0)
        [refused] = await undelivered(acme.node, globex.host)
        assert (refused.state, refused.last_error) == (rows.REFUSED, "seal")
        assert await globex.find_post(post.iri) is None
        assert await initech.find_post(post.iri)


async def test_a_letter_readdressed_in_the_queue_does_not_leave(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, initech):
        await globex.shut_door()
        await acme.post("alice", "The frame is ready")
        await until(lambda: failures(acme, globex.host), 1)
        with closing(sqlite3.connect(acme.config.database)) as by_hand:
            by_hand.execute("UPDATE delivery SET inbox = ? WHERE state = 'queued'", [initech.inbox])
            by_hand.commit()
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(lambda: waiting(acme, globex.host), 0)
        assert [row.last_error for row in await undelivered(acme.node, globex.host)] == ["seal"]


async def test_a_letter_queued_by_hand_does_not_leave(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await acme.post("alice", "The frame is ready")
        await until(lambda: waiting(acme), 0)
        with closing(sqlite3.connect(acme.config.database)) as by_hand:
            by_hand.execute("INSERT INTO outgoing VALUES (1, 'https://acme.example/activities/1', '{}')")
            by_hand.execute(
                "INSERT INTO delivery (id, host, inbox, outgoing_id, signer, rule, space, seal, state, attempts,"
                " created_at_ms, last_error) VALUES (1, ?, ?, 1, ?, 'released_public', 'public', x'00', 'queued', 0, 0, '')",
                [globex.host, globex.inbox, acme.config.home.node],
            )
            by_hand.commit()
        await until(lambda: waiting(acme), 0)
        assert [row.last_error for row in await undelivered(acme.node, globex.host)] == ["seal"]


async def test_what_another_process_queued_is_delivered(tmp_path: Path):
    """The command line writes into the same database; the server notices."""
    async with acme_alone(tmp_path) as (acme, globex, _):
        second = await Cordee.open(acme.config)
        post = await Company.post(_as(acme, second), "alice", "From elsewhere")
        await second.close()
        await until(lambda: found(globex, post.iri))


def _as(company: Company, node: Cordee) -> Company:
    """The same company, spoken to through another node object."""
    other = Company(company.config, company.port, project_iri=company.project_iri, people=company.people)
    other.node = node
    return other


async def found(company: Company, iri: str) -> bool:
    return await company.find_post(iri) is not None


async def test_stopping_loses_nothing(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, initech):
        posts = [await acme.post("alice", f"Part {number}") for number in range(30)]
        await acme.stop()
        await acme.start()
        await until(lambda: waiting(acme), 0)
        for other in (globex, initech):
            assert all([await other.find_post(post.iri) for post in posts])


async def test_an_expired_letter_is_given_up_and_shown(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        await acme.post("alice", "The frame is ready")
        await until(lambda: failures(acme, globex.host), 1)
        await acme.node.write(lambda tx: rows.expire(tx, globex.host, before_ms=tx.now_ms + 1))
        assert [row.state for row in await undelivered(acme.node, globex.host)] == [rows.EXPIRED]
        assert await waiting(acme, globex.host) == 0


async def test_what_was_given_up_can_be_queued_again(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        post = await acme.post("alice", "The frame is ready")
        await until(lambda: failures(acme, globex.host), 1)
        await acme.node.write(lambda tx: rows.expire(tx, globex.host, before_ms=tx.now_ms + 1))
        await globex.open_door()
        assert await acme.node.write(lambda tx: rows.queue_again(tx, globex.host)) == 1
        await acme.node.try_now(globex.host)
        await until(lambda: found(globex, post.iri))


async def test_a_lane_that_another_worker_holds_is_tried_when_its_lease_has_ended(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        held_until_ms = now_ms() + 1_000
        await acme.node.write(lambda tx: rows.lease(tx, globex.host, until_ms=held_until_ms))
        post = await acme.post("alice", "The frame is ready")
        await until(lambda: found(globex, post.iri))
        assert now_ms() >= held_until_ms


async def test_a_lease_is_given_once(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        later = now_ms() + 60_000
        assert await acme.node.write(lambda tx: rows.lease(tx, globex.host, until_ms=later))
        assert not await acme.node.write(lambda tx: rows.lease(tx, globex.host, until_ms=later))


async def test_a_host_that_refuses_one_letter_gets_the_next(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        await acme.post("alice", "One")
        await acme.post("alice", "Two")
        globex.app_of = answering(422)
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(lambda: waiting(acme, globex.host), 0)
        assert [row.state for row in await undelivered(acme.node, globex.host)] == [rows.REFUSED] * 2


async def test_a_host_in_trouble_keeps_its_letters_in_order(tmp_path: Path):
    async with acme_alone(tmp_path) as (acme, globex, _):
        await globex.shut_door()
        for word in ("One", "Two"):
            await acme.post("alice", word)
        globex.app_of = answering(503)
        await globex.open_door()
        await acme.node.try_now(globex.host)

        async def last_status() -> int | None:
            return (await lane(acme.node, globex.host)).last_status

        await until(last_status, 503)
        assert await waiting(acme, globex.host) == 2
        await globex.shut_door()
        globex.app_of = protocol_app
        await globex.open_door()
        await acme.node.try_now(globex.host)
        await until(lambda: waiting(acme, globex.host), 0)
        assert [row.seq for row in await globex.entries(acme.host)] == [1, 2, 3]


def answering(status: int):
    """A server that answers everything alike."""

    async def answer(_: Request) -> Response:
        return Response(status=status)

    def app_of(_: Cordee) -> Application:
        app = Application()
        app.router.add_route("*", "/{path:.*}", answer)
        return app

    return app_of


def test_old_letters_are_dropped_with_the_bytes_that_no_letter_needs():
    tx = a_tx()
    letter = replace(an_outbound("https://globex.example/inbox"), id=1)
    rows.enqueue(tx, [letter, replace(letter, id=2, host="initech.example")])
    rows.settle(tx, [rows.Result(1, rows.DONE)])
    assert rows.forget(tx, before_ms=tx.now_ms + 1) == 1
    assert [row.body for row in rows.next_letters(tx, "initech.example", 10)] == [letter.body]
    rows.settle(tx, [rows.Result(2, rows.REFUSED, "why")])
    assert rows.forget(tx, before_ms=tx.now_ms) == 0
    assert rows.forget(tx, before_ms=tx.now_ms + 1) == 1


def test_a_settled_letter_is_not_settled_again():
    tx = a_tx()
    letter = an_outbound("https://globex.example/inbox")
    rows.enqueue(tx, [letter])
    rows.settle(tx, [rows.Result(letter.id, rows.CLOSED)])
    rows.settle(tx, [rows.Result(letter.id, rows.DONE)])
    assert [row.state for row in rows.undelivered(tx, letter.host, 10)] == [rows.CLOSED]


def test_a_letter_comes_out_of_the_queue_as_it_went_in():
    tx = a_tx()
    letter = an_outbound("https://globex.example/inbox")
    rows.enqueue(tx, [letter])
    assert [row.outbound() for row in rows.next_letters(tx, letter.host, 10)] == [letter]
