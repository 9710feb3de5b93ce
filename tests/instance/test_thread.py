"""The collections of a conversation: who makes their ids, who takes them over, and that they hold what is for their viewer."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.letters import ANYONE
from federation.vocabulary import POST_CONTEXT
from instance import ids, serving, thread_pages
from instance.domain import guest_mirror, post, post_inbound, render
from instance.domain.compose import PostDraft
from instance.domain.note import contexts_of
from instance.policy import INTERNAL
from instance.storage import guest_notes, posts, search_tables, things
from instance.storage import log as entries
from instance.storage.log import EntryRow
from tests.instance import companies as net_of
from tests.instance.companies import add_member
from tests.instance.guests import MASTODON, a_follower, with_guests
from tests.instance.posting import (
    GATE,
    GLOBEX,
    a_note,
    a_person,
    a_project,
    a_tx,
    an_activity,
    incoming,
    publish,
    reread,
    take,
)

CREATE = (post_inbound.verify_create, post_inbound.apply_create)
UPDATE = (post_inbound.verify_update, post_inbound.apply_update)
THEIRS = f"https://{GLOBEX}/threads/9"
INITECH = "initech.example"


@pytest.fixture
def bob(tx):
    """Globex's."""
    return a_person(tx, "bob", GLOBEX)


@pytest.fixture
def shared(tx, alice, bob):
    """A project of alice and bob."""
    return a_project(tx, "shared", alice, bob)


def said(tx, row: Any) -> dict[str, Any]:
    """The Note of a post, as it is said now."""
    author = post.actors.by_id(tx, row.author_id)
    return render.note(post.note_facts(tx, row, author))


def arrives(tx, bob, project, **note: Any) -> Any:
    """A post of bob's comes in; what was decided, and its row."""
    document = a_note(bob, **note)
    ruling = take(tx, CREATE, incoming(an_activity("Create", bob, document), project))
    return ruling, posts.by_iri(tx, document["id"])


def served(tx, path: str, viewer: str = GLOBEX) -> tuple[int, dict[str, Any]]:
    answer = serving.disclose(tx, GATE, path, viewer=viewer)
    assert not isinstance(answer, serving.Permitted)
    return answer.status, orjson.loads(answer.body)


def path_of(iri: str) -> str:
    return iri.removeprefix("https://acme.example")


# Who makes the ids


def test_a_conversation_of_ours_is_called_by_its_first_post(tx, alice, shared):
    row = publish(tx, alice, "Which bolts?", project=shared.iri)
    note = said(tx, row)
    assert (note["context"], note["contextHistory"]) == (f"{row.iri}/context", f"{row.iri}/context-history")


def test_an_answer_is_in_the_conversation_of_what_it_answers(tx, alice, shared):
    row = publish(tx, alice, "Which bolts?", project=shared.iri)
    answer = publish(tx, alice, "M8", in_reply_to_id=publish(tx, alice, "M6?", in_reply_to_id=row.id).id)
    assert said(tx, answer)["context"] == said(tx, row)["context"]


def test_the_create_names_the_collection_of_activities_and_its_note_that_of_posts(tx, alice, shared):
    row = publish(tx, alice, "Which bolts?", project=shared.iri)
    create = render.create(post.note_facts(tx, row, alice), iri="https://acme.example/activities/1")
    assert (create["context"], create["object"]["context"]) == (
        f"{row.iri}/context-history",
        f"{row.iri}/context",
    )
    assert create["@context"] == POST_CONTEXT


def test_our_answer_takes_over_what_a_partner_says(tx, alice, bob, shared):
    _, row = arrives(tx, bob, shared, context=THEIRS, contextHistory=f"{THEIRS}/history")
    answer = publish(tx, alice, "M8", in_reply_to_id=row.id)
    note = said(tx, answer)
    assert (note["context"], note["contextHistory"]) == (THEIRS, f"{THEIRS}/history")


