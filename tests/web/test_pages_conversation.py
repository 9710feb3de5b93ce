"""One conversation: answers, favourites, boosts, and posts of one's own."""

from typing import Any

import pytest

from instance.domain.poll import PollDraft
from instance.storage.posts import PostRow
from tests.nodes import Company, agree, until
from tests.web.client import fields_of
from tests.web.pages import ids_on, project_path, reader

Tied = tuple[Company, Company, Company]


async def test_an_answer_from_the_page_stays_in_its_thread(tied: Tied):
    acme, globex, _ = tied
    asked = await acme.post("alice", "Which voltage?")
    await agree(*tied)
    async with reader(globex, "bob") as bob:
        there = await globex.find_post(asked.iri)
        assert there is not None
        answer = await bob.send(f"/app/posts/{there.id}/answers", text="400 V")
        assert answer.status == 303
        page = await bob.read(f"/app/posts/{there.id}")
        assert ids_on(page)[0] == there.id
        assert "answers Alice" in page
        assert "400 V" in page


async def test_a_conversation_is_shown_from_its_beginning_whichever_post_is_asked_for(acme: Company):
    await acme.hire("alice")
    top = await acme.post("alice", "Top", project=None)
    middle = await acme.post("alice", "Middle", in_reply_to_id=top.id)
    last = await acme.post("alice", "Last", in_reply_to_id=middle.id)
    async with reader(acme, "alice") as alice:
        for post in (top, middle, last):
            assert ids_on(await alice.read(f"/app/posts/{post.id}")) == [top.id, middle.id, last.id]


async def test_an_answer_that_is_refused_keeps_its_words_and_its_thread(tied: Tied):
    acme = tied[0]
    await acme.hire("zoe")
    asked = await acme.post("alice", "Who knows?")
    async with reader(acme, "alice") as alice:
        answer = await alice.send(f"/app/posts/{asked.id}/answers", text="@zoe does")
        assert answer.status == 422
        assert "@zoe does</textarea>" in answer.content
        assert f'action="/app/posts/{asked.id}/answers"' in answer.content


@pytest.mark.parametrize("path", ["", "/edit"])
async def test_a_post_of_a_project_one_is_not_in_is_like_none(tied: Tied, path: str):
    asked = await tied[0].post("alice", "For the project")
    async with reader(tied[0], "zoe") as zoe:
        assert (await zoe.get(f"/app/posts/{asked.id}{path}")).status == 404


@pytest.mark.parametrize(
    "verb", ["answers", "favourite", "unfavourite", "boost", "unboost", "edit", "delete"]
)
async def test_nothing_can_be_done_to_a_post_one_may_not_read(tied: Tied, verb: str):
    asked = await tied[0].post("alice", "For the project")
    async with reader(tied[0], "zoe") as zoe:
        assert (await zoe.send(f"/app/posts/{asked.id}/{verb}", text="Hm")).status == 404


async def test_it_cannot_read_a_post_of_a_project_by_its_number(tied: Tied):
    asked = await tied[0].post("alice", "For the project")
    async with reader(tied[0], "admin", is_admin=True) as admin:
        assert (await admin.get(f"/app/posts/{asked.id}")).status == 404


async def test_a_verb_that_does_not_exist_is_not_found(acme: Company):
    await acme.hire("alice")
    row = await acme.post("alice", "Hello", project=None)
    async with reader(acme, "alice") as alice:
        assert (await alice.send(f"/app/posts/{row.id}/explode")).status == 404


@pytest.mark.parametrize(
    ("verb", "back", "count"),
    [("favourite", "unfavourite", "favourites_count"), ("boost", "unboost", "boosts_count")],
)
async def test_a_reaction_reaches_the_author_and_is_taken_back(tied: Tied, verb: str, back: str, count: str):
    acme, globex, _ = tied
    asked = await acme.post("alice", "Good news")
    await agree(*tied)
    there = await globex.find_post(asked.iri)
    assert there is not None

    async def counted() -> int:
        return int(getattr(await acme.find_post(asked.iri), count))

    async with reader(globex, "bob") as bob:
        path = await project_path(globex)
        answer = await bob.send(f"/app/posts/{there.id}/{verb}", back=f"{path}#p{there.id}")
        assert answer.headers["Location"] == f"{path}#p{there.id}"
        await until(counted, 1)
        assert 'aria-pressed="true"' in await bob.read(path)
        await bob.send(f"/app/posts/{there.id}/{back}")
        await until(counted, 0)


async def test_a_reaction_leads_back_to_no_other_site(acme: Company):
    await acme.hire("alice")
    row = await acme.post("alice", "Hello", project=None)
    async with reader(acme, "alice") as alice:
        answer = await alice.send(f"/app/posts/{row.id}/favourite", back="//evil.example/")
        assert answer.headers["Location"] == f"/app/posts/{row.id}"


async def test_a_post_of_ones_own_is_changed_for_everybody(tied: Tied):
    acme, globex, _ = tied
    row = await acme.post("alice", "Teh frame")
    await agree(*tied)
    async with reader(acme, "alice") as alice:
        assert "Teh frame</textarea>" in await alice.read(f"/app/posts/{row.id}/edit")
        assert (await alice.send(f"/app/posts/{row.id}/edit", text="The frame")).status == 303
        assert "edited" in await alice.read(f"/app/posts/{row.id}")

    async def there() -> str:
        found = await globex.find_post(row.iri)
        return found.content if found else ""

    await until(there, "<p>The frame</p>")


async def test_an_edit_that_is_refused_keeps_the_new_words(tied: Tied):
    acme = tied[0]
    await acme.hire("zoe")
    row = await acme.post("alice", "The frame")
    async with reader(acme, "alice") as alice:
        answer = await alice.send(f"/app/posts/{row.id}/edit", text="The frame, says @zoe")
        assert answer.status == 422
        assert "The frame, says @zoe</textarea>" in answer.content


