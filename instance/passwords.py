"""Passwords: hashed with Argon2id. The rule kept here: hashing costs 19 MiB and some 20 ms, so it is never done inside a transaction.

Parameters: OWASP's first choice for Argon2id (19 MiB, two passes, one lane).
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from instance.errors import BadInput

LEAST_CHARS = 10
MOST_CHARS = 256

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobodys() -> str:
    """The hash that is checked in place of one that is not there; made with the first such question, once."""
    return _HASHER.hash(secrets.token_urlsafe())


def check(password: str, *, username: str = "") -> None:
    """Raise BadInput("password") unless the password may be used."""
    if len(password) < LEAST_CHARS:
        raise BadInput("password", f"A password needs {LEAST_CHARS} characters or more.")
    if len(password) > MOST_CHARS:
        raise BadInput("password", f"A password may have {MOST_CHARS} characters.")
    if len(set(password)) < LEAST_CHARS // 2:
        raise BadInput("password", "The password repeats the same few characters.")
    if username and password.lower() == username.lower():
        raise BadInput("password", "The password is the username.")


def hash_of(password: str) -> str:
    """What is stored of a password. Raises BadInput("password") when it may not be used."""
    check(password)
    return _HASHER.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. Without a hash (nobody of that name) it takes as long and says no."""
    try:
        fits = _HASHER.verify(password_hash or _nobodys(), password[: MOST_CHARS + 1])
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's, and should be made anew at the next sign-in."""
    return _HASHER.check_needs_rehash(password_hash)