def test_what_a_partner_says_belongs_to_the_project_from_then_on(tx, bob, shared):
    arrives(tx, bob, shared, context=THEIRS)
    found = things.by_iri(tx, THEIRS)
    assert found is not None
    assert (found.kind, found.space) == ("context", shared.iri)


def test_an_answer_to_who_says_none_says_none(tx, alice, bob, shared):
    _, row = arrives(tx, bob, shared)
    assert "context" not in said(tx, publish(tx, alice, "M8", in_reply_to_id=row.id))


def test_a_partner_may_say_it_later_with_an_update_or_an_answer(tx, bob, shared):
    for kind in ("Update", "Create"):
        _, row = arrives(tx, bob, shared, published="2026-08-20T08:00:00Z")
        if kind == "Update":
            again = a_note(bob, id=row.iri, updated="2026-08-21T08:00:00Z", context=THEIRS)
            take(tx, UPDATE, incoming(an_activity("Update", bob, again), shared))
        else:
            arrives(tx, bob, shared, inReplyTo=row.iri, context=THEIRS)
        assert said(tx, reread(tx, row))["context"] == THEIRS


def test_who_answers_does_not_move_the_conversation_of_another(tx, alice, bob, shared):
    row = publish(tx, alice, "Which bolts?", project=shared.iri)
    _, answer = arrives(tx, bob, shared, inReplyTo=row.iri, context=THEIRS)
    assert said(tx, publish(tx, alice, "M8", in_reply_to_id=answer.id))["context"] == f"{row.iri}/context"
    assert things.by_iri(tx, THEIRS) is None


@pytest.mark.parametrize(
    "context",
    [
        "tag:globex.example,2026:objectId=9:objectType=Conversation",
        "urn:x",
        "",
        7,
        True,
        {},
        [],
        {"type": "Collection"},
        ["tag:a", {"id": 5}],
        "https://hooli.example/contexts/1",
        "https://acme.example/contexts/1",
        "https://globex.example\\@acme.example/1",
        "https://" + "x" * 3000,
    ],
)
def test_what_is_no_collection_of_its_authors_host_is_passed_over(tx, alice, bob, shared, context: Any):
    ruling, row = arrives(tx, bob, shared, context=context, contextHistory=context)
    assert ruling.taken
    assert "context" not in said(tx, publish(tx, alice, "M8", in_reply_to_id=row.id))


@pytest.mark.parametrize(
    "context", [{"id": THEIRS, "type": "OrderedCollection"}, [THEIRS], ["tag:globex.example,2026:9", THEIRS]]
)
def test_a_collection_may_be_said_as_an_object_or_in_a_list(context: Any):
    assert contexts_of({"context": context}) == (THEIRS, "")


# A conversation of another space


def test_a_post_that_says_it_is_in_a_conversation_of_another_space_is_refused(tx, alice, bob, shared):
    other = a_project(tx, "other", alice, bob)
    elsewhere = publish(tx, alice, "Price?", project=other.iri)
    arrives(tx, bob, other, context=THEIRS)
    for context in (f"{elsewhere.iri}/context", THEIRS):
        for name in ("context", "contextHistory"):
            ruling, row = arrives(tx, bob, shared, **{name: context})
            assert (ruling, row) == ((False, "thread_of_another_space"), None)


def test_the_same_post_without_it_is_taken(tx, bob, shared):
    ruling, _ = arrives(tx, bob, shared, context=THEIRS)
    assert ruling.taken


def test_a_letter_that_names_a_conversation_of_another_space_is_withheld(tx, alice, bob, shared):
    other = a_project(tx, "other", alice, bob)
    arrives(tx, bob, other, context=THEIRS)
    for iri in (THEIRS, f"{publish(tx, alice, 'Price?', project=other.iri).iri}/context"):
        verdict = GATE.check_text(tx, [f"as said in {iri}"], shared.iri)
        assert (verdict.allowed, verdict.rule) == (False, "withheld_other_project")


