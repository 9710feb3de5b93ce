"""Passwords: what may be one, and that only the right one fits."""

import pytest

from instance import passwords
from instance.errors import BadInput

GOOD = "correct horse battery"


def test_only_the_right_password_fits():
    made = passwords.hash_of(GOOD)
    assert passwords.verify(made, GOOD)
    assert not passwords.verify(made, GOOD + "!")


def test_the_hash_does_not_hold_the_password_and_differs_each_time():
    first, second = passwords.hash_of(GOOD), passwords.hash_of(GOOD)
    assert GOOD not in first
    assert first != second


def test_nobody_has_a_password():
    assert not passwords.verify(None, GOOD)


def test_a_hash_that_cannot_be_read_fits_nothing():
    assert not passwords.verify("-", GOOD)


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaa", "ababababab"])
def test_a_weak_password_is_refused_by_its_field(password):
    with pytest.raises(BadInput) as refusal:
        passwords.hash_of(password)
    assert refusal.value.field == "password"


def test_the_username_is_no_password():
    passwords.check("longusername", username="another_name")
    with pytest.raises(BadInput):
        passwords.check("LongUsername", username="longusername")


def test_a_hash_of_other_parameters_is_outdated():
    weak = "$argon2id$v=19$m=8192,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Rm9yIHRoZSB0ZXN0IG9mIGFuIG9sZCBoYXNoLi4uLi4"
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.hash_of(GOOD))
