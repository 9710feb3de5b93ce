"""The gate: what leaves, to whom, and that nothing hides from the question."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Refused
from federation.letters import check_seal
from instance import ids
from instance.names import names_in
from instance.policy import INTERNAL, PUBLIC, handshake
from instance.storage import ledger, things
from tests.builders import (
    ACME,
    GLOBEX,
    INITECH,
    NOW_MS,
    a_charter,
    a_node_actor,
    a_person,
    a_project,
    a_thing,
    a_tx,
)
from tests.counting import Counting
from tests.instance.acme import GATE, KEY, World


@pytest.fixture
def world() -> World:
    return World()


# release


def test_a_post_of_a_project_goes_to_each_of_its_parties_and_to_nobody_else(world: World):
    letters = world.release(world.create())
    assert [(letter.host, letter.inbox) for letter in letters] == [
        (host, f"https://{host}/inbox") for host in (GLOBEX, INITECH)
    ]


def test_a_letter_carries_the_document_and_is_signed_by_the_node(world: World):
    document = world.create()
    letter = world.release(document)[0]
    assert orjson.loads(letter.body) == document
    assert (letter.activity, letter.signer) == (document["id"], world.tx.home.node)
    assert (letter.rule, letter.space) == ("released_project", world.apollo)


def test_the_seal_of_a_letter_fits_until_a_field_is_changed(world: World):
    letter = world.release(world.create())[0]
    assert check_seal(letter, KEY) is letter
    forged = replace(letter, host=INITECH)
    with pytest.raises(Refused, match="seal"):
        check_seal(forged, KEY)


def test_each_host_considered_is_a_line_of_the_ledger(world: World):
    document = world.create()
    world.release(document)
    lines = ledger.lines(world.tx)
    assert {(line.host, line.verdict, line.what) for line in lines} == {
        (GLOBEX, "released", document["id"]),
        (INITECH, "released", document["id"]),
    }
    assert lines[0].digest == hashlib.sha256(orjson.dumps(document)).hexdigest()


def test_what_is_for_one_host_goes_to_that_one_alone(world: World):
    document = world.create()
    letters = GATE.release(world.tx, document, author=world.alice, only=INITECH)
    assert [letter.host for letter in letters] == [INITECH]
    assert [(line.host, line.verdict) for line in ledger.lines(world.tx)] == [(INITECH, "released")]


def test_a_host_that_may_not_have_it_does_not_get_it_for_being_named(world: World):
    stranger = "umbrella.example"
    assert GATE.release(world.tx, world.create(), author=world.alice, only=stranger) == ()
    assert (world.last().verdict, world.last().rule) == ("withheld", "withheld_not_party")
    secret = world.create(content=world.secret)
    assert GATE.release(world.tx, secret, author=world.alice, only=INITECH) == ()
    assert world.last().rule == "withheld_internal"


def test_what_names_something_internal_goes_nowhere_and_is_one_line(world: World):
    assert world.release(world.create(inReplyTo=world.secret)) == ()
    line = world.last()
    assert (line.seq, line.host, line.rule, orjson.loads(line.names)) == (
        1,
        "*",
        "withheld_internal",
        [world.secret],
    )


def test_what_names_a_thing_of_another_project_goes_nowhere(world: World):
    assert world.release(world.create(inReplyTo=world.plan)) == ()
    assert (world.last().rule, orjson.loads(world.last().names)) == ("withheld_other_project", [world.plan])


def test_a_boost_of_an_internal_post_is_withheld(world: World):
    boost = {
        "id": a_thing(world.tx, "activities/1"),
        "type": "Announce",
        "actor": world.alice,
        "object": world.secret,
    }
    assert world.release(boost) == ()


def test_an_id_of_ours_that_nobody_knows_counts_as_internal(world: World):
    assert world.release(world.create(inReplyTo=f"{world.tx.home.base}/posts/404")) == ()
    assert world.last().rule == "withheld_internal"


def test_an_id_of_elsewhere_that_nobody_knows_is_no_secret(world: World):
    assert len(world.release(world.create(url="https://elsewhere.example/posts/1"))) == 2


def test_a_partners_thing_of_another_project_is_withheld(world: World):
    theirs = a_thing(world.tx, f"https://{INITECH}/posts/9", space=world.gemini)
    assert world.release(world.create(inReplyTo=theirs)) == ()


def test_a_colleague_who_is_in_no_project_is_not_named(world: World):
    assert world.release(world.create(content=f"Ask @carol@{ACME}")) == ()
    assert (world.last().rule, orjson.loads(world.last().names)) == ("withheld_internal", [world.carol])


def test_a_partners_person_is_not_named_in_a_project_she_is_not_in(world: World):
    dora = a_person(world.tx, "dora", world.gemini, host=INITECH)
    assert world.release(world.create(content=f"Ask @dora@{INITECH}")) == ()
    assert orjson.loads(world.last().names) == [dora]


def test_who_asks_to_join_is_not_named_before_the_answer(world: World):
    a_person(world.tx, "eve", world.apollo, membership="requested")
    assert world.release(world.create(content=f"Ask @eve@{ACME}")) == ()


def test_who_left_may_still_be_named_where_she_was(world: World):
    eve = a_person(world.tx, "eve", world.apollo, membership="left", state="disabled")
    removal = {
        "type": "Remove",
        "actor": world.alice,
        "object": eve,
        "target": f"{world.apollo}/members",
        "id": world.post,
    }
    assert len(world.release(removal)) == 2


def test_the_author_is_a_name_like_any_other(world: World):
    assert GATE.release(world.tx, world.create(), author=world.carol) == ()


def test_a_label_above_the_ceiling_is_withheld_for_each_host(world: World):
    assert world.release(world.create(inReplyTo=a_thing(world.tx, space=world.apollo, label=2))) == ()
    assert {(line.host, line.rule) for line in ledger.lines(world.tx)} == {
        (GLOBEX, "withheld_label"),
        (INITECH, "withheld_label"),
    }


@pytest.mark.parametrize("field", ["bto", "bcc"])
def test_blind_recipients_never_leave_at_any_depth(world: World, field: str):
    document = world.create(**{field: [world.bob]})
    assert world.release(document) == ()
    assert world.last().rule == "withheld_blind"


def test_words_about_blind_recipients_are_words(world: World):
    assert len(world.release(world.create(content='{"bto": 1, "bcc": 2}'))) == 2


def finished(world: World, draft: dict[str, Any], **more: Any) -> tuple[tuple[str, ...], list[str]]:
    """To whom a draft goes that is finished by adding this, and what it was when it was finished."""
    seen: list[str] = []

    def finish(document: dict[str, Any]) -> dict[str, Any]:
        seen.append(document["id"])
        return document | more

    letters = GATE.release(world.tx, draft, author=world.alice, finish=finish)
    assert all(orjson.loads(letter.body) == draft | more for letter in letters)
    return tuple(letter.host for letter in letters), seen


def test_a_draft_that_may_go_is_finished_once_and_goes_as_what_it_became(world: World):
    draft = world.create()
    assert finished(world, draft, log={"project": world.apollo, "seq": 1}) == (
        (GLOBEX, INITECH),
        [draft["id"]],
    )


@pytest.mark.parametrize(
    "more", [{"inReplyTo": f"https://{ACME}/posts/404"}, {"content": f"ask @zoe@{ACME}"}, {"bto": []}]
)
def test_a_draft_that_may_not_go_is_not_finished(world: World, more: dict[str, Any]):
    assert finished(world, world.create(**more)) == ((), [])
    assert world.last().host == "*"


@pytest.mark.parametrize("key", ["log", "proof", "content"])
def test_what_is_decided_about_is_the_finished_document(world: World, key: str):
    hosts, seen = finished(world, world.create(), **{key: {"by": [world.secret]}})
    assert (hosts, len(seen)) == ((), 1)
    assert (world.last().rule, orjson.loads(world.last().names)) == ("withheld_internal", [world.secret])


def test_what_finishing_takes_out_is_not_asked_about_any_more(world: World):
    GATE.release(world.tx, world.create(), author=world.apollo, finish=lambda _: {"id": world.post})
    assert [orjson.loads(letter.names) for letter in ledger.lines(world.tx, limit=2)] == [
        sorted([world.apollo, world.post])
    ] * 2


@given(chosen=st.sets(st.integers(0, 9)))
def test_what_is_known_of_some_names_and_of_others_is_what_is_known_of_all(chosen: set[int]):
    world = World()
    known = [world.secret, world.post, world.plan, world.alice, world.bob, world.apollo, world.gemini]
    content = [*known, world.tx.home.node, "https://elsewhere.example/x", f"{world.tx.home.base}/posts/404"]
    named = names_in(content, own_host=ACME)
    some = names_in([content[index] for index in chosen], own_host=ACME)
    apart = things.facts(world.tx, some) + things.facts(world.tx, named - some)
    assert set(apart) == set(things.facts(world.tx, named))


def test_letters_are_numbered_in_the_order_of_their_making(world: World):
    letters = world.release(world.create()) + world.release(world.create())
    assert sorted(letter.id for letter in letters) == [letter.id for letter in letters]


# to whom a project is open


@pytest.mark.parametrize(
    ("charter", "hosts"),
    [
        ({}, {GLOBEX, INITECH}),
        ({"left": (GLOBEX,)}, {INITECH}),
        ({"suspended": (INITECH,)}, {GLOBEX}),
        ({"left": (ACME,)}, set()),
        ({"suspended": (ACME,)}, set()),
        ({"state": "suspended"}, set()),
        ({"state": "offered"}, set()),
        ({"state": "approved"}, set()),
        ({"state": "ended"}, set()),
        ({"state": "superseded"}, set()),
        ({"ends_at_ms": NOW_MS}, set()),
        ({"ends_at_ms": NOW_MS + 1}, {GLOBEX, INITECH}),
        ({"inboxes": {GLOBEX: "https://evil.example/inbox"}}, {INITECH}),
        ({"inboxes": {GLOBEX: "not a url"}}, {INITECH}),
    ],
)
def test_a_project_is_open_to_parties_of_a_live_charter_that_are_still_in(
    charter: dict[str, Any], hosts: set[str]
):
    tx = a_tx()
    apollo = a_project(tx, "apollo", GLOBEX, INITECH, **charter)
    note = {"id": a_thing(tx, space=apollo)}
    assert {letter.host for letter in GATE.release(tx, note, author=apollo)} == hosts
    assert GATE.check_text(tx, ["hello"], apollo).hosts == hosts


def test_a_node_whose_host_is_written_in_letters_knows_itself_as_a_party():
    tx = a_tx("https://bücher.example")
    apollo = a_project(tx, "apollo", GLOBEX)
    note = {"id": a_thing(tx, space=apollo), "content": "by @apollo@bücher.example"}
    assert [letter.host for letter in GATE.release(tx, note, author=apollo)] == [GLOBEX]


def test_a_new_version_on_offer_changes_nothing_yet(world: World):
    a_charter(world.tx, world.apollo, GLOBEX, "hooli.example", version=2, state="offered")
    assert {letter.host for letter in world.release(world.create())} == {GLOBEX, INITECH}


def an_offer(world: World, charter: str, **more: Any) -> dict[str, Any]:
    """An Offer of a charter of Gemini, its id minted in that charter's handshake."""
    return {
        "id": a_thing(world.tx, kind="activity", space=handshake(charter)),
        "type": "Offer",
        "actor": world.tx.home.node,
        "object": {"id": charter, "type": "Charter", "project": world.gemini} | more,
    }


