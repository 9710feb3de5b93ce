"""Keys change on both sides, and logs are served again: Fedify follows our rotation, we follow its, and it finds the proofs of every entry that we serve good."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from federation import log
from federation.signature import Form
from federation.wire import KnownForm
from instance.domain import rotation
from instance.keyring import ASK_AGAIN_MS
from instance.storage.database import now_ms
from tests.nodes import a_company, running
from tests.third_party.partner import a_partner, require_fedify
from tests.third_party.test_fedify import Place, heard, post_of, said, tied

require_fedify()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Clock:
    """Acme's clock, which may be ahead."""

    ahead_ms: int = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


CLOCK = Clock()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    company = a_company(tmp_path_factory.mktemp("fedify"), "acme", clock=CLOCK)
    async with running(company) as (acme,), a_partner("vega", "bob") as vega:
        await tied(acme, vega)
        await acme.hire("alice")
        await acme.join("alice")
        await vega.join("bob")
        yield Place(acme, vega)


@pytest.fixture(params=Form)
def form(request: pytest.FixtureRequest, place: Place) -> Form:
    """Both sign in this form."""
    place.vega.form = request.param
    place.acme.node.wire.known_forms[place.vega.host] = KnownForm(request.param, time.time())
    return request.param


async def test_every_entry_that_acme_serves_again_holds_for_fedify(place: Place, form: Form):
    """Of acme's own log and of vega's, which acme serves as well; one that was deleted has its envelope alone.

    Before bob has a new key under the id of the old one: what was proven with that, nobody can check any more.
    """
    kept = await place.acme.post("alice", "Kept")
    gone = await place.acme.post("alice", "Gone")
    await heard(place, gone.iri, "Create")
    await place.acme.delete("alice", gone.id)
    await heard(place, gone.iri, "Delete")
    note = place.vega.note("bob", "<p>Ours, served by acme</p>")
    await said(place, "Create", note)
    for party, last in ((place.acme.host, kept.iri), (place.vega.host, note["id"])):
        entries = await _served(place, form, party)
        assert [one["document"]["log"]["seq"] for one in entries] == list(range(1, len(entries) + 1))
        for one in entries:
            redacted = log.is_redacted(one["document"])
            assert one.get("proven") == (None if redacted else one["document"]["actor"]), one["document"]
        assert last in {
            str(one["document"]["object"].get("id"))
            for one in entries
            if not log.is_redacted(one["document"])
        }
    assert any(log.is_redacted(one["document"]) for one in await _served(place, form, place.acme.host))


async def _served(place: Place, form: Form, party: str) -> list[dict[str, Any]]:
    query = f"project={quote(place.acme.project_iri, safe='')}&party={quote(party)}&after=0"
    url = f"{place.acme.config.base_url}/log?{query}"
    found: list[dict[str, Any]] = await place.vega.tell("readLog", form=form, by="node", url=url)
    return found


@pytest.mark.usefixtures("form")
async def test_fedify_follows_when_acme_and_alice_have_new_keys(place: Place):
    before = await place.acme.post("alice", "Signed with the old key")
    await heard(place, before.iri, "Create")
    for iri in (place.acme.node.home.node, place.acme.people["alice"].iri):
        await place.acme.node.perform(lambda tx, iri=iri: rotation.rotate(tx, iri, overlap_ms=0))
    after = await place.acme.post("alice", "Signed with the new key")
    old, new = [method(await heard(place, row.iri, "Create")) for row in (before, after)]
    assert old != new
    told = [
        one
        for one in await place.vega.received()
        if one["document"]["type"] == "Update" and method(one) == new
    ]
    assert [one["proven"] for one in told] == [place.acme.people["alice"].iri]


def method(entry: dict[str, Any]) -> str:
    return str(entry["document"]["proof"]["verificationMethod"])


@pytest.mark.usefixtures("form")
async def test_acme_asks_once_more_when_somebody_there_signs_with_a_new_key_under_the_old_id(place: Place):
    first = place.vega.note("bob", "<p>The old key</p>")
    await said(place, "Create", first)
    await place.vega.rekey("bob")
    CLOCK.ahead_ms += ASK_AGAIN_MS + 1000
    second = place.vega.note("bob", "<p>The new key</p>")
    await said(place, "Create", second)
    assert [(await post_of(place, note["id"])).content for note in (first, second)] == [
        "<p>The old key</p>",
        "<p>The new key</p>",
    ]
