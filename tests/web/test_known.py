"""What an app has already is not sent again, and who asks for the head alone gets it."""

import pytest

from tests.nodes import Company
from tests.web.client import apps_of


@pytest.mark.parametrize("path", ["/api/v2/instance", "/api/v1/instance", "/api/v1/custom_emojis", "/health"])
async def test_what_has_not_changed_is_not_sent_again(acme: Company, path: str):
    async with apps_of(acme, "alice") as (alice,):
        first = await alice.call("GET", path)
        tag = first.headers["ETag"]
        for known in (tag, f'"other", {tag}', "*"):
            again = await alice.call("GET", path, headers={"If-None-Match": known})
            assert (again.status, again.content, again.headers["ETag"]) == (304, "", tag)
        changed = await alice.call("GET", path, headers={"If-None-Match": '"other"'})
        assert (changed.status, changed.content) == (200, first.content)


@pytest.mark.parametrize("path", ["/api/v2/instance", "/health", "/nodeinfo/2.0"])
async def test_the_head_of_what_is_for_anyone_is_the_head_of_the_whole(acme: Company, path: str):
    async with apps_of(acme, "") as (stranger,):
        whole, head = [await stranger.call(method, path) for method in ("GET", "HEAD")]
        assert (head.status, head.content or "") == (whole.status, "")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers.get(name) == whole.headers.get(name)


async def test_a_failure_has_no_tag(acme: Company):
    async with apps_of(acme, "") as (stranger,):
        answer = await stranger.call("GET", "/api/v1/nothing", headers={"If-None-Match": "*"})
        assert answer.status == 404
        assert "ETag" not in answer.headers