def test_what_is_said_about_a_charter_goes_to_the_companies_that_this_version_names_and_to_no_others(
    world: World,
):
    charter = a_charter(world.tx, world.gemini, GLOBEX, version=2, state="offered")
    letters = GATE.release(
        world.tx, an_offer(world, charter, parties=[f"https://{GLOBEX}/actor"]), author=world.tx.home.node
    )
    assert [(letter.host, letter.rule) for letter in letters] == [(GLOBEX, "released_handshake")]


def test_a_company_that_declined_a_charter_is_not_even_considered_for_the_next(world: World):
    gemini = world.gemini = a_project(world.tx, "castor", "hooli.example", state="declined")
    charter = a_charter(world.tx, gemini, GLOBEX, version=2, state="offered")
    GATE.release(world.tx, an_offer(world, charter), author=world.tx.home.node)
    assert [line.host for line in ledger.lines(world.tx)] == [GLOBEX]


def test_what_names_two_versions_of_a_charter_belongs_to_no_handshake(world: World):
    first = a_charter(world.tx, world.gemini, GLOBEX, version=2, state="declined")
    second = a_charter(world.tx, world.gemini, GLOBEX, version=3, state="offered")
    letters = GATE.release(world.tx, an_offer(world, second, replaces=first), author=world.tx.home.node)
    assert letters == ()
    assert world.last().rule == "withheld_other_project"


