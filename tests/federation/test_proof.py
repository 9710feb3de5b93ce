"""Integrity proofs: the published ones are made and hold, and a change of any part is noticed."""

import copy
import json
from hashlib import sha256
from typing import Any

import pytest

from federation import keys
from federation.activity import moment_ms
from federation.errors import Unauthentic
from federation.jcs import canonical
from federation.proof import AHEAD_LIMIT_MS, MOST_PROOFS, add_proof, check_proof, proofs_of
from federation.vocabulary import CONTEXT
from tests.federation.activities import NOTE
from tests.federation.vectors import KEY, VECTORS, steps

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


def find(key_id: str) -> Any:
    return KEY.public_key() if key_id == KEY_ID else None


def proven(document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    return add_proof(document, key=KEY, key_id=KEY_ID, created=NOW)


def rule_of(document: dict[str, Any], find_key: Any = find) -> str:
    with pytest.raises(Unauthentic) as caught:
        check_proof(document, find_key=find_key)
    return caught.value.rule


def test_a_proof_holds_for_the_document_it_was_made_for():
    assert check_proof(proven(), find_key=find) == [KEY_ID]


def test_a_linked_data_signature_beside_the_proof_is_passed_over_but_not_in_an_entry_of_a_log():
    signature = {"type": "RsaSignature2017", "signatureValue": "x"}
    assert check_proof(proven() | {"signature": signature}, find_key=find) == [KEY_ID]
    entry = proven(DOCUMENT | {"log": {"seq": 1}})
    assert check_proof(entry, find_key=find) == [KEY_ID]
    assert rule_of(entry | {"signature": signature}) == "bad_proof"


def test_an_entry_of_a_log_carries_one_proof_in_one_form_so_that_its_hash_is_its_authors_alone():
    entry = proven(DOCUMENT | {"log": {"seq": 1}})
    other = {**entry["proof"], "cryptosuite": "ecdsa-jcs-2019"}
    for proofs in ([entry["proof"]], [entry["proof"], other], [entry["proof"]] * 2):
        assert rule_of(entry | {"proof": proofs}) == "several_proofs"


def test_the_context_of_an_entry_is_the_very_one_of_its_proof():
    longer = {"@context": [*CONTEXT, "https://more.example/ns"]}
    assert check_proof(proven() | longer, find_key=find) == [KEY_ID]
    assert rule_of(proven(DOCUMENT | {"log": {"seq": 1}}) | longer) == "proof_context"


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
        ("created", "yesterday", "proof_created"),
        ("created", 1795593600, "proof_created"),
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


def test_a_proof_of_ours_stays_the_same_to_the_last_character():
    document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "https://acme.example/1",
        "name": "Grüße",
    }
    made = add_proof(document, key=KEY, key_id=KEY_ID, created=NOW)
    assert made == {
        **document,
        "proof": {
            "@context": "https://www.w3.org/ns/activitystreams",
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-jcs-2022",
            "created": NOW,
            "verificationMethod": KEY_ID,
            "proofPurpose": "assertionMethod",
            "proofValue": "z5hQAfvr7U1fxc5a7zQRWXmFg1eJeNVnQ2qiHt9nUxswx3rGTH1WJvejPa6ycKhBWhSbXjumFp75qXCg42mLd5tot",
        },
    }


@pytest.mark.skipif(not VECTORS.exists(), reason="the published vectors are not beside this checkout")
def test_every_step_of_the_published_proof_is_ours():
    text = {path.name: path.read_text().strip() for path in (VECTORS / "eddsa-jcs-2022").iterdir()}
    document, config, signed = (
        json.loads(text[name]) for name in ("unsigned.json", "proofConfigJCS.json", "signedJCS.json")
    )
    assert canonical(document).decode() == text["canonDocJCS.txt"]
    assert canonical(config).decode() == text["proofCanonJCS.txt"]
    hashed = sha256(canonical(config)).hexdigest() + sha256(canonical(document)).hexdigest()
    assert hashed == text["combinedHashJCS.txt"]
    method, created = config["verificationMethod"], config["created"]
    assert add_proof(document, key=KEY, key_id=method, created=created) == signed


def test_a_proof_without_context_of_its_own_holds_under_any():
    bare = {name: value for name, value in DOCUMENT.items() if name != "@context"}
    assert check_proof(proven(bare), find_key=find) == [KEY_ID]


def test_a_context_added_behind_the_proofs_own_does_not_break_it():
    wider = {**proven(), "@context": [*CONTEXT, "https://globex.example/ns"]}
    assert check_proof(wider, find_key=find) == [KEY_ID]


def test_a_proof_dated_more_than_a_day_ahead_is_refused_and_one_at_the_limit_holds():
    made_ms = moment_ms(NOW)
    assert made_ms is not None
    assert check_proof(proven(), find_key=find, now_ms=made_ms - AHEAD_LIMIT_MS) == [KEY_ID]
    with pytest.raises(Unauthentic, match="proof_from_the_future"):
        check_proof(proven(), find_key=find, now_ms=made_ms - AHEAD_LIMIT_MS - 1)


def test_an_old_proof_holds_forever():
    assert check_proof(proven(), find_key=find, now_ms=2**52) == [KEY_ID]


def test_a_set_has_a_limit():
    (made,) = proofs_of(proven())
    assert len(check_proof({**proven(), "proof": [made] * MOST_PROOFS}, find_key=find)) == MOST_PROOFS
    assert rule_of({**proven(), "proof": [made] * (MOST_PROOFS + 1)}) == "too_many_proofs"


def test_the_proof_of_a_thing_inside_is_a_part_of_what_is_proven():
    outer = proven({**DOCUMENT, "object": proven({**NOTE, "name": "a part"})})
    outer["object"]["proof"]["created"] = "2026-11-25T08:00:01Z"
    assert rule_of(outer) == "bad_proof"
