"""Who is in the tests of posts, unless a test says otherwise: a node in memory, a colleague, a partner's person, a project of both."""

import pytest

from tests.instance.posting import GLOBEX, a_person, a_project, a_tx


@pytest.fixture
def tx():
    return a_tx()


@pytest.fixture
def alice(tx):
    return a_person(tx, "alice")


@pytest.fixture
def bob(tx):
    return a_person(tx, "bob", GLOBEX)


@pytest.fixture
def apollo(tx, alice, bob):
    return a_project(tx, "apollo", alice, bob)
