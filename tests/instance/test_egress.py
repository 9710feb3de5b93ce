"""The gate: what leaves, to whom, and that nothing hides from the question."""

import hashlib
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.errors import Refused
from federation.letters import ANYONE, Outbound, check_seal
from instance import ids
from instance.egress import OFFER, Gate
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
from tests.instance.test_names import DISGUISES

KEY = b"k" * 32
GATE = Gate(KEY)
JSON_TYPE = "application/activity+json"


class World:
    """Acme with project Apollo (Globex and Initech), project Gemini (Initech), and something of its own."""

    def __init__(self, base: str = f"https://{ACME}") -> None:
        self.tx = a_tx(base)
        self.apollo = a_project(self.tx, "apollo", GLOBEX, INITECH)
        self.gemini = a_project(self.tx, "gemini", INITECH)
        self.alice = a_person(self.tx, "alice", self.apollo)
        self.carol = a_person(self.tx, "carol")
        self.bob = a_person(self.tx, "bob", self.apollo, host=GLOBEX)
        self.post = a_thing(self.tx, space=self.apollo)
        self.secret = a_thing(self.tx, space=INTERNAL)
        self.plan = a_thing(self.tx, space=self.gemini)

    def create(self, **note: Any) -> dict[str, Any]:
        """A Create of a Note in Apollo, as the outbox would say it."""
        return {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://w3id.org/security/data-integrity/v2",
            ],
            "id": a_thing(self.tx, f"activities/{ids.snowflake(NOW_MS)}", space=self.apollo, kind="activity"),
            "type": "Create",
            "actor": self.alice,
            "to": [self.apollo],
            "object": {
                "id": self.post,
                "type": "Note",
                "attributedTo": self.alice,
                "content": f'<p>Ready, <a href="{self.bob}">@bob</a></p>',
                "tag": [{"type": "Mention", "href": self.bob, "name": f"@bob@{GLOBEX}"}],
            }
            | note,
        }

    def release(self, document: dict[str, Any]) -> tuple[Outbound, ...]:
        return GATE.release(self.tx, document, author=self.alice)

    def last(self) -> ledger.LineRow:
        return ledger.lines(self.tx, limit=1)[0]


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
    assert not GATE.check_release(world.tx, document).allowed
    assert world.release(document) == ()
    assert world.last().rule == "withheld_blind"


def test_words_about_blind_recipients_are_words(world: World):
    assert len(world.release(world.create(content='{"bto": 1, "bcc": 2}'))) == 2


def test_a_dry_run_decides_the_same_and_writes_nothing(world: World):
    for document in (world.create(), world.create(inReplyTo=world.secret)):
        lines = ledger.last(world.tx)
        verdict = GATE.check_release(world.tx, document)
        assert ledger.last(world.tx) == lines
        assert verdict.hosts == {letter.host for letter in world.release(document)}


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


def test_a_new_version_on_offer_changes_nothing_yet(world: World):
    a_charter(world.tx, world.apollo, GLOBEX, "hooli.example", version=2, state="offered")
    assert {letter.host for letter in world.release(world.create())} == {GLOBEX, INITECH}


def test_an_offer_goes_to_every_company_that_a_charter_names(world: World):
    charter = a_charter(world.tx, world.gemini, GLOBEX, version=2, state="offered")
    offer = {
        "id": a_thing(world.tx, "activities/1", kind="activity", space=handshake(world.gemini)),
        "type": "Offer",
        "actor": world.tx.home.node,
        "object": {
            "id": charter,
            "type": "Charter",
            "project": world.gemini,
            "parties": [f"https://{GLOBEX}/actor"],
        },
    }
    letters = GATE.release(world.tx, offer, author=world.tx.home.node)
    assert {(letter.host, letter.rule) for letter in letters} == {
        (GLOBEX, "released_handshake"),
        (INITECH, "released_handshake"),
    }


