"""Transport signatures: what is proven, and that everything else is refused with the part that failed."""

import base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from federation.errors import Unauthentic
from federation.keys import PublicKey, generate_ed25519, generate_rsa, public_to_pem
from federation.signature import MAX_AGE_S, Form, ReplayWindow, Request, parse_signature, sign, verify
from tests.federation.signing import (
    ACME,
    KEY_ID,
    NOW,
    OWNER,
    PRIVATE,
    PUBLIC,
    signed,
    unsigned,
    with_another,
    with_header,
    without,
)

FORMS = pytest.mark.parametrize("form", list(Form))


def refused(request: Request, *, key: PublicKey = PUBLIC, now: float = NOW) -> str:
    """The rule by which a request is refused."""
    with pytest.raises(Unauthentic) as caught:
        verify(request, key=key, now=now)
    return caught.value.rule


@FORMS
def test_a_signed_letter_names_its_sender(form: Form) -> None:
    sender = verify(signed(form), key=PUBLIC, now=NOW)
    assert (sender.key_id, sender.owner, sender.form) == (KEY_ID, OWNER, form)
    assert sender.created_ms == int(NOW * 1000)


@FORMS
def test_a_signed_question_without_body_names_its_sender(form: Form) -> None:
    question = signed(form, unsigned(method="GET", target="/people/bob", body=b"", headers={}))
    assert verify(question, key=PUBLIC, now=NOW).owner == OWNER


@FORMS
def test_the_claims_can_be_read_before_any_key_is_at_hand(form: Form) -> None:
    claims = parse_signature(signed(form))
    assert (claims.key_id, claims.form) == (KEY_ID, form)


@FORMS
def test_a_header_given_to_sign_is_covered(form: Form) -> None:
    request = signed(form, unsigned(headers={"Cordee-Heads": "<x>; acme.example=1:ab"}))
    assert "cordee-heads" in verify(request, key=PUBLIC, now=NOW).covered
    assert refused(with_header(request, "Cordee-Heads", "<x>; acme.example=2:ab")) == "signature"


@FORMS
def test_a_header_outside_the_signature_may_change(form: Form) -> None:
    request = with_header(signed(form), "Accept", "text/html")
    assert verify(request, key=PUBLIC, now=NOW).owner == OWNER


def test_a_signature_may_begin_with_the_word_as_it_does_in_authorization() -> None:
    request = signed(Form.CAVAGE)
    worded = with_header(request, "Signature", f"Signature {request.headers['Signature']}")
    assert verify(worded, key=PUBLIC, now=NOW).owner == OWNER
    twice = with_header(request, "Signature", f"Signature Signature {request.headers['Signature']}")
    assert refused(twice) == "syntax"


@FORMS
def test_a_percent_sign_in_the_key_id_survives(form: Form) -> None:
    key_id = "https://globex.example/people/zo%C3%A9#main-key"
    request = signed(form, key_id=key_id)
    assert parse_signature(request).key_id == key_id
    assert verify(request, key=replace(PUBLIC, id=key_id), now=NOW).owner == OWNER


@FORMS
def test_a_key_id_that_would_break_the_header_cannot_be_signed_with(form: Form) -> None:
    with pytest.raises(ValueError, match="plain IRI"):
        sign(unsigned(), key=PRIVATE, key_id='x",headers="date', form=form, now=NOW)


# Integrity: whatever is covered cannot change.

BYTE = st.tuples(st.integers(min_value=0), st.integers(min_value=1, max_value=255))


def flipped(text: bytes, at: int, by: int) -> bytes:
    at %= len(text)
    return text[:at] + bytes([text[at] ^ by]) + text[at + 1 :]


@FORMS
@given(flip=BYTE)
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_the_body_is_refused(form: Form, flip: tuple[int, int]) -> None:
    request = SIGNED[form]
    assert refused(replace(request, body=flipped(request.body, *flip))) == "digest"


@FORMS
@given(flip=BYTE)
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_the_target_is_refused(form: Form, flip: tuple[int, int]) -> None:
    request = SIGNED[form]
    target = flipped(request.target.encode(), *flip).decode("latin-1")
    assert refused(replace(request, target=target)) in {"signature", "target", "syntax"}