def test_who_left_a_charter_hears_no_more_of_it(world: World):
    charter = a_charter(world.tx, world.gemini, GLOBEX, INITECH, version=2, state="offered", left=(INITECH,))
    letters = GATE.release(world.tx, an_offer(world, charter), author=world.tx.home.node)
    assert [letter.host for letter in letters] == [GLOBEX]


def test_a_company_that_is_only_offered_a_charter_hears_nothing_of_the_project(world: World):
    a_charter(world.tx, world.gemini, GLOBEX, version=2, state="offered")
    letters = GATE.release(world.tx, {"id": world.plan}, author=world.gemini)
    assert [letter.host for letter in letters] == [INITECH]


def test_leaving_arrives_although_the_charter_is_no_longer_in_force():
    tx = a_tx()
    apollo = a_project(tx, "apollo")
    charter = a_charter(tx, apollo, GLOBEX, state="ended", left=(ACME,))
    leave = {
        "id": a_thing(tx, space=handshake(charter)),
        "type": "Leave",
        "actor": tx.home.node,
        "object": apollo,
    }
    assert [letter.host for letter in GATE.release(tx, leave, author=tx.home.node)] == [GLOBEX]


def test_a_letter_is_still_open_until_its_host_is_out(world: World):
    letter = world.release(world.create())[0]
    assert GATE.still_open(world.tx, letter)
    world.tx._connection.execute("UPDATE charter_party SET left_at_ms = 1 WHERE host = ?", (letter.host,))
    assert not GATE.still_open(world.tx, letter)