def test_what_is_known_by_that_name_stays_what_it_is(tx, alice, bob, shared):
    node = f"https://{GLOBEX}/people/bob"
    arrives(tx, bob, shared, context=node)
    assert things.by_iri(tx, node) is None
    other = a_project(tx, "other", alice, bob)
    assert GATE.check_text(tx, ["@bob@globex.example"], other.iri).allowed


# Served


def a_long_talk(tx, alice, project: Any, count: int) -> Any:
    root = publish(tx, alice, "First", project=project.iri)
    for number in range(count):
        publish(tx, alice, f"And {number}", in_reply_to_id=root.id)
    return root


def test_a_partner_gets_the_posts_of_a_conversation_in_order(tx, alice, bob, shared):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    _, answer = arrives(tx, bob, shared, inReplyTo=root.iri)
    status, found = served(tx, path_of(f"{root.iri}/context"))
    assert (status, found["type"], found["id"]) == (200, "OrderedCollection", f"{root.iri}/context")
    assert found["orderedItems"] == [root.iri, answer.iri]
    assert (found["attributedTo"], found["history"]) == (alice.iri, f"{root.iri}/context-history")


def test_a_deleted_post_is_a_tombstone_in_it(tx, alice, shared):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    answer = publish(tx, alice, "M8", in_reply_to_id=root.id)
    post.delete(tx, alice, answer.id)
    _, found = served(tx, path_of(f"{root.iri}/context"))
    assert found["orderedItems"] == [root.iri, {"id": answer.iri, "type": "Tombstone"}]


def test_a_long_conversation_comes_in_pages_that_end(tx, alice, shared):
    root = a_long_talk(tx, alice, shared, thread_pages.PAGE_ITEMS + 20)
    _, found = served(tx, path_of(f"{root.iri}/context"))
    following, items = found["first"], []
    assert "orderedItems" not in found
    while following:
        _, page = served(tx, path_of(following))
        items += page["orderedItems"]
        following = page.get("next")
    assert len(items) == len(set(items)) == thread_pages.PAGE_ITEMS + 21


@pytest.mark.parametrize("start", ["-1", "x", "99999999999999999999", "1e3", "٣", "500"])
def test_a_page_that_is_not_there_is_empty_or_the_first(tx, alice, shared, start: str):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    for name in ("context", "context-history"):
        status, found = served(tx, path_of(f"{root.iri}/{name}?start={start}"))
        assert (status, found["orderedItems"]) == (
            200,
            [] if start == "500" or name != "context" else [root.iri],
        )


@pytest.mark.parametrize("viewer", [ANYONE, INITECH, "hooli.example"])
@pytest.mark.parametrize("name", ["context", "context-history"])
def test_who_is_no_party_gets_the_answer_of_what_never_was(tx, alice, shared, viewer: str, name: str):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    answer = serving.disclose(tx, GATE, path_of(f"{root.iri}/{name}"), viewer=viewer)
    assert answer == GATE.not_found(viewer)


@pytest.mark.parametrize(
    "name", ["context", "context-history", "context?start=0", "context/x", "context-history?start=1"]
)
def test_an_internal_conversation_is_to_partners_as_one_that_never_was(tx, alice, name: str):
    root = publish(tx, alice, "Our margin is thin")
    publish(tx, alice, "It is", in_reply_to_id=root.id)
    for path in (path_of(f"{root.iri}/{name}"), f"/posts/1234567/{name}"):
        for viewer in (GLOBEX, ANYONE):
            assert serving.disclose(tx, GATE, path, viewer=viewer) == GATE.not_found(viewer)


def test_only_the_first_post_of_a_conversation_has_its_collections(tx, alice, shared):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    answer = publish(tx, alice, "M8", in_reply_to_id=root.id)
    assert served(tx, path_of(f"{answer.iri}/context"))[0] == 404


