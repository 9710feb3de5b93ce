"""Whatever is said, a guest gets what the project says to its guests and nothing else: properties of the gate, with guests in the world."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.document import Document
from instance import names, serving
from instance.domain import charter, guest, thread
from instance.policy import INTERNAL, guest_space, guests_space, handshake, is_public_path, takeback_space
from instance.storage import charters, delivery, posts, search_tables
from instance.storage.database import SqliteTx
from tests.builders import a_person, a_project, a_thing
from tests.instance import guest_deeds
from tests.instance.companies import ACME, APOLLO, GATE, GLOBEX, Companies, add_member, copy_of
from tests.instance.guests import ANN, MASTODON, a_follower, with_guests

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
BASE = f"https://{ACME}"
NOTE, SAID = f"{BASE}/notes/1", f"{BASE}/activities/guests"
OURS = [APOLLO, f"{APOLLO}/followers", f"{APOLLO}#main-key", f"@apollo@{ACME}", NOTE, SAID]
FOREIGN = [
    "https://www.w3.org/ns/activitystreams#Public",
    ANN,
    f"https://{MASTODON}/follows/1",
    f"@ann@{MASTODON}",
]
OTHERS = [
    f"{BASE}/people/alice",
    f"@alice@{ACME}",
    f"https://{GLOBEX}/people/bob",
    f"@bob@{GLOBEX}",
    f"{BASE}/posts/in",
    f"{BASE}/posts/secret",
    f"{BASE}/posts/never-was",
    f"{BASE}/activities/log",
    f"{BASE}/activities/handshake",
    f"{BASE}/projects/gemini",
    f"{BASE}/media/1",
    f"{BASE}/charters/1",
]
KINDS = ["Create", "Update", "Delete", "Announce", "Undo", "Accept", "Reject", "Add", "Offer", "Note"]


@pytest.fixture(scope="module")
def world() -> Companies:
    """Apollo with a guest from which Ann follows, another project, and things of every kind."""
    net = with_guests(MASTODON)
    for host in (ACME, GLOBEX):
        add_member(net, host)
    a_follower(net)
    tx = net[ACME]
    tx._connection.execute(search_tables.CREATE)
    charter_row = charters.in_force(tx, APOLLO)
    assert charter_row is not None
    a_project(tx, "gemini", "initech.example")
    a_person(tx, "carol")
    for path, space, kind in (
        ("posts/in", APOLLO, "post"),
        ("posts/secret", INTERNAL, "post"),
        ("activities/log", APOLLO, "create"),
        ("activities/handshake", handshake(charter_row.iri), "activity"),
        ("media/1", APOLLO, "media"),
        ("notes/1", guests_space(APOLLO), "note"),
        ("activities/guests", guests_space(APOLLO), "activity"),
        ("activities/one", guest_space(MASTODON, APOLLO), "activity"),
    ):
        a_thing(tx, path, space=space, kind=kind)
    return net


STATES: dict[str, Any] = {
    "open": lambda _: None,
    "revoked": lambda net: guest.revoke(net[ACME], APOLLO, host=MASTODON),
    "suspended": lambda net: charter.suspend(net[ACME], APOLLO),
    "left": lambda net: charter.leave(net[ACME], APOLLO),
}


def in_state(world: Companies, state: str) -> Companies:
    net = Companies({host: copy_of(tx) for host, tx in world.nodes.items()})
    STATES[state](net)
    return net


NAMES = st.sampled_from([*OURS, *FOREIGN, *OTHERS])
WORDS = st.lists(NAMES, max_size=4).map(lambda found: f"<p>{' '.join(found)}</p>")
DOCUMENTS = st.fixed_dictionaries(
    {
        "id": NAMES,
        "type": st.sampled_from(KINDS),
        "actor": NAMES,
        "object": NAMES | st.fixed_dictionaries({"id": NAMES, "content": WORDS}),
    },
    optional={
        "to": st.lists(NAMES, max_size=3),
        "inReplyTo": NAMES,
        "tag": st.lists(st.fixed_dictionaries({"href": NAMES}), max_size=2),
    },
)


def told(body: bytes) -> set[str]:
    """The names of the companies' things that stand in what a guest gets, besides the project's own."""
    found = names.names_in(orjson.loads(body), own_host=ACME)
    allowed = names.names_in(OURS, own_host=ACME)
    inside = names.names_in(OTHERS, own_host=ACME)
    assert allowed.isdisjoint(inside)
    return set(found & inside)


@SLOW
@given(document=DOCUMENTS, author=NAMES, state=st.sampled_from(sorted(STATES)))
def test_no_letter_to_a_guest_names_anything_but_the_project_and_its_notes(
    world: Companies, document: Document, author: str, state: str
):
    tx = in_state(world, state)[ACME]
    letters = [letter for letter in GATE.release(tx, document, author=author) if letter.host == MASTODON]
    for letter in letters:
        assert told(letter.body) == set()
        assert letter.signer == APOLLO
    if letters:
        assert state == "open" or document["type"] in {"Delete", "Reject"}


@SLOW
@given(document=DOCUMENTS, state=st.sampled_from(sorted(STATES)))
def test_no_answer_to_a_guest_names_anything_but_the_project_and_its_notes(
    world: Companies, document: Document, state: str
):
    tx = in_state(world, state)[ACME]
    shown = GATE.disclose(tx, document, viewer=MASTODON, media_type="application/activity+json")
    if shown.status == 200 and told_anything_of_ours(document):
        assert (told(shown.body), state) == (set(), "open")


def told_anything_of_ours(document: Document) -> bool:
    """Whether it names more than what is nobody's secret."""
    return not names.names_in(document, own_host=ACME).isdisjoint(
        names.names_in([*OURS, *OTHERS], own_host=ACME)
    )


