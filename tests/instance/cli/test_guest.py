"""`cordee guest`: a server is let in, listed and revoked; what the charter does not allow is refused in a line."""

import json

import pytest

from tests.instance.cli.console import Console


def test_without_a_charter_that_allows_guests_nobody_is_let_in(apollo: Console):
    said = apollo.bad("guest allow --project apollo --host mastodon.example")
    assert said.startswith("cordee: The charter in force allows no guests.")
    assert json.loads(apollo.good("guest list --json")) == []


@pytest.mark.parametrize("label", ["C4", "secret"])
def test_a_label_that_is_none_is_refused(apollo: Console, label: str):
    assert "write one of" in apollo.bad(
        f"guest allow --project apollo --host mastodon.example --label {label}"
    )


def test_who_is_no_guest_cannot_be_revoked(apollo: Console):
    assert (
        apollo.bad("guest revoke --project apollo --host mastodon.example")
        == "cordee: There is no such guest."
    )
