"""Messages that only the app can read, with the word of the server: after the vectors of the RFCs, and read back by a reader of our own."""

import json

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from federation import webpush
from federation.errors import Malformed
from federation.webpush import Reader
from tests.web.push_app import PushApp, b64, claims_of, unb64

SECRET = bytes(range(32))
CLAIMS: dict[str, object] = {
    "aud": "https://push.example",
    "exp": 1_795_608_000,
    "sub": "https://acme.example",
}


@pytest.fixture
def app() -> PushApp:
    return PushApp()


def sent(app: PushApp, text: bytes = b'{"a":"b"}', *, standard: bool = True) -> webpush.Message:
    reader = Reader(app.public, app.secret, standard)
    return webpush.message(text, reader, key=webpush.server_key(SECRET), claims=CLAIMS)


@pytest.mark.parametrize("standard", [True, False])
def test_the_app_reads_what_was_said(app: PushApp, standard: bool):
    message = sent(app, json.dumps({"title": "Café"}).encode(), standard=standard)
    assert app.read(message.body, message.headers) == {"title": "Café"}
    assert message.headers["Content-Encoding"] == ("aes128gcm" if standard else "aesgcm")


@pytest.mark.parametrize("standard", [True, False])
def test_another_app_reads_nothing(app: PushApp, standard: bool):
    message = sent(app, standard=standard)
    for other in (PushApp(), PushApp(key=app.key), PushApp(secret=app.secret)):
        with pytest.raises(InvalidTag):
            other.read(message.body, message.headers)


@pytest.mark.parametrize("standard", [True, False])
def test_a_push_service_finds_the_word_of_the_server_signed(app: PushApp, standard: bool):
    key = b64(webpush.public_bytes(webpush.server_key(SECRET)))
    assert claims_of(sent(app, standard=standard).headers, key) == CLAIMS


def test_the_same_text_twice_is_not_to_be_told_as_the_same(app: PushApp):
    one, two = sent(app).body, sent(app).body
    assert one[:86] != two[:86]
    assert one[86:] != two[86:]


def test_the_example_of_rfc_8291_is_read(app: PushApp):
    """Appendix A: the reader that the tests believe in reads the message of the standard."""
    number = int.from_bytes(unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big")
    app = PushApp(derive_private_key(number, SECP256R1()), unb64("BTBZMqHH6r4Tts7J_aSIgg"))
    body = unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert app._standard(body) == b"When I grow up, I want to be a watermelon"


def test_the_example_of_the_draft_is_read():
    """draft-ietf-webpush-encryption-04, section 5."""
    number = int.from_bytes(unb64("9FWl15_QUQAWDaD3k3l50ZBZQJ4au27F1V4F0uLSD_M"), "big")
    app = PushApp(derive_private_key(number, SECP256R1()), unb64("R29vIGdvbyBnJyBqb29iIQ"))
    headers = {
        "Encryption": "salt=lngarbyKfMoi9Z75xYXmkg",
        "Crypto-Key": "dh=BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU",
    }
    assert app._draft(unb64("6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"), headers) == b"I am the walrus"


def test_the_same_secret_makes_the_same_key_and_another_another():
    keys = [webpush.public_bytes(webpush.server_key(secret)) for secret in (SECRET, SECRET, SECRET[::-1])]
    assert keys[0] == keys[1] != keys[2]
    assert (len(keys[0]), keys[0][0]) == (65, 4)


@pytest.mark.parametrize(
    ("public", "secret"),
    [
        ("", b64(bytes(16))),
        ("!!", b64(bytes(16))),
        (b64(b"\x04" + bytes(64)), b64(bytes(16))),
        (b64(PushApp().public[:64]), b64(bytes(16))),
        (b64(PushApp().public), b64(bytes(15))),
        (b64(PushApp().public), ""),
    ],
    ids=["empty", "no base64", "no point", "short point", "short secret", "no secret"],
)
def test_keys_that_cannot_be_an_apps_are_refused(public: str, secret: str):
    with pytest.raises(Malformed):
        webpush.check_reader(public, secret, standard=True)


def test_keys_may_be_written_in_either_alphabet_padded_or_not(app: PushApp):
    plain = b64(app.public).replace("-", "+").replace("_", "/") + "="
    reader = webpush.check_reader(plain, b64(app.secret) + "==", standard=False)
    assert reader == Reader(app.public, app.secret, standard=False)
