"""Polls as an app makes, sees and answers them, inside a company and across companies."""

from pathlib import Path
from typing import Any

import pytest

from instance.domain import charter
from instance.storage import polls
from instance.storage.database import now_ms
from tests.nodes import Company, a_company, agree, running, three_nodes, until
from tests.web.client import App, apps_of
from web.app import build_app

Tied = tuple[Company, Company, Company]
HOUR_S = 3600


class Clock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


async def asks(app: App, status: str = "Encoder or light barrier?", **poll: Any) -> Any:
    """A post with a poll of two answers."""
    poll = {"options": ["encoder", "barrier"], "expires_in": HOUR_S} | poll
    return await app.post("/api/v1/statuses", status=status, poll=poll)


async def votes(app: App, poll_id: str, *choices: int) -> Any:
    return await app.call("POST", f"/api/v1/polls/{poll_id}/votes", json={"choices": choices})


def counts(poll: Any) -> list[int | None]:
    return [option["votes_count"] for option in poll["options"]]


async def test_a_post_with_a_poll_shows_it_whole(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        made = await asks(alice, multiple=True)
        poll = made["poll"]
        assert poll.pop("expires_at").endswith("Z")
        assert poll == {
            "id": made["id"],
            "expired": False,
            "multiple": True,
            "votes_count": 0,
            "voters_count": 0,
            "voted": True,
            "own_votes": [],
            "options": [{"title": "encoder", "votes_count": 0}, {"title": "barrier", "votes_count": 0}],
            "emojis": [],
        }


async def test_a_poll_may_come_as_a_form(acme: Company):
    form = [
        ("status", "x"),
        ("poll[options][]", "a"),
        ("poll[options][]", "b"),
        ("poll[expires_in]", "300"),
        ("poll[multiple]", "true"),
    ]
    async with apps_of(acme, "alice") as (alice,):
        made = (await alice.call("POST", "/api/v1/statuses", data=form)).content
        assert ([one["title"] for one in made["poll"]["options"]], made["poll"]["multiple"]) == (
            ["a", "b"],
            True,
        )


@pytest.mark.parametrize(
    ("poll", "rule"),
    [
        ({"options": ["only"]}, "too_few_options"),
        ({"options": ["a", " "]}, "too_few_options"),
        ({"options": list("abcde")}, "too_many_options"),
        ({"options": ["a", "b" * 51]}, "option_too_long"),
        ({"options": ["a", "a"]}, "same_option_twice"),
        ({"expires_in": 299}, "poll_too_short"),
        ({"expires_in": None}, "poll_too_short"),
        ({"expires_in": 2_629_747}, "poll_too_long"),
    ],
)
async def test_a_poll_outside_the_limits_is_refused(acme: Company, poll: dict[str, Any], rule: str):
    async with apps_of(acme, "alice") as (alice,):
        sent = {"status": "x", "poll": {"options": ["a", "b"], "expires_in": HOUR_S} | poll}
        answer = await alice.call("POST", "/api/v1/statuses", json=sent)
        assert (answer.status, answer.content["rule"]) == (422, rule)


async def test_the_instance_tells_the_limits_of_polls(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        assert (await stranger.get("/api/v2/instance"))["configuration"]["polls"] == {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        }


async def test_a_vote_is_counted_and_shown_to_the_voter_as_theirs(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        poll_id = (await asks(alice))["poll"]["id"]
        assert (await zoe.get(f"/api/v1/statuses/{poll_id}"))["poll"]["voted"] is False
        answer = await votes(amine, poll_id, 1)
        assert (answer.status, answer.content["voted"], answer.content["own_votes"]) == (200, True, [1])
        for reader, chosen in ((amine, [1]), (zoe, [])):
            shown = (await reader.get(f"/api/v1/statuses/{poll_id}"))["poll"]
            assert (counts(shown), shown["votes_count"], shown["own_votes"]) == ([0, 1], 1, chosen)


async def test_of_several_answers_voters_are_counted_once(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice, multiple=True))["poll"]["id"]
        poll = (await votes(amine, poll_id, 0, 1)).content
        assert (counts(poll), poll["votes_count"], poll["voters_count"]) == ([1, 1], 2, 1)


@pytest.mark.parametrize(
    ("choices", "error"),
    [
        ((2,), "Validation failed: The chosen vote option does not exist"),
        ((0, 1), "Validation failed: This poll takes one answer"),
    ],
)
async def test_a_vote_that_is_not_possible_is_refused(acme: Company, choices: tuple[int, ...], error: str):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice))["poll"]["id"]
        answer = await votes(amine, poll_id, *choices)
        assert (answer.status, answer.content["error"]) == (422, error)
        assert counts(await alice.get(f"/api/v1/polls/{poll_id}")) == [0, 0]


async def test_nobody_votes_twice_and_the_asker_not_at_all(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice))["poll"]["id"]
        assert (await votes(amine, poll_id, 0)).status == 200
        again, own = await votes(amine, poll_id, 1), await votes(alice, poll_id, 0)
        assert again.content["error"] == "Validation failed: You have already voted on this poll"
        assert own.content["error"] == "Validation failed: You cannot vote in your own polls"
        assert counts(await amine.get(f"/api/v1/polls/{poll_id}")) == [1, 0]


