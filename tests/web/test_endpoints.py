"""Every endpoint that Mastodon's client API has is in our table of routes; not_yet.csv names those that are still missing, and only shrinks."""

import csv
import re
from pathlib import Path

import pytest

from tests.nodes import Company
from tests.web.client import apps_of
from web import doors
from web.app import build_app
from web.mastodon.deprecated import OLD_SINCE

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared/mastodon-endpoints.csv"
FACTS = ("method", "path", "since", "group", "status")
GONE = {"removed"}  # apps of today do not ask for them any more

Endpoint = tuple[str, str]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def endpoint(method: str, path: str) -> Endpoint:
    """A method and path in which every parameter is called the same."""
    return method, re.sub(r":\w+|\{[^}]+\}", "{}", path)


def listed(name: str) -> set[Endpoint]:
    return {endpoint(row["method"], row["path"]) for row in rows_of(HERE / name)}


def wanted() -> set[Endpoint]:
    return {
        endpoint(row["method"], row["path"])
        for row in rows_of(HERE / "endpoints.csv")
        if row["status"] not in GONE
    }


async def routes_of(company: Company) -> set[Endpoint]:
    return {endpoint(route.method, route.path) for route in build_app(company.node)[doors.ROUTES]}


async def test_every_endpoint_of_mastodon_is_there_or_said_to_be_missing(acme: Company):
    assert wanted() - await routes_of(acme) - listed("not_yet.csv") == set()


async def test_what_is_said_to_be_missing_is_missing(acme: Company):
    assert listed("not_yet.csv") & await routes_of(acme) == set()
    assert listed("not_yet.csv") <= wanted()


def test_what_is_old_is_said_of_what_the_documentation_calls_deprecated():
    old = {
        endpoint(row["method"], row["path"])
        for row in rows_of(HERE / "endpoints.csv")
        if row["status"] == "deprecated"
    }
    said: set[Endpoint] = set()
    for one in OLD_SINCE:
        method, path = one.split()
        said.add(endpoint(method, path))
    assert said == old


@pytest.mark.parametrize(
    ("path", "old"), [("/api/v1/filters", True), ("/api/v1/filters/", True), ("/api/v2/filters", False)]
)
async def test_an_answer_to_what_is_old_says_so(acme: Company, path: str, old: bool):
    async with apps_of(acme, "alice") as (alice,):
        answer = await alice.call("GET", path)
        assert answer.headers.get("Deprecation") == ("@1668384000" if old else None)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared list is beside a clone of the project, not in it")
def test_our_list_of_endpoints_is_the_shared_one():
    ours, shared = rows_of(HERE / "endpoints.csv"), rows_of(SHARED)
    assert ours == [{name: row[name] for name in FACTS} for row in shared]
