"""IT at a shell lets a server follow a project, sees it in the list, and takes it all back, while the node runs."""

from pathlib import Path

from tests.nodes import a_company, running, until
from tests.outsider import an_outsider
from tests.scenarios.desk import Desk


async def test_a_server_is_let_in_listed_and_revoked_from_a_shell(tmp_path: Path):
    companies = [a_company(tmp_path, name) for name in ("acme", "globex")]
    async with running(*companies), an_outsider() as mastodon:
        acme, globex = Desk(companies[0]), Desk(companies[1])
        await acme.run('project create apollo --title Apollo --purpose "New braking unit"')
        await acme.run(f'charter offer apollo --party {globex.host}:client --purpose "Brakes" --guests read')
        await until(globex.state, "offered")
        await globex.run(f"charter approve @apollo@{acme.host}")
        await until(acme.state, "live")
        said = await acme.run(
            f"guest allow --project apollo --host {mastodon.host} --until 2099-12-31 --label C1"
        )
        assert said == f"{mastodon.host} may follow apollo, up to C1.\n"
        acme.company.project_iri = f"{acme.company.config.base_url}/projects/apollo"
        await mastodon.follow(acme.company, "ann")
        (row,) = await acme.json("guest list")
        assert (row["project"], row["host"], row["state"]) == (
            f"@apollo@{acme.host}",
            mastodon.host,
            "allowed",
        )
        assert (row["label"], row["until"], row["followers"]) == ("C1", "2099-12-31T23:59:59Z", 1)
        refused = await globex.run(f"guest allow --project @apollo@{acme.host} --host x.example", status=1)
        assert "There is no such project of this company." in refused
        assert row["heard"]
        ann = f"@ann@{mastodon.host}"
        await acme.run(f"guest block {ann}")
        await mastodon.arrived("Reject")
        assert [(row["person"], row["state"]) for row in await acme.json("guest people")] == [
            (ann, "kept out")
        ]
        await acme.run(f"guest unblock {ann}")
        await mastodon.follow(acme.company, "ann")
        assert [row["state"] for row in await acme.json("guest people")] == ["follows"]
        await acme.run(f"guest revoke --project apollo --host {mastodon.host}")
        await mastodon.arrived("Reject", 2)

        async def taken_back() -> list[tuple[str, str]]:
            return [(row["state"], row["taken_back"]) for row in await acme.json("guest list")]

        await until(taken_back, [("revoked", "2/2")])
