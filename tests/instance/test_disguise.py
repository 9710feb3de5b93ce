"""The gate reads through every disguise: each shape of activity, each place in it, each way to write an id."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import ACME, a_thing
from tests.instance.acme import World
from tests.instance.test_names import DISGUISES


def activities(world: World) -> dict[str, dict[str, Any]]:
    create, iri, alice = world.create(), a_thing(world.tx, space=world.apollo), world.alice
    shapes: dict[str, Any] = {
        "Update": create["object"],
        "Delete": {"type": "Tombstone", "id": world.post},
        "Announce": world.post,
        "Like": world.post,
        "Undo": {"type": "Like", "id": iri, "actor": alice, "object": world.post},
        "Add": {
            "type": "Person",
            "id": alice,
            "inbox": f"{alice}/inbox",
            "publicKey": {"id": f"{alice}#main-key"},
        },
        "Remove": alice,
        "Follow": world.apollo,
        "Offer": {"type": "Charter", "id": iri, "parties": []},
        "Flag": [world.bob, world.post],
        "Move": alice,
    }
    envelope = {
        "actor": alice,
        "to": [world.apollo],
        "log": {"project": world.apollo, "party": ACME, "seq": 1},
    }
    return {"Create": create} | {
        kind: {"id": iri, "type": kind, "object": inner} | envelope for kind, inner in shapes.items()
    }


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, as the way to it."""
    inner = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [path] + [place for key, value in inner for place in places(value, (*path, key))]


def planted(document: dict[str, Any], place: tuple[Any, ...], text: str, manner: str) -> Any:
    """The document with a text put at a place: instead of what stands there, beside it, as a key, or in a nest of its own."""
    if place:
        return (
            document | {place[0]: planted(document[place[0]], place[1:], text, manner)}
            if isinstance(document, dict)
            else [
                planted(item, place[1:], text, manner) if index == place[0] else item
                for index, item in enumerate(document)
            ]
        )
    nest = {
        "beside": [document, text],
        "key": [document, {text: True}],
        "nest": [document, {"x": [[{"y": [text]}]]}],
    }
    return nest.get(manner, f"{document} {text}" if isinstance(document, str) else [document, text])


WORLD = World()
BUECHER = World("https://bücher.example:8443")
KINDS = sorted(activities(WORLD))


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_of_activity_goes_out_when_nothing_in_it_is_in_the_way(kind: str):
    assert len(WORLD.release(activities(WORLD)[kind])) == 2


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.large_base_example])
@pytest.mark.parametrize("world", [WORLD, BUECHER], ids=["ascii", "idn"])
def test_an_internal_name_is_found_at_every_place_in_every_disguise(world: World, data: st.DataObject):
    document = activities(world)[data.draw(st.sampled_from(KINDS))]
    place = data.draw(st.sampled_from(places(document)[1:]))
    manner = data.draw(st.sampled_from(["in", "beside", "key", "nest"]))
    disguise = DISGUISES[data.draw(st.sampled_from(sorted(DISGUISES)))]
    host = world.tx.home.host.partition(":")[0]
    spelling = data.draw(
        st.sampled_from(
            [
                world.secret,
                f"//{host}:99/posts/{world.secret.rpartition('/')[2]}",
                world.carol,
                f"@carol@{host}",
            ]
        )
    )
    harmless = planted(document, place, disguise("https://elsewhere.example/posts/1"), manner)
    assert len(world.release(harmless)) == 2
    harmful = planted(document, place, disguise(spelling), manner)
    assert world.release(harmful) == ()
