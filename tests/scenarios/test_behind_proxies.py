"""Acme stands behind a proxy with manners of its own: what is well meant arrives, what is spoilt is refused with the reason on both sides, and goes when the proxy is mended."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from urllib.parse import quote, unquote

import pytest
import pytest_asyncio

from federation.vocabulary import ACCEPT
from federation.wire import Answer
from instance.reasons import explain
from instance.storage import delivery, exchanges
from instance.storage.delivery import LaneRow
from tests.nodes import Company, a_company, agree, running, tie, until
from tests.proxy import Manners, Proxy, a_proxy

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Place(NamedTuple):
    """Globex, where bob is, writes to Acme by way of the proxy."""

    acme: Company
    globex: Company
    proxy: Proxy

    async def arrives(self, text: str) -> None:
        """Bob posts, and Acme has it."""
        post = await self.globex.post("bob", text)

        async def is_there() -> bool:
            return await self.acme.find_post(post.iri) is not None

        await until(is_there)

    async def ask(self, path: str) -> Answer:
        """A signed question of Globex's."""
        url, node = f"{self.acme.config.base_url}{path}", self.globex.node
        inquiry = await node.write(lambda tx: node.gate.inquire(tx, url, reason="probe", accept=ACCEPT))
        assert inquiry is not None
        return await node.wire.get(inquiry)

    async def lane(self) -> LaneRow:
        found = await self.globex.node.read(lambda tx: delivery.lane(tx, self.acme.host))
        assert found is not None
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("proxies")
    acme, globex = a_company(directory, "acme"), a_company(directory, "globex")
    async with running(acme, globex):
        await tie(acme, globex)
        await globex.hire("bob")
        await globex.join("bob")
        await agree(acme, globex)
        async with a_proxy(acme) as proxy:
            yield Place(acme, globex, proxy)


@pytest_asyncio.fixture(loop_scope="module")
async def place(whole: Place) -> AsyncIterator[Place]:
    """The place; whatever waits after a test goes."""
    whole.globex.node.wire.known_forms.clear()
    yield whole
    whole.proxy.manners = Manners()
    await whole.globex.node.try_now(whole.acme.host)
    await agree(whole.acme, whole.globex)


FORWARDED = {
    "X-Forwarded-For": "10.0.0.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "www.acme.example",
}


@pytest.mark.parametrize(
    "manners",
    [
        Manners(),
        Manners(host="127.0.0.1:8000"),
        Manners(host="backend"),
        Manners(adds=FORWARDED | {"Via": "1.1 proxy", "X-Request-Id": "7", "Forwarded": "for=10.0.0.9"}),
        Manners(drops=("User-Agent", "Accept-Encoding", "Accept")),
        Manners(packs=True),
        Manners(drops=("Digest",)),
        Manners(drops=("Date",)),
        Manners(
            target=lambda target: target.partition("?")[0].lower() + target[len(target.partition("?")[0]) :]
        ),
    ],
    ids=[
        "plain",
        "address for Host",
        "a name for Host",
        "adds",
        "drops",
        "packs",
        "one digest",
        "no date",
        "lower-cases the path",
    ],
)
async def test_what_a_proxy_may_do(place: Place, manners: Manners):
    place.proxy.manners = manners
    await place.arrives("The rail came up")
    project = quote(place.acme.project_iri, safe="")
    shown = await place.ask(f"/log?project={project}")
    assert (shown.status, b'"heads"' in shown.body) == (200, True)


@pytest.mark.parametrize(
    ("manners", "rule", "header"),
    [
        (Manners(drops=("Digest", "Content-Digest")), "coverage", "digest"),
        (Manners(adds={"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, drops=("Signature-Input",)), "", ""),
        (Manners(drops=("Signature",)), "unsigned", ""),
        (Manners(target=lambda target: f"{target}/"), "", ""),
    ],
    ids=["drops the digests", "dates anew", "drops the signature", "another path"],
)
async def test_what_a_proxy_spoils_is_refused_says_why_and_goes_when_it_is_mended(
    place: Place, manners: Manners, rule: str, header: str
):
    place.proxy.manners = manners
    post = await place.globex.post("bob", "Spoilt on the way")

    async def refused() -> str:
        return (await place.lane()).last_error

    async def says_why() -> bool:
        return rule in (error := await refused()) and error != ""

    await until(says_why)
    assert header in await refused()
    assert rule == "" or explain(await refused())
    if header:
        rows = await place.acme.node.read(lambda tx: exchanges.with_host(tx, place.globex.host, 50))
        assert (rule, "refused") in {(row.rule, row.outcome) for row in rows}
    place.proxy.manners = Manners()
    await place.globex.node.try_now(place.acme.host)

    async def is_there() -> bool:
        return await place.acme.find_post(post.iri) is not None

    await until(is_there)


async def test_a_proxy_that_writes_the_query_anew_is_named_as_the_cause(place: Place):
    place.proxy.manners = Manners(target=unquote)
    answer = await place.ask(f"/log?project={quote(place.acme.project_iri, safe='')}")
    assert (answer.status, b'"rule":"signature"' in answer.body) == (401, True)
    assert "proxy" in explain("signature")
    await place.arrives("Letters have no query")


@pytest.mark.parametrize("status", [404, 410, 500, 502, 503, 401, 403])
async def test_what_a_proxy_answers_alone_while_the_node_is_down_loses_nothing(place: Place, status: int):
    place.proxy.manners = Manners(alone=status)
    posts = [await place.globex.post("bob", f"At night {number}") for number in range(3)]

    async def told() -> int | None:
        return (await place.lane()).last_status

    await until(told, status)
    place.proxy.manners = Manners()
    await place.globex.node.try_now(place.acme.host)
    await agree(place.acme, place.globex)
    assert all([await place.acme.find_post(post.iri) for post in posts])
