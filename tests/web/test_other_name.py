"""A page asked for under another name of the company leads to the same page under the one that it has."""

from pathlib import Path

import aiohttp
import pytest

from instance.storage import other_names
from instance.storage.other_names import NameRow
from tests.nodes import Company, a_company, running
from web.app import build_app


async def location(company: Company, host: str, path: str) -> str:
    """Where a page leads that is asked for under this host."""
    url, headers = f"http://127.0.0.1:{company.port}{path}", {"Host": host}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=headers, allow_redirects=False) as answer,
    ):
        return answer.headers.get("Location", "")


@pytest.mark.parametrize("path", ["/app/projects", "/app/sign-in?next=/app/projects"])
async def test_a_page_under_a_former_name_leads_to_the_one_under_the_present(tmp_path: Path, path: str):
    company = a_company(tmp_path, "acme-group", app_of=build_app)
    home, old = company.config.home, f"acme.localhost:{company.port}"
    async with running(company):
        row = NameRow(old, f"http://{old}", home.host, home.base, 0, 1, 2**53)
        await company.node.write(lambda tx: other_names.add(tx, row))
        await company.node.read(company.node.know_names)
        assert await location(company, old, path) == home.base + path
        assert not (await location(company, home.host, path)).startswith(home.base)
        assert not (await location(company, "evil.localhost", path)).startswith("http")
