"""What others may GET of us, and what we may GET of others."""

import hashlib

import orjson
import pytest

from federation.letters import ANYONE, Disclosure, check_seal
from instance.egress import OFFER
from instance.policy import INTERNAL, PUBLIC
from instance.storage import ledger
from tests.builders import ACME, GLOBEX, INITECH, a_person, a_thing
from tests.instance.acme import GATE, JSON_TYPE, KEY, World

PNG = b"\x89PNG"


@pytest.fixture
def world() -> World:
    return World()


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
        assert picture(world, iri, PNG).status == status


def picture(world: World, iri: str, data: bytes, *, viewer: str = GLOBEX) -> Disclosure:
    """The answer to who asks for the picture PNG, when `data` is what its file holds."""
    digest = hashlib.sha256(PNG).hexdigest()
    fill = GATE.permit(
        world.tx, iri, viewer=viewer, media_type="image/png", digest=digest, size_bytes=len(PNG)
    )
    return GATE.not_found(viewer) if fill is None else fill(data)


def test_a_permitted_picture_is_sealed_for_its_viewer_and_is_a_line_with_its_digest(world: World):
    iri = a_thing(world.tx, "media/1", space=world.apollo, kind="media")
    shown = picture(world, iri, PNG)
    assert (shown.viewer, shown.media_type, shown.body) == (GLOBEX, "image/png", PNG)
    assert check_seal(shown, KEY) is shown
    line = world.last()
    assert (line.letter, line.verdict, line.what) == ("disclosure", "released", iri)
    assert (line.size_bytes, line.digest) == (len(PNG), hashlib.sha256(PNG).hexdigest())


def test_a_permit_is_good_for_the_very_bytes_and_no_others(world: World):
    iri = a_thing(world.tx, "media/1", space=world.apollo, kind="media")
    for other in (b"", PNG + b"x"):
        assert picture(world, iri, other) == GATE.not_found(GLOBEX)


def test_a_withheld_picture_is_a_line_and_a_strangers_question_is_none(world: World):
    iri = a_thing(world.tx, "media/1", space=INTERNAL, kind="media")
    assert picture(world, iri, PNG, viewer=ANYONE).status == 404
    assert ledger.last(world.tx).seq == 0
    assert picture(world, iri, PNG).status == 404
    assert (world.last().verdict, world.last().rule) == ("withheld", "withheld_internal")


def test_what_nothing_can_be_read_in_needs_a_permit(world: World):
    with pytest.raises(ValueError, match="permit"):
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
