"""Somebody moves from one ordinary server to another, over the wire: both say so, and the project is followed once."""

from pathlib import Path

from tests.scenarios.guest_place import a_place


async def test_a_follower_who_moves_is_followed_from_where_they_went_alone(tmp_path: Path):
    async with a_place(tmp_path, may="read") as place:
        old, new = place.mastodon, place.stranger
        await place.let_in(new)
        await old.follow(place.acme, "ann")
        moved = old.said("ann", "Move", old.iri("ann"), target=new.iri("ann"))
        assert await old.send(place.acme, "ann", moved) == 202
        assert await place.followers() == {old.iri("ann")}
        new.person("ann")
        new.people["ann"]["alsoKnownAs"] = [old.iri("ann")]
        asked = new.said("ann", "Follow", place.acme.project_iri)
        assert await new.send(place.acme, "ann", asked) == 202
        await new.arrived("Accept")
        assert await place.followers() == {new.iri("ann")}