@FORMS
@given(method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POS", "POSTT"]))
def test_another_method_is_refused(form: Form, method: str) -> None:
    assert refused(replace(SIGNED[form], method=method)) == "signature"


@FORMS
@given(flip=BYTE, which=st.integers(min_value=0))
@settings(max_examples=200, deadline=None)
def test_any_changed_byte_of_a_covered_header_is_refused(
    form: Form, flip: tuple[int, int], which: int
) -> None:
    request = SIGNED[form]
    names = COVERED[form]
    name = names[which % len(names)]
    value = flipped(request.headers[name].encode(), *flip).decode("latin-1")
    assert refused(with_header(request, name, value))


@FORMS
@given(flip=BYTE)
@settings(max_examples=200, deadline=None)
def test_any_changed_byte_of_the_signature_headers_is_refused_or_changes_nothing(
    form: Form, flip: tuple[int, int]
) -> None:
    request = SIGNED[form]
    for name in {"signature", "signature-input"} & {name.lower() for name in request.headers}:
        value = flipped(request.headers[name].encode(), *flip).decode("latin-1")
        try:
            sender = verify(with_header(request, name, value), key=PUBLIC, now=NOW)
        except Unauthentic:
            continue
        assert sender == verify(request, key=PUBLIC, now=NOW)


@given(value=st.text(st.characters(min_codepoint=9, max_codepoint=255), max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_header_sets_off_anything_but_a_refusal(value: str) -> None:
    for name in ("Signature", "Digest", "Date"):
        assert refused(with_header(SIGNED[Form.CAVAGE], name, value))
    with suppress(Unauthentic):
        assert verify(with_header(SIGNED[Form.CAVAGE], "Host", value), key=PUBLIC, now=NOW).owner == OWNER
    for name in ("Signature", "Signature-Input", "Content-Digest"):
        assert refused(with_header(SIGNED[Form.RFC9421], name, value))


SIGNED = {form: signed(form) for form in Form}
COVERED = {
    Form.CAVAGE: ("date", "digest", "content-type"),
    Form.RFC9421: ("content-digest", "content-type"),
}  # whom it is for has tests of its own: what counts is the host that was signed, not what came beside it


# The clock.


@FORMS
@pytest.mark.parametrize("age", [-299, 0, 3599])
def test_a_clock_that_is_a_little_wrong_is_borne(form: Form, age: int) -> None:
    assert verify(signed(form, now=NOW - age), key=PUBLIC, now=NOW).owner == OWNER


@FORMS
@pytest.mark.parametrize("age", [-302, 3602])
def test_a_refusal_by_the_clock_says_what_time_it_is_here(form: Form, age: int) -> None:
    with pytest.raises(Unauthentic) as caught:
        verify(signed(form, now=NOW - age), key=PUBLIC, now=NOW)
    assert caught.value.rule == "clock"
    assert "here it is Fri, 15 Jan 2027 08:00:00 GMT" in caught.value.safe


@pytest.mark.parametrize(
    "date",
    [
        "Friday, 15-Jan-27 08:00:00 GMT",
        "Fri Jan 15 08:00:00 2027",
        "Fri, 15 Jan 2027 08:00:00 UTC",
        "Fri, 15 Jan 2027 08:00:00 +0000",
    ],
)
def test_the_forms_that_a_date_may_have_are_read(date: str) -> None:
    request = a_cavage_request(date)
    assert verify(request, key=PUBLIC, now=NOW).created_ms == NOW * 1000
    assert refused(request, now=NOW + MAX_AGE_S + 1) == "clock"


def a_cavage_request(date: str) -> Request:
    """Signed with this very Date, by hand."""
    request = with_header(SIGNED[Form.CAVAGE], "Date", date)
    names = ("(request-target)", "host", "date", "digest", "content-type")
    values = [f"post {request.target}", *(request.headers[name] for name in names[1:])]
    text = "\n".join(f"{name}: {value}" for name, value in zip(names, values, strict=True))
    signature = PRIVATE.sign(text.encode(), PKCS1v15(), hashes.SHA256())
    parameters = f'keyId="{KEY_ID}",headers="{" ".join(names)}"'
    return with_header(
        request, "Signature", f'{parameters},signature="{base64.b64encode(signature).decode()}"'
    )


@pytest.mark.parametrize(
    ("change", "rule", "header"),
    [
        (lambda request: without(request, "Signature"), "unsigned", "signature"),
        (lambda request: without(request, "Digest"), "coverage", "digest"),
        (lambda request: without(request, "Content-Type"), "coverage", "content-type"),
        (lambda request: with_header(request, "Date", "today"), "syntax", "date"),
        (lambda request: with_header(request, "Date", "Fri, 15 Jan 2027 02:00:00 GMT"), "clock", "date"),
        (lambda request: with_header(request, "Digest", "SHA-256=AAAA"), "digest", "digest"),
        (lambda request: replace(request, target="/INBOX?a=1&b=%20"), "signature", "signature"),
        (lambda request: replace(request, target="/inbox?a=1&b=+"), "signature", "signature"),
    ],
)
def test_a_refusal_names_the_header(change: Callable[[Request], Request], rule: str, header: str) -> None:
    with pytest.raises(Unauthentic) as caught:
        verify(change(SIGNED[Form.CAVAGE]), key=PUBLIC, now=NOW)
    assert (caught.value.rule, caught.value.header) == (rule, header)


def test_a_date_in_another_time_zone_is_refused() -> None:
    request = with_header(SIGNED[Form.CAVAGE], "Date", "Fri, 15 Jan 2027 09:00:00 +0100")
    assert refused(request) == "syntax"


# The key.


@FORMS
def test_anothers_key_is_refused(form: Form) -> None:
    other = replace(PUBLIC, key=generate_rsa().public_key())
    assert refused(SIGNED[form], key=other) == "signature"


@FORMS
def test_an_rsa_key_of_1024_bits_is_refused(form: Form) -> None:
    weak = generate_private_key(65537, 1024)
    request = signed(form, key=weak)
    assert refused(request, key=replace(PUBLIC, key=weak.public_key())) == "key"


@FORMS
def test_a_key_whose_owner_lives_on_another_host_is_refused(form: Form) -> None:
    assert refused(SIGNED[form], key=replace(PUBLIC, owner="https://acme.example/actor")) == "key"


def test_a_cavage_signature_with_an_ed25519_key_is_refused() -> None:
    key = PublicKey(KEY_ID, OWNER, generate_ed25519().public_key(), "ed25519")
    assert refused(SIGNED[Form.CAVAGE], key=key) == "key"


def test_the_public_key_used_as_an_hmac_secret_forges_nothing() -> None:
    """As httpsig comes, `algorithm="hmac-sha256"` with the signer's public PEM verifies."""
    forged = hmac.HMAC(public_to_pem(PRIVATE.public_key()).encode(), hashes.SHA256())
    request = SIGNED[Form.CAVAGE]
    forged.update(
        f"(request-target): post {request.target}\nhost: acme.example\ndate: {request.headers['date']}\n"
        f"digest: {request.headers['digest']}".encode()
    )
    value = (
        f'keyId="{KEY_ID}",algorithm="hmac-sha256",headers="(request-target) host date digest",'
        f'signature="{base64.b64encode(forged.finalize()).decode()}"'
    )
    assert refused(with_header(request, "Signature", value)) == "algorithm"


# What stands twice, or is missing.


def test_an_unsigned_request_is_refused() -> None:
    assert refused(unsigned()) == "unsigned"


def test_an_authorization_header_is_no_signature() -> None:
    request = SIGNED[Form.CAVAGE]
    value = "Signature " + request.headers["Signature"]
    assert refused(with_header(without(request, "Signature"), "Authorization", value)) == "unsigned"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        *((Form.CAVAGE, name) for name in ("Signature", "Host", "Date", "Digest", "Content-Type")),
        *((Form.RFC9421, name) for name in ("Signature", "Signature-Input", "Host", "Content-Digest")),
    ],
)
def test_a_header_that_stands_twice_is_refused(form: Form, name: str) -> None:
    request = SIGNED[form]
    assert refused(with_another(request, name, request.headers[name])) == "written_twice"


@pytest.mark.parametrize("parameter", ["keyId", "headers", "signature", "algorithm"])
def test_a_cavage_parameter_that_stands_twice_is_refused(parameter: str) -> None:
    request = SIGNED[Form.CAVAGE]
    value = f'{request.headers["Signature"]},{parameter}="x"'
    assert refused(with_header(request, "Signature", value)) == "written_twice"


def test_a_second_signature_beside_the_first_is_refused() -> None:
    request = SIGNED[Form.RFC9421]
    value = f"{request.headers['Signature-Input']}, sig2=();created=1"
    assert refused(with_header(request, "Signature-Input", value)) == "written_twice"


def test_a_label_that_stands_twice_is_refused() -> None:
    request = SIGNED[Form.RFC9421]
    value = f"{request.headers['Signature']}, {request.headers['Signature']}"
    assert refused(with_header(request, "Signature", value)) == "written_twice"


@pytest.mark.parametrize("part", ["(request-target)", "host", "date", "digest"])
def test_a_cavage_signature_that_leaves_something_out_is_refused(part: str) -> None:
    request = SIGNED[Form.CAVAGE]
    value = request.headers["Signature"].replace(f" {part}", "").replace(f'"{part} ', '"')
    assert refused(with_header(request, "Signature", value)) == "coverage"


def test_a_cavage_signature_over_the_date_alone_is_refused() -> None:
    request = SIGNED[Form.CAVAGE]
    value = f'keyId="{KEY_ID}",algorithm="rsa-sha256",signature="AAAA"'
    assert refused(with_header(request, "Signature", value)) == "coverage"


@pytest.mark.parametrize("part", ["@method", "@target-uri", "content-digest"])
def test_an_rfc_9421_signature_that_leaves_something_out_is_refused(part: str) -> None:
    request = SIGNED[Form.RFC9421]
    value = request.headers["Signature-Input"].replace(f'"{part}"', "")
    assert refused(with_header(request, "Signature-Input", value)) == "coverage"


@pytest.mark.parametrize(
    "component", ['"@query-param";name="a"', '"host";sf', '"date";bs', '"@status"', '"Host"']
)
def test_a_component_that_is_not_understood_is_refused(component: str) -> None:
    request = SIGNED[Form.RFC9421]
    value = request.headers["Signature-Input"].replace("(", f"({component} ")
    assert refused(with_header(request, "Signature-Input", value)) == "coverage"


@pytest.mark.parametrize(
    ("parameter", "rule"),
    [
        (';alg="hmac-sha256"', "algorithm"),
        (';alg="rsa-pss-sha512"', "algorithm"),
        (";created=1", "written_twice"),
        (";x=1", "syntax"),
        (";nonce=1", "syntax"),
        (f";expires={int(NOW) - 1}", "expired"),
    ],
)
def test_a_parameter_that_does_not_hold_is_refused(parameter: str, rule: str) -> None:
    request = SIGNED[Form.RFC9421]
    assert (
        refused(with_header(request, "Signature-Input", request.headers["Signature-Input"] + parameter))
        == rule
    )


# For whom it is.


@FORMS
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "backend", "ACME.example", "acme.example:443"]
)
def test_a_letter_for_us_is_for_us_whatever_a_proxy_calls_us(form: Form, host: str) -> None:
    """What was signed is our own name, or the signature does not hold; who carries it to us may call us what they like."""
    assert verify(with_header(SIGNED[form], "Host", host), key=PUBLIC, now=NOW).owner == OWNER