def test_the_world_of_these_properties_lets_something_through(world: Companies):
    tx = in_state(world, "open")[ACME]
    document = {"id": SAID, "type": "Create", "actor": APOLLO, "object": {"id": NOTE, "content": "<p>hi</p>"}}
    assert [letter.host for letter in GATE.release(tx, document, author=APOLLO)] == [MASTODON]
    shown = GATE.disclose(tx, {"id": NOTE}, viewer=MASTODON, media_type="application/activity+json")
    assert shown.status == 200


# whatever people do

TEXTS = st.lists(
    st.sampled_from(
        [
            "up",
            f"@bob@{GLOBEX}",
            "@alice",
            f"@carol@{ACME}",
            f"{BASE}/posts/in",
            f"https://{GLOBEX}/people/bob",
            "#task",
            "**x**",
        ]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(sorted(guest_deeds.VERBS)),
        TEXTS,
        st.integers(0, 5),
    ),
    max_size=12,
)


@SLOW
@given(deeds=DEEDS)
def test_whatever_people_do_a_guest_gets_notes_of_the_project_and_nothing_else(
    world: Companies, deeds: list[Any]
):
    tx = in_state(world, "open")[ACME]
    made: list[int] = []
    for kind, words, place in deeds:
        guest_deeds.do(tx, made, kind, words, place)
    letters = delivery.next_letters(tx, MASTODON, 1000)
    for path in asked_for(tx):
        assert strange(tx, served(tx, path)) == set(), path
    for letter in letters:
        activity = orjson.loads(letter.body)
        assert told(letter.body) == strange(tx, letter.body) == set()
        taken_back = activity["type"] == "Delete"
        assert (activity["actor"], letter.rule) == (
            APOLLO,
            "released_takeback" if taken_back else "released_guest",
        )
        assert activity["type"] in {"Create", "Update", "Delete", "Announce", "Undo"}
        assert "log" not in activity
    live = [
        row
        for iri in made
        if (row := posts.by_id(tx, iri)) and row.space == APOLLO and row.boost_of_id is None
    ]
    held = {letter.activity_iri for letter in letters if orjson.loads(letter.body)["type"] == "Create"}
    assert len(held) <= len(live)


def strange(tx: SqliteTx, content: bytes) -> set[str]:
    """The names of either company in what a guest gets that are neither the project's, nor a note's, nor an activity's about these."""
    found = names.names_in(content, own_host=ACME)
    spaces = (guests_space(APOLLO), guest_space(MASTODON, APOLLO), takeback_space(MASTODON, APOLLO))
    known = names.names_in([APOLLO, f"@apollo@{ACME}"], own_host=ACME) | {
        name
        for space in spaces
        for (name,) in tx._connection.execute("SELECT name FROM thing WHERE space = ?", [space])
    }
    public = {name for name in found if names.is_own(name, ACME) and is_public_path(name[len(ACME) + 1 :])}
    ours = {name for name in found if names.is_own(name, ACME) or names.is_own(name, GLOBEX)}
    return ours - known - public


def asked_for(tx: SqliteTx) -> list[str]:
    """What a guest may ask for, and what it may not."""
    notes = [path for (path,) in tx._connection.execute("SELECT iri FROM guest_note")]
    inside = [path for (path,) in tx._connection.execute("SELECT iri FROM thing WHERE space = ?", [APOLLO])]
    project = [
        APOLLO,
        *(f"{APOLLO}/{part}" for part in ("followers", "followers_synchronization", "members")),
    ]
    every = [*project, *notes, *(f"{note}/{thread.POSTS}" for note in notes), *inside]
    return [iri.removeprefix(BASE) for iri in every if iri.startswith(BASE)]


def served(tx: SqliteTx, path: str) -> bytes:
    shown = serving.disclose(tx, GATE, path, viewer=MASTODON)
    return b"" if isinstance(shown, serving.Permitted) else shown.body


def test_a_guest_that_asks_is_shown_notes_and_nothing_inside(world: Companies):
    tx = in_state(world, "open")[ACME]
    guest_deeds.do(tx, [], "post", "up", 0)
    shown = {path: served(tx, path) for path in asked_for(tx)}
    found = {path for path, body in shown.items() if b"Not found" not in body}
    assert {path.split("/")[1] for path in found} == {"projects", "notes"}
    assert "/projects/apollo/members" not in found


def test_what_these_deeds_say_does_reach_the_guest(world: Companies):
    tx = in_state(world, "open")[ACME]
    made: list[int] = []
    for kind, words in (
        ("post", f"up @bob@{GLOBEX}"),
        ("edit", "up"),
        ("boost", ""),
        ("unboost", ""),
        ("delete", ""),
    ):
        guest_deeds.do(tx, made, kind, words, 0)
        if kind == "unboost":
            assert waiting(tx) == ["Create", "Update", "Announce", "Undo"]
    assert waiting(tx) == ["Announce", "Undo", "Delete"]  # no words go that were deleted before they went


def waiting(tx: SqliteTx) -> list[str]:
    """The types of what waits for the guest."""
    return [orjson.loads(letter.body)["type"] for letter in delivery.next_letters(tx, MASTODON, 10)]
