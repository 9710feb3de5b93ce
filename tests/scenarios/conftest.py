"""The nodes that the scenarios of one module share. A module that takes `rope` runs in one loop:

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.scenarios.app import Rope, a_rope


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rope(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rope]:
    """Three companies, tied, with their people."""
    async with a_rope(tmp_path_factory.mktemp("rope")) as tied:
        yield tied