async def test_a_poll_that_one_may_not_read_is_not_there(acme: Company):
    async with apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe):
        made = await alice.post(
            "/api/v1/statuses",
            status="@zoe which?",
            visibility="direct",
            poll={"options": ["a", "b"], "expires_in": HOUR_S},
        )
        poll_id = made["poll"]["id"]
        assert (await zoe.get(f"/api/v1/polls/{poll_id}"))["id"] == poll_id
        assert (await amine.call("GET", f"/api/v1/polls/{poll_id}")).status == 404
        assert (await votes(amine, poll_id, 0)).status == 404


async def test_a_boost_shows_the_poll_once_in_what_it_boosts(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice))["poll"]["id"]
        await votes(amine, poll_id, 0)
        boost = await amine.post(f"/api/v1/statuses/{poll_id}/reblog")
        assert boost["poll"] is None
        assert (boost["reblog"]["poll"]["own_votes"], boost["reblogged"]) == ([0], True)


async def test_totals_that_are_kept_back_show_at_the_end(tmp_path: Path):
    clock = Clock()
    async with (
        running(a_company(tmp_path, "acme", app_of=build_app, clock=clock)) as (acme,),
        apps_of(acme, "alice", "amine") as (alice, amine),
    ):
        poll_id = (await asks(alice, hide_totals=True))["poll"]["id"]
        poll = (await votes(amine, poll_id, 0)).content
        assert (counts(poll), poll["votes_count"]) == ([None, None], 1)
        clock.ahead_ms = 2 * HOUR_S * 1000
        poll = (await amine.get(f"/api/v1/statuses/{poll_id}"))["poll"]
        assert (counts(poll), poll["expired"]) == ([1, 0], True)


async def test_the_asker_and_the_voters_hear_of_the_end_once_and_nobody_votes_after_it(tmp_path: Path):
    clock = Clock()
    async with (
        running(a_company(tmp_path, "acme", app_of=build_app, clock=clock)) as (acme,),
        apps_of(acme, "alice", "amine", "zoe") as (alice, amine, zoe),
    ):
        poll_id = (await asks(alice))["poll"]["id"]
        await votes(amine, poll_id, 0)
        clock.ahead_ms = 2 * HOUR_S * 1000
        for _ in range(2):
            await acme.node.do_due()
        for app, told in ((alice, 1), (amine, 1), (zoe, 0)):
            heard = await app.get("/api/v1/notifications", types=["poll"])
            assert [one["status"]["id"] for one in heard] == [poll_id] * told
            assert [one["account"]["acct"] for one in heard] == ["alice"] * told
        late = await votes(zoe, poll_id, 0)
        assert (late.status, late.content["error"]) == (422, "Validation failed: The poll has already ended")


async def test_new_answers_are_a_new_question_and_new_words_are_not(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice))["poll"]["id"]
        await votes(amine, poll_id, 0)
        path, poll = f"/api/v1/statuses/{poll_id}", {"options": ["encoder", "barrier"], "expires_in": HOUR_S}
        await alice.call("PUT", path, json={"status": "Which?", "poll": poll})
        assert counts(await amine.get(f"/api/v1/polls/{poll_id}")) == [1, 0]
        await alice.call("PUT", path, json={"status": "Which?", "poll": poll | {"options": ["a", "b"]}})
        poll = await amine.get(f"/api/v1/polls/{poll_id}")
        assert (counts(poll), poll["voted"]) == ([0, 0], False)
        history = await amine.get(f"{path}/history")
        assert history[-1]["poll"] == {"options": [{"title": "a"}, {"title": "b"}]}


async def test_an_edit_without_a_poll_takes_it_away(acme: Company):
    async with apps_of(acme, "alice") as (alice,):
        poll_id = (await asks(alice))["poll"]["id"]
        edited = await alice.call("PUT", f"/api/v1/statuses/{poll_id}", json={"status": "never mind"})
        assert edited.content["poll"] is None
        assert (await alice.call("GET", f"/api/v1/polls/{poll_id}")).status == 404


async def test_a_deleted_post_takes_its_poll_along(acme: Company):
    async with apps_of(acme, "alice", "amine") as (alice, amine):
        poll_id = (await asks(alice))["poll"]["id"]
        await votes(amine, poll_id, 0)
        gone = await alice.call("DELETE", f"/api/v1/statuses/{poll_id}")
        assert gone.content["poll"]["votes_count"] == 1
        assert (await amine.call("GET", f"/api/v1/polls/{poll_id}")).status == 404


async def seen_at_home(app: App, uri: str) -> Any:
    """The poll of a post in somebody's home, or None."""
    home = await app.get("/api/v1/timelines/home")
    return next((one["poll"] for one in home if one["uri"] == uri), None)