def test_a_company_that_is_only_offered_a_charter_hears_nothing_of_the_project(world: World):
    a_charter(world.tx, world.gemini, GLOBEX, version=2, state="offered")
    letters = GATE.release(world.tx, {"id": world.plan}, author=world.gemini)
    assert [letter.host for letter in letters] == [INITECH]


def test_leaving_arrives_although_the_charter_is_no_longer_in_force():
    tx = a_tx()
    apollo = a_project(tx, "apollo", GLOBEX, state="ended", left=(ACME,))
    leave = {
        "id": a_thing(tx, space=handshake(apollo)),
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


def test_no_letter_is_open_while_the_charter_is_suspended(world: World):
    letters = world.release(world.create())
    world.tx._connection.execute("UPDATE charter SET state = 'suspended'")
    assert [GATE.still_open(world.tx, letter) for letter in letters] == [False, False]


def test_no_letter_is_open_once_we_are_out_ourselves(world: World):
    letters = world.release(world.create())
    world.tx._connection.execute("UPDATE charter_party SET left_at_ms = 1 WHERE host = ?", (ACME,))
    assert [GATE.still_open(world.tx, letter) for letter in letters] == [False, False]


# nothing hides: every shape of activity, every place in it, every disguise


def activities(world: World) -> dict[str, dict[str, Any]]:
    create, iri, alice = world.create(), a_thing(world.tx, space=world.apollo), world.alice
    shapes: dict[str, Any] = {
        "Update": create["object"],
        "Delete": {"type": "Tombstone", "id": world.post},
        "Announce": world.post,
        "Like": world.post,
        "Undo": {"type": "Like", "id": iri, "actor": alice, "object": world.post},
        "Add": {
            "type": "Person",
            "id": alice,
            "inbox": f"{alice}/inbox",
            "publicKey": {"id": f"{alice}#main-key"},
        },
        "Remove": alice,
        "Follow": world.apollo,
        "Offer": {"type": "Charter", "id": iri, "parties": []},
        "Flag": [world.bob, world.post],
        "Move": alice,
    }
    envelope = {
        "actor": alice,
        "to": [world.apollo],
        "log": {"project": world.apollo, "party": ACME, "seq": 1},
    }
    return {"Create": create} | {
        kind: {"id": iri, "type": kind, "object": inner} | envelope for kind, inner in shapes.items()
    }


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, as the way to it."""
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path] + [place for key, value in inner for place in places(value, (*path, key))]


def planted(document: dict[str, Any], place: tuple[Any, ...], text: str, manner: str) -> Any:
    """The document with a text put at a place: instead of what stands there, beside it, as a key, or in a nest of its own."""
    if place:
        return (
            document | {place[0]: planted(document[place[0]], place[1:], text, manner)}
            if isinstance(document, dict)
            else [
                planted(item, place[1:], text, manner) if index == place[0] else item
                for index, item in enumerate(document)
            ]
        )
    nest = {
        "beside": [document, text],
        "key": [document, {text: True}],
        "nest": [document, {"x": [[{"y": [text]}]]}],
    }
    return nest.get(manner, f"{document} {text}" if isinstance(document, str) else [document, text])


WORLD = World()
BUECHER = World("https://bücher.example:8443")
KINDS = sorted(activities(WORLD))


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_of_activity_goes_out_when_nothing_in_it_is_in_the_way(kind: str):
    assert len(WORLD.release(activities(WORLD)[kind])) == 2


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.large_base_example])
@pytest.mark.parametrize("world", [WORLD, BUECHER], ids=["ascii", "idn"])
def test_an_internal_name_is_found_at_every_place_in_every_disguise(world: World, data: st.DataObject):
    document = activities(world)[data.draw(st.sampled_from(KINDS))]
    place = data.draw(st.sampled_from(places(document)[1:]))
    manner = data.draw(st.sampled_from(["in", "beside", "key", "nest"]))
    disguise = DISGUISES[data.draw(st.sampled_from(sorted(DISGUISES)))]
    host = world.tx.home.host.partition(":")[0]
    spelling = data.draw(
        st.sampled_from(
            [
                world.secret,
                f"//{host}:99/posts/{world.secret.rpartition('/')[2]}",
                world.carol,
                f"@carol@{host}",
            ]
        )
    )
    harmless = planted(document, place, disguise("https://elsewhere.example/posts/1"), manner)
    assert GATE.check_release(world.tx, harmless).allowed
    harmful = planted(document, place, disguise(spelling), manner)
    assert not GATE.check_release(world.tx, harmful).allowed
    assert world.release(harmful) == ()


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


# disclose


def test_a_party_is_shown_what_belongs_to_its_project_and_it_is_a_line(world: World):
    note = world.create()["object"]
    disclosure = GATE.disclose(
        world.tx, note, viewer=GLOBEX, media_type=JSON_TYPE, headers=(("Vary", "Accept"),)
    )
    assert (disclosure.status, orjson.loads(disclosure.body), disclosure.headers) == (
        200,
        note,
        (("Vary", "Accept"),),
    )
    assert check_seal(disclosure, KEY) is disclosure
    line = world.last()
    assert (line.letter, line.verdict, line.host, line.what) == ("disclosure", "released", GLOBEX, world.post)


@pytest.mark.parametrize("viewer", ["hooli.example", ANYONE])
def test_who_is_no_party_gets_the_answer_of_an_id_that_never_was_to_the_byte(world: World, viewer: str):
    disclosure = GATE.disclose(
        world.tx,
        world.create()["object"],
        viewer=viewer,
        media_type=JSON_TYPE,
        headers=(("ETag", "x"),),
        status=200,
    )
    assert disclosure == GATE.not_found(viewer)
    assert disclosure.status == 404


def test_an_internal_thing_is_shown_to_no_partner_and_the_try_is_a_line(world: World):
    note = {"id": world.secret, "content": "hush"}
    assert GATE.disclose(world.tx, note, viewer=GLOBEX, media_type=JSON_TYPE) == GATE.not_found(GLOBEX)
    assert (world.last().verdict, world.last().rule) == ("withheld", "withheld_internal")


def test_strangers_are_shown_what_is_public_without_a_line(world: World):
    node = {"id": world.tx.home.node, "type": "Application", "inbox": world.tx.home.inbox}
    assert GATE.disclose(world.tx, node, viewer=ANYONE, media_type=JSON_TYPE).status == 200
    assert ledger.last(world.tx).seq == 0


def test_a_minted_public_thing_is_public(world: World):
    page = a_thing(world.tx, "pages/imprint", space=PUBLIC)
    assert GATE.disclose(world.tx, {"id": page}, viewer=ANYONE, media_type=JSON_TYPE).status == 200


def test_the_headers_are_asked_as_well(world: World):
    link = (("Link", f'<{world.secret}>; rel="alternate"'),)
    assert GATE.disclose(world.tx, {"x": 1}, viewer=GLOBEX, media_type=JSON_TYPE, headers=link).status == 404


def test_a_picture_is_shown_by_what_it_is_asked_for_as(world: World):
    for space, status in ((world.apollo, 200), (INTERNAL, 404)):
        iri = a_thing(world.tx, f"media/{status}", space=space, kind="media")
        assert (
            GATE.disclose(world.tx, b"\x89PNG", viewer=GLOBEX, media_type="image/png", of=iri).status
            == status
        )


def test_a_picture_of_which_nobody_says_what_it_is_is_refused(world: World):
    with pytest.raises(ValueError, match="of what"):
        GATE.disclose(world.tx, b"\x89PNG", viewer=GLOBEX, media_type="image/png")


@pytest.mark.parametrize(
    ("membership", "state", "status"),
    [
        ("active", "active", 200),
        ("left", "active", 404),
        ("active", "disabled", 404),
        ("requested", "active", 404),
    ],
)
def test_a_profile_is_shown_to_partners_only_while_the_person_takes_part(
    world: World, membership: str, state: str, status: int
):
    eve = a_person(world.tx, "eve", world.apollo, membership=membership, state=state)
    profile = {
        "id": eve,
        "type": "Person",
        "inbox": f"{eve}/inbox",
        "endpoints": {"sharedInbox": world.tx.home.inbox},
    }
    assert GATE.disclose(world.tx, profile, viewer=GLOBEX, media_type=JSON_TYPE).status == status


def test_a_webfinger_answer_is_about_whom_it_names(world: World):
    for person, status in ((world.alice, 200), (world.carol, 404)):
        name = person.rpartition("/")[2]
        answer = {"subject": f"acct:{name}@{ACME}", "links": [{"rel": "self", "href": person}]}
        assert (
            GATE.disclose(
                world.tx, answer, viewer=GLOBEX, media_type="application/jrd+json", of=person
            ).status
            == status
        )


def test_text_and_bytes_are_read_like_documents(world: World):
    for content in (
        f"<p>{world.secret}</p>",
        f"<p>{world.secret}</p>".encode(),
        orjson.dumps({"a": world.secret}),
    ):
        assert GATE.disclose(world.tx, content, viewer=GLOBEX, media_type="text/html").status == 404


# inquire


def test_a_party_may_be_asked_for_its_own_things(world: World):
    inquiry = GATE.inquire(world.tx, world.bob, reason="actor", accept=JSON_TYPE)
    assert inquiry is not None
    assert (inquiry.url, inquiry.signer, inquiry.reason) == (world.bob, world.tx.home.node, "actor")
    assert check_seal(inquiry, KEY) is inquiry
    assert (world.last().letter, world.last().verdict, world.last().host) == ("inquiry", "released", GLOBEX)


def test_a_party_is_told_its_own_names_even_while_the_charter_is_suspended(world: World):
    picture = a_thing(world.tx, f"https://{GLOBEX}/media/5", space=world.apollo, kind="media", label=3)
    world.tx._connection.execute("UPDATE charter SET state = 'suspended'")
    assert GATE.inquire(world.tx, picture, reason="picture", accept="image/*")


def test_a_stranger_is_not_asked_and_the_try_is_a_line(world: World):
    assert GATE.inquire(world.tx, "https://evil.example/x", reason="actor", accept=JSON_TYPE) is None
    assert (world.last().verdict, world.last().host, world.last().rule) == (
        "withheld",
        "evil.example",
        "withheld_not_party",
    )


def test_a_company_about_to_be_offered_a_charter_is_asked_unsigned(world: World):
    inquiry = GATE.inquire(world.tx, "https://hooli.example/actor", reason=OFFER, accept=JSON_TYPE)
    assert inquiry is not None
    assert inquiry.signer == ""


def test_an_address_that_names_our_internal_things_is_not_asked(world: World):
    url = f"https://{GLOBEX}/search?q={world.secret}"
    assert GATE.inquire(world.tx, url, reason=OFFER, accept=JSON_TYPE) is None


def test_the_log_of_a_project_is_asked_of_its_parties_only(world: World):
    query = f"log?project={world.gemini}&party={ACME}"
    assert GATE.inquire(world.tx, f"https://{INITECH}/{query}", reason="gap", accept=JSON_TYPE)
    assert not GATE.inquire(world.tx, f"https://{GLOBEX}/{query}", reason="gap", accept=JSON_TYPE)


@pytest.mark.parametrize(
    "url", ["ftp://globex.example/x", "https://", "https://u:p@globex.example/x", "nonsense"]
)
def test_what_is_no_address_is_not_asked(world: World, url: str):
    assert GATE.inquire(world.tx, url, reason=OFFER, accept=JSON_TYPE) is None


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