@FORMS
def test_a_proxy_that_speaks_http_1_0_may_leave_the_host_out(form: Form) -> None:
    assert verify(without(SIGNED[form], "Host"), key=PUBLIC, now=NOW).owner == OWNER


@FORMS
def test_a_letter_that_another_host_got_cannot_be_brought_here(form: Form) -> None:
    theirs = signed(form, replace(unsigned(), origin="https://initech.example"))
    assert refused(replace(theirs, origin=ACME)) == "host"
    assert refused(with_header(replace(theirs, origin=ACME), "Host", "acme.example")) == "signature"


def test_the_default_port_may_be_written_out() -> None:
    request = unsigned()
    headers = CIMultiDict({"Content-Type": "application/activity+json"})
    added = sign(replace(request, headers=headers), key=PRIVATE, key_id=KEY_ID, form=Form.RFC9421, now=NOW)
    arrived = replace(request, headers=CIMultiDict({**headers, **added, "Host": "acme.example:443"}))
    assert verify(arrived, key=PUBLIC, now=NOW).owner == OWNER


# Once only.


def test_a_letter_is_let_through_once() -> None:
    window, sender = ReplayWindow(), verify(SIGNED[Form.CAVAGE], key=PUBLIC, now=NOW)
    window.admit(sender, now=NOW)
    with pytest.raises(Unauthentic, match="replay"):
        window.admit(sender, now=NOW + 3600)