def test_letters_are_asked_about_once_for_each_space_and_each_keeps_its_own_answer(world: World):
    few, many = (
        [world.release(world.create()) for _ in range(2)],
        [world.release(world.create()) for _ in range(9)],
    )
    world.tx._connection.execute("UPDATE charter_party SET left_at_ms = 1 WHERE host = ?", (GLOBEX,))
    asked = []
    for letters in ([one for pair in few for one in pair], [one for pair in many for one in pair]):
        counted = Counting(world.tx)
        assert GATE.still_open(counted, *letters) == tuple(one for one in letters if one.host == INITECH)
        asked.append(counted.asked)
    assert asked[0] == asked[1]


def test_no_letter_is_open_while_the_charter_is_suspended(world: World):
    letters = world.release(world.create())
    world.tx._connection.execute("UPDATE charter SET state = 'suspended'")
    assert len(letters) == 2
    assert GATE.still_open(world.tx, *letters) == ()


def test_no_letter_is_open_once_we_are_out_ourselves(world: World):
    letters = world.release(world.create())
    world.tx._connection.execute("UPDATE charter_party SET left_at_ms = 1 WHERE host = ?", (ACME,))
    assert len(letters) == 2
    assert GATE.still_open(world.tx, *letters) == ()


# words


def test_words_for_a_project_may_name_what_belongs_to_it(world: World):
    assert (
        GATE.check_text(world.tx, [f"See {world.post}", "and more"], world.apollo).rule == "released_project"
    )


def test_words_for_a_project_may_not_name_what_is_internal(world: World):
    verdict = GATE.check_text(world.tx, [f"See {world.secret}"], world.apollo)
    assert (verdict.allowed, verdict.rule, verdict.names) == (False, "withheld_internal", (world.secret,))


def test_inside_the_company_everything_may_be_named(world: World):
    assert GATE.check_text(world.tx, [world.secret, world.plan], INTERNAL).rule == "kept_internal"


def test_words_for_a_project_without_a_charter_have_nowhere_to_go(world: World):
    assert GATE.check_text(world.tx, ["hello"], a_project(world.tx, "solo")).rule == "withheld_closed"


# ids


def test_what_is_said_first_of_where_a_thing_belongs_holds(world: World):
    ids.mint(world.tx, world.secret, kind="post", space=world.apollo)
    row = things.by_iri(world.tx, world.secret)
    assert row is not None
    assert row.space == INTERNAL


def test_a_space_narrows(world: World):
    ids.narrow(world.tx, world.post, space=INTERNAL)
    assert world.release({"id": world.post}) == ()


@pytest.mark.parametrize("space", [PUBLIC, "https://acme.example/projects/gemini"])
def test_a_space_never_widens(world: World, space: str):
    with pytest.raises(ValueError, match="only narrows"):
        ids.narrow(world.tx, world.post, space=space)


def test_of_an_unknown_thing_no_space_is_narrowed(world: World):
    with pytest.raises(ValueError, match="no space is known"):
        ids.narrow(world.tx, "https://acme.example/posts/404", space=INTERNAL)


def test_two_things_under_one_name_are_both_asked(world: World):
    ids.mint(world.tx, f"{world.secret.replace('https', 'http')}#x", kind="post", space=world.apollo)
    assert world.release(world.create(inReplyTo=world.secret)) == ()


def test_the_node_is_known_by_its_handle_too(world: World):
    a_node_actor(world.tx)
    assert len(world.release(world.create(cc=[world.tx.home.node], content=f"@acme@{ACME}"))) == 2
