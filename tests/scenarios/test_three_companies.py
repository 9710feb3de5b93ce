"""Three companies on one rope: what one says all hold, whoever is away meanwhile."""

from pathlib import Path

from tests.nodes import agree, three_nodes, until


async def test_a_post_in_the_project_is_at_every_party(tmp_path: Path):
    async with three_nodes(tmp_path) as (acme, globex, initech):
        post = await acme.post("alice", "The frame is ready")
        await agree(acme, globex, initech)
        for other in (globex, initech):
            found = await other.find_post(post.iri)
            assert found is not None
            assert found.content == "<p>The frame is ready</p>"
