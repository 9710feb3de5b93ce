"""Keys count for the actor whose document names it as their owner, under an id of its host."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from federation import keys
from federation.errors import FederationError, Malformed
from tests.federation.vectors import KEY, steps

ACTOR = "https://acme.example/people/alice"


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
    document = {
        "id": actor,
        **keys.render_keys([keys.named(actor, rsa.public_key()), keys.named(actor, KEY.public_key())]),
    }
    found = {key.id: key.kind for key in keys.public_keys_of(document)}
    assert found == {f"{actor}#main-key": "rsa", f"{actor}#ed25519-key": "ed25519"}


def test_a_key_that_names_another_owner_is_passed_over():
    document = {
        "id": "https://acme.example/people/zoe",
        **keys.render_keys([keys.named("https://acme.example/people/alice", KEY.public_key())]),
    }
    assert keys.public_keys_of(document) == []


def test_of_an_actor_with_thousands_of_keys_the_first_are_read():
    public = keys.generate_ed25519().public_key()
    listed = [keys.named(ACTOR, public, number=number + 1) for number in range(5_000)]
    document = {"id": ACTOR, **keys.render_keys(listed)}
    assert [key.id for key in keys.public_keys_of(document)] == [key.id for key in listed[: keys.KEYS_MOST]]


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


def test_a_key_under_an_id_of_another_host_is_passed_over():
    mallory, theirs = "https://evil.example/mallory", "https://acme.example/actor#ed25519-key"
    document = {"id": mallory, **keys.render_keys([keys.named(mallory, KEY.public_key())])}
    assert [key.owner for key in keys.public_keys_of(document)] == [mallory]
    document["assertionMethod"][0]["id"] = theirs
    assert keys.public_keys_of(document) == []


@pytest.mark.parametrize("name", ["publicKey", "assertionMethod", "authentication"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "https://acme.example/k",
        [None, {}],
        {"id": 3},
        {"id": ACTOR, "owner": ACTOR, "publicKeyPem": {}},
    ],
)
def test_keys_in_a_shape_that_cannot_be_read_are_passed_over(name: str, value: object):
    assert keys.public_keys_of({"id": ACTOR, name: value}) == []


def test_a_key_that_can_be_read_counts_beside_one_that_cannot():
    rendered = keys.render_keys([keys.named(ACTOR, KEY.public_key())])["assertionMethod"]
    broken = {**rendered[0], "id": f"{ACTOR}#broken", "publicKeyMultibase": "z"}
    assert [key.id for key in keys.public_keys_of({"id": ACTOR, "assertionMethod": [broken, *rendered]})] == [
        f"{ACTOR}#ed25519-key"
    ]


def test_an_rsa_key_whose_exponent_makes_each_check_dear_is_refused():
    modulus = keys.generate_rsa().public_key().public_numbers().n
    dear = RSAPublicNumbers(modulus - 2, modulus).public_key()
    with pytest.raises(Malformed, match="bad_key"):
        keys.public_from_pem(keys.public_to_pem(dear))


def test_a_pem_with_much_around_the_key_is_refused():
    pem = keys.public_to_pem(KEY.public_key())
    assert keys.public_from_pem(pem)
    with pytest.raises(Malformed, match="bad_key"):
        keys.public_from_pem("x\n" * 5000 + pem)


@pytest.mark.parametrize(
    "pem", ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "\ud800"]
)
def test_what_is_no_private_key_is_refused_without_being_repeated(pem: str):
    with pytest.raises(Malformed) as caught:
        keys.private_from_pem(pem)
    assert (caught.value.rule, caught.value.detail) == ("bad_key", "not a private key in PEM")


def test_a_key_of_another_kind_is_refused():
    other = X25519PrivateKey.generate().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    with pytest.raises(Malformed, match="bad_key"):
        keys.public_from_pem(other.public_bytes(serialization.Encoding.PEM, form).decode())


def test_a_multikey_comes_back_as_it_went():
    assert keys.to_multikey(KEY.public_key()) == "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    read = keys.from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
    assert isinstance(read, Ed25519PublicKey)
    assert read == KEY.public_key()


@pytest.mark.parametrize(("bits", "is_taken"), [(2047, False), (2048, True), (8192, True), (8193, False)])
def test_an_rsa_key_has_2048_to_8192_bits(bits: int, is_taken: bool):
    pem = keys.public_to_pem(RSAPublicNumbers(65537, 2 ** (bits - 1) + 1).public_key())
    try:
        keys.public_from_pem(pem)
        taken = True
    except Malformed as error:
        assert error.rule == "bad_key"
        taken = False
    assert taken is is_taken
