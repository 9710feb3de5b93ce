"""How people and projects are shown: whose company, which role, and what is in the way."""

from typing import Any

from instance.domain import member
from instance.storage import delivery
from instance.storage.database import Query, SqliteTx
from tests.nodes import Company, agree
from tests.web.client import apps_of
from web.mastodon import show

Tied = tuple[Company, Company, Company]


async def test_a_badge_tells_the_company_and_in_a_project_the_role(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,), apps_of(globex, "bob") as (bob,):
        await bob.post("/api/v1/statuses", status=f"@apollo@{acme.host} ready")
        await agree(acme, globex)
        (seen,) = await alice.get("/api/v1/timelines/home")
        company, role = seen["account"]["roles"]
        assert (company["name"], role["name"]) == (globex.config.company, "Lead")
        account = await alice.get("/api/v1/accounts/lookup", acct=f"bob@{globex.host}")
        assert account["roles"] == [company]
        mine = await alice.get("/api/v1/accounts/verify_credentials")
        assert mine["roles"][0]["name"] == acme.config.company


async def test_a_new_role_shows_on_what_was_read_already(tied: Tied):
    acme, _, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        await alice.post("/api/v1/statuses", status="@apollo go")
        (seen,) = await alice.get("/api/v1/timelines/home")
        before = seen["account"]["roles"][1]["name"]
        person = acme.people["alice"]
        other = "lead" if before != "Lead" else "follower"
        await acme.node.perform(lambda tx: member.add(tx, acme.project_iri, actor_id=person.id, role=other))
        (seen,) = await alice.get("/api/v1/timelines/home")
        assert seen["account"]["roles"][1]["name"] == other.capitalize()


async def test_a_project_says_which_company_is_not_reached(tied: Tied):
    acme, globex, _ = tied
    async with apps_of(acme, "alice") as (alice,):
        fields = (await alice.get("/api/v1/accounts/lookup", acct="apollo"))["fields"]
        assert [one["name"] for one in fields] == ["Parties", "Until", "Label"]
        await globex.shut_door()
        await alice.post("/api/v1/statuses", status="@apollo hello?")
        await acme.node.write(lambda tx: delivery.set_lane(tx, _failing(tx, globex.host)))
        fields = (await alice.get("/api/v1/accounts/lookup", acct="apollo"))["fields"]
        assert fields[-1]["name"] == "Not reached"
        assert fields[-1]["value"].startswith(f"{globex.config.company}, since ")


def _failing(tx: Any, host: str) -> delivery.LaneRow:
    lane = delivery.lane(tx, host)
    assert lane is not None
    return lane._replace(failures=3, due_at_ms=tx.now_ms + 3_600_000)


async def test_a_page_costs_as_many_queries_however_many_people_are_on_it(acme: Company):
    names = ("alice", "zoe", "max", "eve")
    async with apps_of(acme, *names) as apps:
        made = [await app.post("/api/v1/statuses", status="hello") for app in apps]
        ids = [int(one["id"]) for one in made]
        viewer = acme.people["alice"].id
        costs = [await acme.node.read(lambda tx, n=n: _cost(tx, ids[:n], viewer)) for n in (1, len(ids))]
        assert costs[0] == costs[1]


def _cost(tx: Any, post_ids: list[int], viewer_id: int) -> int:
    counting = _Counting(tx)
    show.statuses(counting, post_ids, viewer_id, pictures=None)  # type: ignore[arg-type]
    return counting.queries


class _Counting(SqliteTx):
    """A transaction that counts what it is asked."""

    def __init__(self, tx: SqliteTx) -> None:
        super().__init__(tx._connection, tx.home, tx.now_ms)
        self.queries = 0

    def all(self, query: Query[Any], **params: Any) -> list[Any]:
        self.queries += 1
        return super().all(query, **params)

    def first(self, query: Query[Any], **params: Any) -> Any:
        self.queries += 1
        return super().first(query, **params)