def enters(tx, project: Any, document: dict[str, Any], *, seq: int, state: str = entries.APPLIED) -> None:
    """Write an entry of the log, as it stands there."""
    object_iri = document["object"] if isinstance(document["object"], str) else document["object"]["id"]
    body = orjson.dumps(document).decode()
    row = EntryRow(
        project.iri, GLOBEX, seq, f"{seq:064}", None, document["id"], object_iri, state, "", body, seq
    )
    entries.append(tx, row)
    ids.mint(tx, document["id"], kind="create", space=project.iri)


def test_the_activities_of_a_conversation_are_the_entries_of_the_log_that_were_taken(tx, alice, bob, shared):
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    _, answer = arrives(tx, bob, shared, inReplyTo=root.iri)
    like = an_activity("Like", bob, root.iri)
    create = an_activity("Create", bob, {"id": answer.iri, "content": "M8"})
    enters(tx, shared, like, seq=1)
    enters(tx, shared, create, seq=2)
    enters(tx, shared, an_activity("Like", bob, root.iri), seq=3, state=entries.IGNORED)
    enters(tx, shared, an_activity("Like", bob, "https://globex.example/posts/other"), seq=4)
    _, found = served(tx, path_of(f"{root.iri}/context-history"))
    assert found["orderedItems"] == [like, create]


def test_a_partner_asks_for_a_conversation_that_another_began_by_any_post_in_it(tx, alice, bob, shared):
    _, root = arrives(tx, bob, shared)
    create = an_activity("Create", bob, {"id": root.iri, "content": "Which bolts?"})
    enters(tx, shared, create, seq=1)
    answer = publish(tx, alice, "M8", in_reply_to_id=root.id)
    for asked in (root.iri, answer.iri):
        _, found = served(tx, f"/log?project={shared.iri}&thread={asked}")
        assert found["orderedItems"] == [create]


def test_a_post_of_another_space_is_no_way_in(tx, alice, bob, shared):
    other = a_project(tx, "other", alice, bob, parties=(INITECH,))
    for row in (publish(tx, alice, "Price?", project=other.iri), publish(tx, alice, "Hush")):
        path = f"/log?project={shared.iri}&thread={row.iri}"
        assert serving.disclose(tx, GATE, path, viewer=GLOBEX) == GATE.not_found(GLOBEX)


def test_what_a_viewer_may_not_read_is_its_envelope_and_what_it_may_not_know_is_left_out(
    tx, alice, bob, shared
):
    secret = publish(tx, alice, "Hush")
    root = publish(tx, alice, "Which bolts?", project=shared.iri)
    enters(tx, shared, an_activity("Update", bob, {"id": root.iri, "content": secret.iri}), seq=1)
    hidden = an_activity("Like", bob, root.iri)
    enters(tx, shared, hidden, seq=2)
    things.set_space(tx, hidden["id"], INTERNAL)
    _, found = served(tx, path_of(f"{root.iri}/context-history"))
    (item,) = found["orderedItems"]
    assert (item["redacted"], item["object"]) == (True, root.iri)


# For guests


@pytest.fixture
def mirrored():
    """Acme with a guest that has notes of two posts of one conversation; the transaction, and the notes' ids."""
    net = with_guests(MASTODON)
    add_member(net, net_of.ACME)
    a_follower(net)
    tx, alice = net[net_of.ACME], net.person(net_of.ACME)
    tx._connection.execute(search_tables.CREATE)
    root = post.publish(tx, net_of.GATE, alice, PostDraft("Which bolts?", project=net_of.APOLLO)).value
    answer = post.publish(tx, net_of.GATE, alice, PostDraft("M8", in_reply_to_id=root.id)).value
    notes = []
    for row in (root, answer):
        guest_mirror.mirrored(tx, {"type": "Create", "object": row.iri}, net_of.APOLLO)
        note = guest_notes.of_source(tx, row.iri)
        assert note is not None
        notes.append(note.iri)
    return tx, notes


def noted(tx, iri: str, viewer: str = MASTODON) -> list[Any]:
    """What the collection of notes that is called by this one holds for a viewer; nothing where there is none."""
    answer = serving.disclose(tx, net_of.GATE, f"{path_of(iri)}/context", viewer=viewer)
    assert not isinstance(answer, serving.Permitted)
    return orjson.loads(answer.body).get("orderedItems", [])