async def test_nobody_changes_or_deletes_the_post_of_another(acme: Company):
    await acme.hire("alice")
    row = await acme.post("alice", "Mine", project=None)
    async with reader(acme, "zoe") as zoe:
        assert (await zoe.get(f"/app/posts/{row.id}/edit")).status == 404
        assert (await zoe.send(f"/app/posts/{row.id}/edit", text="Yours")).status == 404
        assert (await zoe.send(f"/app/posts/{row.id}/delete")).status == 404
        assert "Mine" in await zoe.read(f"/app/posts/{row.id}")
        assert f"/app/posts/{row.id}/edit" not in await zoe.read("/app/company")


async def test_a_deleted_post_is_gone_here_and_at_the_partners(tied: Tied):
    acme, globex, _ = tied
    row = await acme.post("alice", "By mistake")
    await agree(*tied)
    async with reader(acme, "alice") as alice:
        answer = await alice.send(f"/app/posts/{row.id}/delete")
        assert answer.headers["Location"] == await project_path(acme)
        assert (await alice.get(f"/app/posts/{row.id}")).status == 404

    async def there() -> bool:
        found = await globex.find_post(row.iri)
        return found is not None and found.deleted_at_ms is not None

    await until(there)


async def test_an_answer_to_a_direct_post_goes_to_its_author_alone(acme: Company):
    await acme.hire("alice")
    await acme.hire("zoe")
    row = await acme.post("alice", "@zoe between us", project=None, visibility="direct")
    async with reader(acme, "zoe") as zoe:
        page = await zoe.read(f"/app/posts/{row.id}")
        assert "@alice </textarea>" in page
        assert "those whom you name, and nobody else" in page
        assert "/boost" not in page
        await zoe.send(f"/app/posts/{row.id}/answers", text="@alice agreed")
    async with reader(acme, "third") as third:
        assert "agreed" not in await third.read("/app/company")
        assert (await third.get(f"/app/posts/{row.id}")).status == 404


async def test_the_words_of_a_hidden_post_are_not_quoted_above_its_answer(acme: Company):
    await acme.hire("alice")
    await acme.hire("zoe")
    row = await acme.post("alice", "@zoe the margin is thin", project=None, visibility="direct")
    said = await acme.post("zoe", "Noted, I say no more", in_reply_to_id=row.id, visibility="public")
    async with reader(acme, "third") as third:
        page = await third.read(f"/app/posts/{said.id}")
        assert "Noted" in page
        assert "the margin" not in page


async def test_a_form_without_the_sessions_token_does_nothing(acme: Company):
    await acme.hire("alice")
    row = await acme.post("alice", "Here to stay", project=None)
    async with reader(acme, "alice") as alice:
        answer = await alice.submit(f"/app/posts/{row.id}/delete", csrf="guessed")
        assert answer.status == 403
        assert "Nothing was changed." in answer.content
        assert "Here to stay" in await alice.read("/app/company")


async def test_a_form_from_another_site_does_nothing_even_with_the_token(acme: Company):
    await acme.hire("alice")
    row = await acme.post("alice", "Here to stay", project=None)
    async with reader(acme, "alice") as alice:
        csrf = fields_of(await alice.read("/app/account"))["csrf"]
        answer = await alice.submit(f"/app/posts/{row.id}/delete", origin="https://evil.example", csrf=csrf)
        assert answer.status == 403
        assert "Here to stay" in await alice.read("/app/company")


async def asks(company: Company, *, multiple: bool = False, **draft: Any) -> PostRow:
    """A poll of Alice's."""
    poll = PollDraft(("encoder", "barrier"), 3600, multiple=multiple)
    return await company.post("alice", "Which?", poll=poll, **draft)


async def test_a_poll_is_voted_in_on_its_page_and_shows_the_totals_from_then_on(acme: Company):
    await acme.hire("alice")
    made = await asks(acme, project=None)
    path = f"/app/posts/{made.id}"
    async with reader(acme, "amine") as amine:
        page = await amine.read(path)
        assert f'action="{path}/vote"' in page
        assert "1 vote" not in page
        assert (await amine.send(f"{path}/vote", choices="1")).status == 303
        page = await amine.read(path)
        assert f'action="{path}/vote"' not in page
        assert "1 vote" in page
        assert "(your answer)" in page


async def test_a_vote_that_is_not_possible_is_explained(acme: Company):
    await acme.hire("alice")
    path = f"/app/posts/{(await asks(acme, project=None)).id}/vote"
    async with reader(acme, "amine") as amine:
        for choice, words in (("7", "does not exist"), ("x", "does not exist")):
            answer = await amine.send(path, choices=choice)
            assert (answer.status, words in answer.content) == (422, True)
        await amine.send(path, choices="0")
        assert "already voted" in (await amine.send(path, choices="0")).content


async def test_a_poll_of_a_project_one_is_not_in_takes_no_vote(tied: Tied):
    made = await asks(tied[0])
    async with reader(tied[0], "zoe") as zoe:
        assert (await zoe.send(f"/app/posts/{made.id}/vote", choices="0")).status == 404


async def test_new_words_from_the_page_leave_a_poll_as_it_is(acme: Company):
    await acme.hire("alice")
    made = await asks(acme, project=None)
    async with reader(acme, "amine") as amine:
        await amine.send(f"/app/posts/{made.id}/vote", choices="0")
    async with reader(acme, "alice") as alice:
        assert (await alice.send(f"/app/posts/{made.id}/edit", text="Which one?")).status == 303
        page = await alice.read(f"/app/posts/{made.id}")
        assert "Which one?" in page
        assert "1 vote" in page
