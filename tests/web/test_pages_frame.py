"""What every page has in common, and the files they all need."""

import pytest

from tests.nodes import Company
from tests.web.client import Browser, apps_of, query_of
from tests.web.pages import reader
from web.static import DIRECTORY


@pytest.mark.parametrize(
    "path", ["/app/projects", "/app/company", "/app/account", "/app/posts/1", "/app/ledger"]
)
async def test_who_is_not_signed_in_signs_in_first_and_comes_back(acme: Company, path: str):
    async with apps_of(acme, "") as (app,):
        answer = await Browser(app).get(path)
        assert answer.status == 303
        assert query_of(answer.headers["Location"]) == {"next": path}


@pytest.mark.parametrize("path", ["/app/projects", "/app/projects/1", "/app/ledger"])
async def test_a_page_is_kept_by_nobody_and_runs_nothing_of_others(acme: Company, path: str):
    async with reader(acme, "alice") as alice:
        answer = await alice.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_a_signed_in_person_finds_the_way_back_from_a_page_that_is_not_there(acme: Company):
    async with reader(acme, "alice") as alice:
        answer = await alice.get("/app/projects/17")
        assert answer.status == 404
        assert 'href="/app/projects"' in answer.content
        assert "Sign out" in answer.content


@pytest.mark.parametrize("name", sorted(path.name for path in DIRECTORY.iterdir()))
async def test_every_file_of_the_pages_is_served_to_everybody_and_may_be_kept(acme: Company, name: str):
    async with apps_of(acme, "") as (nobody,):
        url = f"{nobody.base}/static/{name}"
        for _ in range(2):  # the second time from memory
            async with nobody.session.get(url) as answer:
                assert answer.status == 200
                assert answer.headers["Cache-Control"] == "public, max-age=3600"
                assert await answer.read() == (DIRECTORY / name).read_bytes()