def test_a_guest_gets_the_notes_of_a_conversation_and_nobody_else_does(mirrored):
    tx, notes = mirrored
    assert noted(tx, notes[0]) == notes
    for viewer in (ANYONE, "pleroma.example", GLOBEX):
        assert noted(tx, notes[0], viewer) == []


def test_a_note_above_what_a_guest_may_have_is_not_in_it(mirrored):
    tx, notes = mirrored
    tx._connection.execute("UPDATE thing SET label = 3 WHERE iri = ?", (notes[1],))
    assert noted(tx, notes[0]) == notes[:1]
    tx._connection.execute("UPDATE thing SET label = 3 WHERE iri = ?", (notes[0],))
    assert noted(tx, notes[0]) == []


def test_a_note_that_is_gone_is_a_tombstone_in_it_and_the_name_stays(mirrored):
    tx, notes = mirrored
    row = guest_notes.by_iri(tx, notes[0])
    assert row is not None
    guest_notes.gone(tx, row.id)
    assert noted(tx, notes[0]) == [{"id": notes[0], "type": "Tombstone"}, notes[1]]


# What a viewer may not see


PLACES = ("shared", "other", INTERNAL)
A_POST = st.tuples(st.sampled_from(PLACES), st.integers(0, 3), st.booleans(), st.booleans())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    talk=st.lists(A_POST, min_size=1, max_size=8),
    viewer=st.sampled_from([GLOBEX, INITECH, "hooli.example", ANYONE]),
)
def test_a_served_conversation_holds_nothing_that_its_viewer_may_not_see(talk: Any, viewer: str):
    """Even if posts of several spaces and labels came to be in one thread, each viewer gets those of their own."""
    tx = a_tx()
    alice, bob = a_person(tx, "alice"), a_person(tx, "bob", GLOBEX)
    spaces = {
        "shared": a_project(tx, "shared", alice, bob).iri,
        "other": a_project(tx, "other", alice, parties=(INITECH,)).iri,
        INTERNAL: INTERNAL,
    }
    admits = {"shared": GLOBEX, "other": INITECH}
    root_id, seen = ids.snowflake(tx.now_ms), dict[str, bool]()
    for number, (place, label, is_theirs, is_deleted) in enumerate(talk):
        row_id = ids.snowflake(tx.now_ms) if number else root_id
        author = bob if is_theirs and number else alice
        iri = f"https://{author.host}/posts/{row_id}"
        row = post.empty_row(row_id, iri, author.id, spaces[place], tx.now_ms)
        deleted_at_ms = tx.now_ms if is_deleted else None
        posts.insert_one(tx, row._replace(thread_id=root_id, label=label, deleted_at_ms=deleted_at_ms))
        ids.mint(tx, iri, kind="post", space=spaces[place], label=label)
        create = {"id": f"{iri}-create", "type": "Create", "actor": author.iri, "object": {"id": iri}}
        document = orjson.dumps(create).decode()
        entry = EntryRow(
            spaces["shared"],
            author.host,
            number + 1,
            f"{number:064}",
            None,
            create["id"],
            iri,
            entries.APPLIED,
            "",
            document,
            number,
        )
        entries.append(tx, entry)
        ids.mint(tx, create["id"], kind="create", space=spaces[place], label=label)
        seen[iri] = admits.get(place) == viewer and label <= 1
    first = next(iter(seen))
    is_whole = all(seen.values())
    for path in (f"{path_of(first)}/context", f"{path_of(first)}/context-history"):
        status, found = served(tx, path, viewer)
        assert status == (200 if seen[first] else 404)
        body = orjson.dumps(found).decode()
        assert not [iri for iri, may in seen.items() if iri in body and not may]
        if path.endswith("/context") and is_whole:
            assert all(iri in body for iri in seen)
