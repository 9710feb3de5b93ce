"""Canonical JSON, keys and integrity proofs: the published vectors hold, and a change of any part is noticed."""

import copy
import json
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from federation import keys
from federation.errors import FederationError, Malformed, Unauthentic
from federation.jcs import canonical
from federation.proof import add_proof, check_proof, proofs_of
from federation.vocabulary import CONTEXT
from tests.federation.vectors import VECTORS, steps

SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
KEY = keys.ed25519_private_from_multibase(SECRET)
KEY_ID = "https://acme.example/people/alice#ed25519-key"
NOW = "2026-11-25T08:00:00Z"
DOCUMENT: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "https://acme.example/activities/1",
    "type": "Create",
    "actor": "https://acme.example/people/alice",
    "object": {
        "id": "https://acme.example/posts/1",
        "type": "Note",
        "content": "Grüße",
        "tag": [{"name": "#x"}, 1, None, True],
    },
}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=25,
)


def find(key_id: str) -> Any:
    return KEY.public_key() if key_id == KEY_ID else None


def proven(document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    return add_proof(document, key=KEY, key_id=KEY_ID, created=NOW)


def rule_of(document: dict[str, Any], find_key: Any = find) -> str:
    with pytest.raises(Unauthentic) as caught:
        check_proof(document, find_key=find_key)
    return caught.value.rule


@given(JSON)
def test_the_fast_canonical_form_is_the_librarys(value: Any):
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError):
        with pytest.raises(Malformed):
            canonical(value)
    else:
        assert canonical(value) == expected


@pytest.mark.parametrize("value", [2**53, -(2**53), float("nan"), float("inf"), "\ud800"])
def test_what_canonical_json_cannot_say_is_refused(value: Any):
    with pytest.raises(Malformed, match="not_canonical"):
        canonical({"a": value})


def test_the_published_canonical_forms_hold():
    cases = [
        (p.read_text(), (VECTORS / "jcs" / "output" / p.name).read_bytes())
        for p in sorted((VECTORS / "jcs" / "input").glob("*.json"))
    ]
    cases.append(('{"b": 1e2, "a": "\\u20ac", "\\u00e4": []}', '{"a":"€","b":100,"ä":[]}'.encode()))
    assert [canonical(json.loads(given_text)) for given_text, _ in cases] == [
        expected.rstrip(b"\n") for _, expected in cases
    ]


def test_a_proof_holds_for_the_document_it_was_made_for():
    assert check_proof(proven(), find_key=find) == [KEY_ID]


def test_the_published_proofs_are_made_and_hold():
    unsigned = steps("fep-8b32.feature", "Given document")
    signed = steps("fep-8b32.feature", "Then The signed document is")
    for document, expected in zip(unsigned, signed, strict=True):
        made = add_proof(
            document, key=KEY, key_id=expected["proof"]["verificationMethod"], created="2023-02-24T23:36:38Z"
        )
        assert made == expected
    path = VECTORS / "eddsa-jcs-2022" / "signedJCS.json"
    vectors = [*signed, *([json.loads(path.read_text())] if path.exists() else []), proven()]
    assert all(check_proof(vector, find_key=lambda _: KEY.public_key()) for vector in vectors)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(actor="https://acme.example/people/zoe"),
        lambda d: d["object"].update(content="Grüsse"),
        lambda d: d["object"]["tag"].append(2),
        lambda d: d.update(extra=1),
        lambda d: d["proof"].update(created="2026-11-25T08:00:01Z"),
        lambda d: d["proof"].update(proofValue="z" + "1" * 64),
        lambda d: d["proof"].update(proofValue="u4"),
        lambda d: d["proof"].update(proofValue=None),
    ],
)
def test_a_change_of_any_part_breaks_the_proof(change: Any):
    document = copy.deepcopy(proven())
    change(document)
    assert rule_of(document) == "bad_proof"


def test_another_context_than_the_proofs_is_refused():
    assert rule_of({**proven(), "@context": "https://www.w3.org/ns/activitystreams"}) == "proof_context"


def test_a_document_without_proof_is_refused():
    assert rule_of(DOCUMENT) == "no_proof"


def test_a_proof_by_an_unknown_key_is_refused():
    assert rule_of(proven(), find_key=lambda _: None) == "unknown_key"


def test_a_proof_by_another_key_is_refused():
    assert rule_of(proven(), find_key=lambda _: keys.generate_ed25519().public_key()) == "bad_proof"


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("proofPurpose", "authentication", "proof_purpose"),
        ("type", "Signature", "proof_suite"),
        ("verificationMethod", None, "proof_method"),
        ("cryptosuite", "x", "no_proof"),
    ],
)
def test_a_proof_that_is_not_of_our_kind_is_refused(field: str, value: Any, rule: str):
    document = copy.deepcopy(proven())
    document["proof"][field] = value
    assert rule_of(document) == rule


def test_proofs_of_several_parties_cover_the_document_each_and_hold_in_any_order():
    other = keys.generate_ed25519()
    both = add_proof(proven(), key=other, key_id="https://globex.example/actor#ed25519-key", created=NOW)
    turned = {**both, "proof": proofs_of(both)[::-1]}
    known = {KEY_ID: KEY.public_key(), "https://globex.example/actor#ed25519-key": other.public_key()}
    assert sorted(check_proof(turned, find_key=known.get)) == sorted(known)


def test_one_bad_proof_in_a_set_spoils_it():
    both = add_proof(proven(), key=keys.generate_ed25519(), key_id=KEY_ID, created=NOW)
    assert rule_of(both) == "bad_proof"


@given(st.binary(max_size=60))
def test_base58_comes_back_as_it_went(data: bytes):
    assert keys.base58_decode(keys.base58_encode(data)) == data


@given(st.text(max_size=60))
def test_any_text_as_a_multikey_is_a_key_or_our_own_error(text: str):
    with pytest.raises(FederationError):
        keys.from_multikey(text)


def test_keys_are_written_and_read_as_an_actor_shows_them():
    actor = "https://acme.example/people/alice"
    rsa = keys.generate_rsa()
    document = {"id": actor, **keys.render_keys(actor, rsa.public_key(), KEY.public_key())}
    found = {key.id: key.kind for key in keys.public_keys_of(document)}
    assert found == {f"{actor}#main-key": "rsa", f"{actor}#ed25519-key": "ed25519"}


def test_a_key_that_names_another_owner_is_passed_over():
    document = {
        "id": "https://acme.example/people/zoe",
        **keys.render_keys("https://acme.example/people/alice", None, KEY.public_key()),
    }
    assert keys.public_keys_of(document) == []


def test_an_rsa_key_of_1024_bits_is_refused():
    weak = generate_private_key(public_exponent=65537, key_size=1024).public_key()
    with pytest.raises(Malformed, match="bad_key"):
        keys.public_from_pem(keys.public_to_pem(weak))


def test_private_keys_come_back_from_pem():
    rsa = keys.generate_rsa()
    for key in (rsa, KEY):
        assert keys.private_to_pem(
            keys.private_from_pem(keys.private_to_pem(key), own=True)
        ) == keys.private_to_pem(key)


def test_the_published_multikeys_are_read():
    objects = steps("fep-521a.feature", "Then Multikey object is")
    objects.append({"publicKeyMultibase": keys.to_multikey(KEY.public_key())})
    assert all(keys.from_multikey(item["publicKeyMultibase"]) for item in objects)
