"""What is said under a name that was given up is read under the new one: things, never words, and nothing that is proven."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance import names, renaming
from instance.renaming import AT, BELOW, Renaming

OLD, NEW = "https://acme.example", "https://acme-group.example"
MOVED = (Renaming(OLD, NEW),)
PATHS = st.one_of(
    st.sampled_from([f"/{path}" for path in AT]),
    st.builds(
        "/{}/{}{}".format,
        st.sampled_from(BELOW),
        st.text("abc019_", min_size=1, max_size=8),
        st.sampled_from(["", "#main-key", "/followers", "?page=1"]),
    ),
)
JSON = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=20), PATHS.map(OLD.__add__)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text("ab", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PATHS)
def test_a_thing_has_the_same_path_under_both_names_and_one_name_at_the_gate(path: str):
    assert renaming.iri(MOVED, OLD + path) == NEW + path
    assert renaming.name(MOVED, names.canonical(OLD + path)) == names.canonical(NEW + path)


@given(PATHS)
def test_the_way_back_leads_where_it_came_from(path: str):
    assert renaming.iri([MOVED[0].back], renaming.iri(MOVED, OLD + path)) == OLD + path


@given(JSON)
def test_a_document_read_twice_reads_the_same_and_has_no_old_name_left(value: object):
    once = renaming.document(MOVED, {"a": value})
    assert renaming.document(MOVED, once) == once
    assert renaming.document((MOVED[0].back,), once) == renaming.document((MOVED[0].back,), {"a": value})


@pytest.mark.parametrize(
    "words",
    [
        "https://acme.example/products/17",
        "https://acme.example",
        "https://acme.example.evil.example/people/alice",
        "https://notacme.example/people/alice",
        "https://acme.example/actors",
        "alice@acme.example",
    ],
)
def test_what_names_no_thing_of_the_node_stays(words: str):
    assert renaming.iri(MOVED, words) == words


def test_links_in_words_lead_to_the_thing_where_it_is_now():
    html = f'<p><a href="{OLD}/people/alice">@alice</a> of <a href="{OLD}/about">us</a></p>'
    assert renaming.iri(MOVED, html) == html.replace(f"{OLD}/people", f"{NEW}/people")


def test_a_handle_is_one_name_at_the_gate():
    assert renaming.name(MOVED, "@alice@acme.example") == "@alice@acme-group.example"
    assert renaming.name(MOVED, "@alice@notacme.example") == "@alice@notacme.example"


def test_a_charter_in_full_and_a_proof_are_left_as_they_were_signed():
    proof = {"type": "DataIntegrityProof", "verificationMethod": f"{OLD}/actor#ed25519-key"}
    charter = {"type": "Charter", "id": f"{OLD}/charters/1", "parties": []}
    said = {"actor": f"{OLD}/actor", "object": charter, "proof": proof}
    assert renaming.document(MOVED, said) == said | {"actor": f"{NEW}/actor"}
    stub = {"object": {"type": "Charter", "id": f"{OLD}/charters/1"}}
    assert renaming.document(MOVED, stub)["object"]["id"] == f"{NEW}/charters/1"


def test_the_party_of_an_entry_is_the_company_as_it_is_called_now():
    said = {"log": {"project": f"{OLD}/projects/apollo", "party": "acme.example", "seq": 1}}
    assert renaming.document(MOVED, said)["log"]["party"] == "acme-group.example"