def test_a_full_window_lets_nothing_through_twice() -> None:
    window = ReplayWindow(capacity_per_host=2)
    senders = [verify(signed(Form.CAVAGE, now=NOW + i), key=PUBLIC, now=NOW) for i in range(4)]
    for sender in senders:
        window.admit(sender, now=NOW)
    for sender in senders:
        with pytest.raises(Unauthentic, match="replay"):
            window.admit(sender, now=NOW)


def test_a_host_that_fills_its_window_takes_nothing_from_another() -> None:
    window = ReplayWindow(capacity_per_host=1)
    late = verify(signed(Form.CAVAGE, now=NOW - 60), key=PUBLIC, now=NOW)
    for ahead in (299, 300):
        loud = verify(signed(Form.CAVAGE, now=NOW + ahead), key=PUBLIC, now=NOW)
        window.admit(replace(loud, owner="https://initech.example/actor"), now=NOW)
    window.admit(late, now=NOW)


def test_a_window_forgets_what_is_too_old_to_be_verified_anyway() -> None:
    window = ReplayWindow(capacity_per_host=1)
    window.admit(verify(signed(Form.CAVAGE), key=PUBLIC, now=NOW), now=NOW)
    later = NOW + 3600 + 301
    window.admit(verify(signed(Form.CAVAGE, now=later - 3599), key=PUBLIC, now=later), now=later)
