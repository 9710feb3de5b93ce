"""What others write in many shapes is read in one; what proofs and hashes cover is left as it came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.activity import Activity
from federation.compact import compacted, short
from federation.document import id_of, types_of, words_of
from tests.federation.activities import ALICE, NOTE, an_activity

AS = "https://www.w3.org/ns/activitystreams#"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "@id", "as:object", f"{AS}object", "object", "@value", "@list", "x", "as:"]
            )
            | st.text(max_size=6),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("as:Note", "Note"),
        (f"{AS}Note", "Note"),
        (AS.replace("https", "http") + "Note", "Note"),
        ("toot:Emoji", "Emoji"),
        ("http://joinmastodon.org/ns#Emoji", "Emoji"),
        ("litepub:EmojiReact", "EmojiReact"),
        ("https://w3id.org/fep/044f#QuoteRequest", "QuoteRequest"),
        ("Note", "Note"),
        ("foo:Note", "foo:Note"),
        ("https://elsewhere.example/ns#Note", "https://elsewhere.example/ns#Note"),
        ("as:", "as:"),
        ("as:a/b", "as:a/b"),
    ],
)
def test_names_of_known_vocabularies_have_their_short_form_and_others_stay(name: str, meant: str):
    assert short(name) == meant
    assert types_of({"type": [name]}) == (meant,)


def test_what_is_said_twice_counts_under_its_short_name_whatever_comes_first():
    for said in ({"as:object": 1, "object": 2}, {"object": 2, "as:object": 1}):
        assert compacted(said) == {"object": 2}


def test_values_are_unwrapped():
    written = {
        "@type": ["as:Note"],
        "as:content": [{"@value": "words", "@language": "en"}],
        "as:inReplyTo": [{"@id": "https://acme.example/posts/9"}],
        "to": {"@list": ["a", "b"]},
    }
    assert compacted(written) == {
        "type": "as:Note",
        "content": "words",
        "inReplyTo": {"id": "https://acme.example/posts/9"},
        "to": ["a", "b"],
    }


@pytest.mark.parametrize("name", ["proof", "signature", "log", "@context"])
def test_what_is_covered_by_hashes_is_left_as_it_came(name: str):
    said = {name: [{"@value": ["x"]}]}
    assert compacted(said) == said


def test_a_charter_is_left_as_it_came():
    charter = {"type": "Charter", "parties": [{"@id": "x"}], "as:name": "y"}
    assert compacted({"object": charter}) == {"object": charter}


@given(JSON)
def test_reading_twice_is_reading_once_and_nothing_is_raised(value):
    once = compacted(value)
    if not isinstance(once, dict | list):
        return
    assert compacted(once) in (once, compacted(compacted(once)))


def test_an_activity_in_full_names_is_the_same_activity():
    plain = Activity.parse(an_activity())
    written = {
        "@id": plain.iri,
        "@type": [f"{AS}Create"],
        f"{AS}actor": [{"@id": ALICE}],
        "as:object": [{"@id": NOTE["id"], "@type": "as:Note", f"{AS}attributedTo": [{"@id": ALICE}]}],
    }
    found = Activity.parse(written)
    assert (found.iri, found.type, found.actor) == (plain.iri, plain.type, plain.actor)
    assert (found.object_iri, types_of(found.object)) == (plain.object_iri, types_of(plain.object))
    assert found.raw is written


def test_of_several_types_the_first_that_is_an_activity_counts():
    assert Activity.parse(an_activity("Create") | {"type": ["Thing", "as:Like", "Create"]}).type == "Like"
    assert Activity.parse(an_activity("Create") | {"type": ["Thing", "Other"]}).type == "Thing"


@pytest.mark.parametrize(
    ("thing", "language", "words"),
    [
        ({"name": "one", "nameMap": {"fr": "un"}}, "fr", "one"),
        ({"nameMap": {"en": "one", "fr": "un"}}, "fr", "un"),
        ({"nameMap": {"en": "one"}}, "fr", "one"),
        ({"nameMap": {"en": None, "fr": ["un"]}}, "", "un"),
        ({"nameMap": "x"}, "", ""),
        ({}, "", ""),
    ],
)
def test_words_are_found_in_a_map_of_languages(thing, language, words):
    assert words_of(thing, "name", language=language) == words


def test_a_link_by_keyword_is_an_id():
    assert id_of(compacted([{"@id": "x"}])) == "x"