async def test_all_companies_of_a_project_see_the_same_totals(tied: Tied):
    acme, globex, initech = tied
    async with (
        apps_of(acme, "alice") as (alice,),
        apps_of(globex, "bob") as (bob,),
        apps_of(initech, "carol") as (carol,),
    ):
        made = await asks(alice, "@apollo Encoder or light barrier?", multiple=True)
        await agree(*tied)
        at_bob, at_carol = [await seen_at_home(app, made["uri"]) for app in (bob, carol)]
        assert (await votes(bob, at_bob["id"], 0, 1)).content["own_votes"] == [0, 1]
        assert (await votes(carol, at_carol["id"], 1)).status == 200

        async def totals() -> list[Any]:
            shown = [await seen_at_home(app, made["uri"]) for app in (alice, bob, carol)]
            return [(counts(poll), poll["voters_count"]) for poll in shown]

        await until(totals, [([1, 2], 2)] * 3)


async def test_who_chose_what_is_known_to_the_askers_company_alone(tied: Tied):
    acme, globex, initech = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await asks(alice, "@apollo Encoder or light barrier?")
        await agree(*tied)
        poll = await seen_at_home(bob, made["uri"])
        await votes(bob, poll["id"], 0)

        async def voters(company: Company) -> int:
            post = await company.find_post(made["uri"])
            assert post is not None
            return len(await company.node.read(lambda tx: polls.voters(tx, post.id)))

        await until(lambda: voters(acme), 1)
        await agree(*tied)
        assert await voters(initech) == 0


async def test_a_post_with_a_poll_that_names_something_internal_is_refused(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        inner = await alice.post("/api/v1/statuses", status="Our price is 100")
        poll = {"options": ["a", inner["uri"][-45:]], "expires_in": HOUR_S}
        refused = await alice.call(
            "POST", "/api/v1/statuses", json={"status": "@apollo which?", "poll": poll}
        )
        assert (refused.status, refused.content["rule"]) == (422, "withheld_internal")


async def test_the_end_of_a_partners_poll_shows_what_was_kept_back(tmp_path: Path):
    clock = Clock()
    async with three_nodes(tmp_path, app_of=build_app, clock=clock) as tied:
        acme, globex, _ = tied
        async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
            made = await asks(alice, "@apollo Which?", hide_totals=True)
            await agree(*tied)
            poll = await seen_at_home(bob, made["uri"])
            voted = (await votes(bob, poll["id"], 1)).content
            assert (counts(voted), voted["votes_count"]) == ([None, None], 1)

            async def counted() -> int:
                return (await alice.get(f"/api/v1/polls/{made['id']}"))["votes_count"]

            await until(counted, 1)
            clock.ahead_ms = 2 * HOUR_S * 1000
            for company in (acme, globex):
                await company.node.do_due()

            async def totals() -> Any:
                return counts(await seen_at_home(bob, made["uri"]))

            await until(totals, [0, 1])
            (heard,) = await bob.get("/api/v1/notifications", types=["poll"])
            assert heard["account"]["acct"] == f"alice@{acme.host}"


async def test_a_vote_cast_while_the_askers_node_is_down_counts_once_it_is_back(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await asks(alice, "@apollo Which?")
        await agree(*tied)
        poll = await seen_at_home(bob, made["uri"])
        await acme.shut_door()
        assert (await votes(bob, poll["id"], 1)).content["own_votes"] == [1]
        await acme.open_door()
        await globex.node.try_now(acme.host)

        async def totals() -> list[list[int | None]]:
            return [counts(await seen_at_home(app, made["uri"])) for app in (alice, bob)]

        await until(totals, [[0, 1], [0, 1]])


async def test_nobody_votes_in_a_project_that_is_shut(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        made = await asks(alice, "@apollo Which?")
        await agree(*tied)
        poll = await seen_at_home(bob, made["uri"])
        await globex.node.perform(lambda tx: charter.suspend(tx, globex.project_iri))
        refused = await votes(bob, poll["id"], 1)
        assert (refused.status, refused.content["rule"]) == (422, "withheld_closed")
        shown = await bob.get(f"/api/v1/polls/{poll['id']}")
        assert (shown["voted"], counts(shown)) == (False, [0, 0])


async def test_totals_that_could_not_be_told_while_a_project_was_shut_are_told_when_it_opens(tmp_path: Path):
    clock = Clock()
    async with three_nodes(tmp_path, app_of=build_app, clock=clock) as tied:
        acme, globex, _ = tied
        async with apps_of(acme, "alice", "amine") as (alice, amine), apps_of(globex, "bob") as (bob,):
            await acme.join("amine")
            made = await asks(alice, "@apollo Which?", hide_totals=True)
            await votes(amine, made["id"], 0)
            await agree(*tied)
            await acme.node.perform(lambda tx: charter.suspend(tx, acme.project_iri))
            clock.ahead_ms = 2 * HOUR_S * 1000
            await acme.node.do_due()
            assert counts(await seen_at_home(bob, made["uri"])) == [None, None]
            await acme.node.perform(lambda tx: charter.resume(tx, acme.project_iri))

            async def totals() -> Any:
                return counts(await seen_at_home(bob, made["uri"]))

            await until(totals, [1, 0])
