"""The header of FEP-8fcf: what it says of followers, and whose word about whom counts."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.synchronization import Said, followers_digest, read, render

ANN = "https://mastodon.example/users/ann"
SAID = Said(f"{ANN}/followers", f"{ANN}/followers_synchronization", "0" * 64)
IRIS = st.lists(st.integers(0, 50).map(lambda number: f"https://a/{number}"))


@given(iris=IRIS)
def test_a_digest_depends_on_who_follows_and_on_nothing_else(iris: list[str]):
    assert followers_digest(iris) == followers_digest([*reversed(iris), *iris])


@given(iris=IRIS)
def test_who_follows_or_does_not_makes_another_digest(iris: list[str]):
    assert followers_digest([*iris, "https://b/1"]) != followers_digest(iris)


def test_the_digest_of_one_follower_is_the_hash_of_its_id_and_of_none_nothing():
    assert followers_digest(["https://a/1"]) == sha256(b"https://a/1").hexdigest()
    assert followers_digest([]) == "0" * 64


def test_the_digest_is_the_one_of_the_fep():
    """The example in the FEP's text."""
    iris = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert followers_digest(iris) == "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


def test_what_is_written_is_read_again():
    assert read(render(SAID), sender=ANN) == SAID


@pytest.mark.parametrize(
    "value",
    [
        "",
        "digest",
        render(SAID._replace(digest="0" * 63)),
        render(SAID._replace(digest="g" * 64)),
        render(SAID._replace(url="https://other.example/followers")),
        render(SAID._replace(collection="https://other.example/followers")),
        render(SAID._replace(url="")),
        f'{render(SAID)}, digest="{"1" * 64}"',
        f'{render(SAID)}, more="{"x" * 9000}"',
    ],
)
def test_what_cannot_be_read_or_is_about_another_server_says_nothing(value: str):
    with pytest.raises(Malformed):
        read(value, sender=ANN)


@given(value=st.text(max_size=200))
def test_whatever_comes_is_read_or_refused(value: str):
    try:
        said = read(value, sender=ANN)
    except Malformed:
        return
    assert said.url.startswith("https://mastodon.example/")
