"""Activities are read once; origins decide who may speak for which id (FEP-fe34)."""

import json
from collections.abc import Iterator

import pytest

from federation.activity import Activity, moment_ms
from federation.audience import Audience, without_blind
from federation.document import first_type, parse
from federation.errors import FederationError, Malformed, Refused
from federation.origin import check_speaks_for, host_of, origin_of, same_origin
from federation.vocabulary import PUBLIC
from tests.federation.vectors import CORPUS

ALICE, BOB = "https://acme.example/people/alice", "https://globex.example/people/bob"
NODE = "https://acme.example/actor"
NOTE = {"id": "https://acme.example/posts/1", "type": "Note", "attributedTo": ALICE}


def an_activity(kind: str = "Create", **changes: object) -> dict[str, object]:
    return {
        "id": "https://acme.example/activities/1",
        "type": kind,
        "actor": ALICE,
        "object": NOTE,
        **changes,
    }


def refusal(document: dict[str, object], *, signer: str = ALICE, proven: str | None = None) -> str:
    try:
        check_speaks_for(signer, Activity.parse(document), proven=proven)
    except Refused as error:
        return error.rule
    return ""


def test_an_activity_is_read_with_its_object():
    activity = Activity.parse(an_activity())
    assert (activity.type, activity.actor, activity.object_iri, activity.object_type) == (
        "Create",
        ALICE,
        NOTE["id"],
        "Note",
    )


@pytest.mark.parametrize("field", ["id", "type", "actor", "object"])
def test_a_missing_field_is_named(field: str):
    document = an_activity()
    del document[field]
    with pytest.raises(Malformed, match=f"activity_without_{field}"):
        Activity.parse(document)


def test_the_activity_inside_an_undo_is_read():
    inner = Activity.parse(an_activity("Undo", object=an_activity("Like"))).inner
    assert inner is not None
    assert inner.type == "Like"


def test_a_chain_of_undos_is_refused():
    with pytest.raises(Malformed, match="activity_in_activity"):
        Activity.parse(an_activity("Undo", object=an_activity("Undo", object=an_activity("Like"))))


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("2026-11-25T08:00:00Z", 1795593600000),
        ("2026-11-25T09:00:00+01:00", 1795593600000),
        ("2026-11-25T08:00:00", 1795593600000),
        ("yesterday", None),
        (None, None),
        ("", None),
        (12, None),
    ],
)
def test_moments_are_read_with_and_without_offset(text: object, at_ms: int | None):
    assert moment_ms(text) == at_ms


def test_an_actor_speaks_for_itself():
    assert refusal(an_activity()) == ""


def test_the_node_speaks_for_its_person_only_with_the_persons_proof():
    assert refusal(an_activity(), signer=NODE, proven=ALICE) == ""
    assert refusal(an_activity(), signer=NODE) == "signer_is_not_the_actor"


def test_another_host_does_not_speak_for_a_person_even_with_a_proof():
    assert (
        refusal(an_activity(), signer="https://globex.example/actor", proven=ALICE)
        == "signer_is_not_the_actor"
    )


def test_an_activity_id_of_another_host_is_refused():
    assert refusal(an_activity(id="https://globex.example/activities/1")) == "id_of_another_host"


def test_an_object_of_another_host_is_refused():
    assert (
        refusal(an_activity(object={**NOTE, "id": "https://globex.example/posts/1"}))
        == "object_of_another_host"
    )


def test_an_object_by_another_author_is_refused():
    assert (
        refusal(an_activity(object={**NOTE, "attributedTo": "https://acme.example/people/amine"}))
        == "object_of_another_author"
    )


def test_deleting_what_is_anothers_is_refused():
    assert (
        refusal(an_activity("Delete", object="https://globex.example/posts/1")) == "deletes_of_another_host"
    )
    assert refusal(an_activity("Delete", object=NOTE["id"])) == ""


def test_undoing_what_another_did_is_refused():
    like = {**an_activity("Like"), "actor": BOB, "id": "https://globex.example/activities/2"}
    assert refusal(an_activity("Undo", object=like)) == "undoes_anothers"
    assert refusal(an_activity("Undo", object=an_activity("Like"))) == ""


@pytest.mark.parametrize(
    ("iri", "host"),
    [
        ("https://ACME.example/people/alice", "acme.example"),
        ("https://acme.example:443/", "acme.example"),
        ("http://acme.localhost:7001/actor", "acme.localhost:7001"),
        ("https://bücher.example/a", "xn--bcher-kva.example"),
        ("https://acme.example./a", "acme.example"),
        ("https://[::1]:8000/a", "[::1]:8000"),
    ],
)
def test_a_host_has_one_name(iri: str, host: str):
    assert host_of(iri) == host


@pytest.mark.parametrize(
    "iri",
    [
        "ftp://a/1",
        "https:///a",
        "https://u@a/1",
        "https://u:p@a/1",
        "not an iri",
        "https://a:99999/",
        "https://[::1/",
    ],
)
def test_an_iri_that_names_no_host_is_refused(iri: str):
    with pytest.raises(Malformed, match="bad_iri"):
        origin_of(iri)


def test_scheme_and_port_are_part_of_an_origin():
    assert same_origin("https://a.example/1", "https://a.example:443/2")
    assert not same_origin("https://a.example/1", "http://a.example/1")
    assert not same_origin("https://a.example/1", "https://a.example:8443/1")


@pytest.mark.parametrize("spelling", [PUBLIC, "as:Public", "Public"])
def test_public_is_known_in_its_three_spellings(spelling: str):
    assert Audience.of({"cc": spelling}).is_public


def test_an_audience_is_read_from_every_field_and_written_to_two():
    audience = Audience.of(
        {"to": ALICE, "cc": [BOB], "bcc": "https://a/x", "audience": {"id": "https://a/y"}}
    )
    assert audience.render() == {"to": [ALICE], "cc": [BOB, "https://a/x", "https://a/y"]}


def test_blind_fields_are_taken_out_at_both_depths():
    sent = without_blind({"bto": ALICE, "object": {"bcc": BOB, "to": BOB}, "to": ALICE})
    assert sent == {"to": ALICE, "object": {"to": BOB}}


def captured() -> Iterator[object]:
    for path in sorted(CORPUS.rglob("*.json")) if CORPUS.exists() else []:
        yield pytest.param(path.read_bytes(), id=f"{path.parent.name}/{path.stem[-60:]}")
    for kind in ("Create", "Update", "Announce", "Like", "Follow", "Undo", "Delete"):
        yield pytest.param(json.dumps(an_activity(kind)).encode(), id=f"own/{kind}")


@pytest.mark.parametrize("body", list(captured()))
def test_what_other_servers_send_is_read_or_refused_by_our_own_errors(body: bytes):
    try:
        document = parse(body)
        activity = Activity.parse(document)
        check_speaks_for(activity.actor, activity)
        assert Audience.of(document).all is not None
    except FederationError as error:
        assert error.status in {400, 401, 403}
        assert error.rule
    else:
        assert activity.type == first_type(document)
