"""The nodes that the tests of the web share: one company alone, and companies tied by a project."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.nodes import Company, one_node, three_nodes
from web.app import build_app


@pytest_asyncio.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Company]:
    """One company with its whole web."""
    async with one_node(tmp_path, app_of=build_app) as company:
        yield company


@pytest_asyncio.fixture
async def tied(tmp_path: Path) -> AsyncIterator[tuple[Company, Company, Company]]:
    """Acme (alice), Globex (bob) and Initech (carol), tied by apollo, each with its whole web."""
    async with three_nodes(tmp_path, app_of=build_app) as companies:
        yield companies
