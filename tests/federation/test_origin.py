"""Who may speak for which id (FEP-fe34), and how a host is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.activity import Activity
from federation.errors import Malformed, Refused
from federation.origin import IRI_LIMIT_CHARS, check_speaks_for, host_of, origin_of, same_origin
from tests.federation.activities import ALICE, BOB, NODE, NOTE, an_activity


def refusal(document: dict[str, object], *, signer: str = ALICE, proven: str | None = None) -> str:
    try:
        check_speaks_for(signer, Activity.parse(document), proven=proven)
    except Refused as error:
        return error.rule
    return ""


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


ELSEWHERE = "https://globex.example/posts/1"


@pytest.mark.parametrize(
    ("kind", "second", "rule"),
    [
        ("Create", {**NOTE, "id": ELSEWHERE}, "object_of_another_host"),
        ("Update", {**NOTE, "attributedTo": BOB}, "object_of_another_author"),
        ("Delete", ELSEWHERE, "deletes_of_another_host"),
        ("Undo", {"id": ELSEWHERE, "type": "Like"}, "undoes_anothers"),
    ],
)
def test_what_is_refused_alone_is_refused_in_a_list(kind: str, second: object, rule: str):
    own = an_activity("Like") if kind == "Undo" else NOTE
    assert refusal(an_activity(kind, object=[own, own])) == ""
    assert refusal(an_activity(kind, object=[own, second])) == rule


@pytest.mark.parametrize("author", [[{}, ALICE], 12, "", {"name": "Alice"}])
def test_an_author_that_cannot_be_read_is_not_taken_for_none(author: object):
    assert refusal(an_activity(object={**NOTE, "attributedTo": author})) == "object_of_another_author"


def test_an_object_that_names_no_author_is_its_actors():
    assert refusal(an_activity(object={"id": NOTE["id"], "type": "Note"})) == ""


def test_undoing_what_another_did_is_refused():
    like = {**an_activity("Like"), "actor": BOB, "id": "https://globex.example/activities/2"}
    assert refusal(an_activity("Undo", object=like)) == "undoes_anothers"
    assert refusal(an_activity("Undo", object=an_activity("Like"))) == ""


def test_undoing_an_activity_whose_id_is_of_another_host_is_refused():
    claimed = an_activity("Like", id="https://globex.example/activities/2")
    assert refusal(an_activity("Undo", object=claimed)) == "undoes_anothers"


def test_undoing_an_activity_that_names_no_actor_counts_it_as_ones_own():
    assert refusal(an_activity("Undo", object={"id": "https://acme.example/likes/1", "type": "Like"})) == ""


@pytest.mark.parametrize(
    ("iri", "host"),
    [
        ("https://ACME.example/people/alice", "acme.example"),
        ("https://acme.example:443/", "acme.example"),
        ("http://acme.localhost:7001/actor", "acme.localhost:7001"),
        ("https://bücher.example/a", "xn--bcher-kva.example"),
        ("https://acme.example./a", "acme.example"),
        ("https://BÜCHER.example/a", "xn--bcher-kva.example"),
        ("https://acme.example:/a", "acme.example"),
        ("https://[::1]:8000/a", "[::1]:8000"),
        ("https://[0:0:0:0:0:0:0:1]/a", "[::1]"),
        ("https://acme_1.example/a?q#f", "acme_1.example"),
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
        "https://[acme.example]/",
        "https://a:0/",
        "https://./",
        "https://acme..example/",
        "https://acme.example../",
    ],
)
def test_an_iri_that_names_no_host_is_refused(iri: str):
    with pytest.raises(Malformed, match="bad_iri"):
        origin_of(iri)


def test_scheme_and_port_are_part_of_an_origin():
    assert same_origin("https://a.example/1", "https://a.example:443/2")
    assert not same_origin("https://a.example/1", "http://a.example/1")
    assert not same_origin("https://a.example/1", "https://a.example:8443/1")


@pytest.mark.parametrize(
    "iri",
    [
        "https://acme.example\\.evil.example/",
        "https://acme.example\\@evil.example/",
        "https://ac\tme.example/",
        "https://acme.example/\r\nCordee-Heads: x",
        " https://acme.example/",
        "https://acme.example%2eevil.example/",
        "https://acme.example,evil.example/",
        "https://stra\u00dfe.example/",
        "https://ac\u200dme.example/",
        "https://\uff41cme.example/",
        "https://acme\u3002example/",
        "https://acme.example/>",
    ],
)
def test_an_iri_that_two_readers_could_take_for_two_hosts_is_refused(iri: str):
    with pytest.raises(Malformed, match="bad_iri"):
        origin_of(iri)


def test_an_iri_has_a_longest_length():
    begin = "https://acme.example/"
    assert host_of(begin + "x" * (IRI_LIMIT_CHARS - len(begin)))
    with pytest.raises(Malformed, match="bad_iri"):
        host_of(begin + "x" * (IRI_LIMIT_CHARS - len(begin) + 1))


@given(st.text(max_size=40))
def test_any_text_behind_a_host_leaves_its_name_or_is_refused(text: str):
    try:
        assert host_of(f"https://acme.example/{text}") == "acme.example"
    except Malformed as error:
        assert error.rule == "bad_iri"


@given(st.text(max_size=40))
def test_the_name_of_any_host_is_its_own_name(text: str):
    try:
        name = host_of(f"https://{text}/")
    except Malformed as error:
        assert error.rule == "bad_iri"
    else:
        assert host_of(f"https://{name}/") == name
