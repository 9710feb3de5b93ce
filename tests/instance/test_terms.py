"""Every word of our documents is defined by their own context: a reader of JSON-LD understands all of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from federation import vocabulary
from instance.domain import actor, charter, member, render
from instance.domain.post import empty_row
from instance.domain.profile import document_of, render_project
from instance.domain.render import NoteFacts
from instance.storage import actors, charters, log
from instance.storage.log import EntryRow
from instance.storage.media import MediaRow
from tests.builders import NOW_MS
from tests.instance.companies import ACME, APOLLO, GLOBEX, THREE, Companies, in_force, offer, proven

# What the contexts that we name by address define, of all that we say.
DEFINED = {
    vocabulary.ACTIVITY_STREAMS: """id type actor object target result to cc audience published updated content contentMap summary
        name nameMap tag href attachment url mediaType width height inReplyTo attributedTo generator inbox outbox followers
        endpoints sharedInbox preferredUsername startTime endTime""",
    vocabulary.SECURITY: "publicKey owner publicKeyPem",
    vocabulary.DATA_INTEGRITY: "proof cryptosuite created verificationMethod proofPurpose proofValue assertionMethod",
    vocabulary.MULTIKEY: "controller publicKeyMultibase assertionMethod",
}


def words(document: Any) -> Iterator[str]:
    """Every key of a document; those of a map by language are no words."""
    if isinstance(document, list):
        for item in document:
            yield from words(item)
    if isinstance(document, dict):
        for key, value in document.items():
            if key != "@context":
                yield key
                yield from words(value if not key.endswith("Map") else None)


def undefined(document: dict[str, Any]) -> set[str]:
    known: set[str] = set()
    for part in document["@context"]:
        known |= set(part) if isinstance(part, dict) else set(DEFINED[part].split())
    return set(words(document)) - known


@pytest.fixture
def net() -> Companies:
    return in_force(*THREE)


def posts(net: Companies) -> list[dict[str, Any]]:
    """All that is said of a post that has everything a post can have."""
    tx, alice = net[ACME], net.person(ACME)
    row = empty_row(7, f"https://{ACME}/posts/7", alice.id, APOLLO, NOW_MS)._replace(
        content="<p>hi</p>",
        source="#plan",
        spoiler="careful",
        language="en",
        work_kind="task",
        in_reply_to_iri=f"https://{GLOBEX}/posts/1",
        edited_at_ms=NOW_MS,
    )
    picture = MediaRow(
        *(3, f"https://{ACME}/media/3", alice.id, 7, 0, "image/png", "ab" * 32, 512, 4, 3),
        *("LKO2?U", "a plan", "0.5,-0.25", None, "ready", NOW_MS),
    )
    facts, iri = NoteFacts(row, alice, (alice,), (picture,)), f"https://{ACME}/activities/1"
    like = render.like(row, alice, iri=iri, at_ms=NOW_MS)
    said = [
        render.create(facts, iri=iri),
        render.update(facts, iri=iri, at_ms=NOW_MS),
        render.delete(row, alice, iri=iri, at_ms=NOW_MS),
        render.announce(row, alice, boosted_iri=row.iri),
        like,
        render.undo(like, iri=iri, at_ms=NOW_MS),
    ]
    numbered = {"log": {"project": APOLLO, "party": ACME, "seq": 2, "prev": "0" * 64}}
    return [proven(tx, document | numbered, alice.iri) for document in said]


def test_all_words_about_posts_are_defined(net: Companies):
    assert {word for document in posts(net) for word in undefined(document)} == set()


def test_a_picture_says_where_to_look_and_what_it_looks_like(net: Companies):
    [picture] = posts(net)[0]["object"]["attachment"]
    assert {"blurhash", "focalPoint", "size", "digestMultibase"} <= picture.keys()


def test_all_words_about_charters_and_people_are_defined(net: Companies):
    entry = EntryRow(APOLLO, GLOBEX, 1, "0" * 64, None, "a", "o", log.APPLIED, "own", "{}", NOW_MS)
    log.append(net[GLOBEX], entry)
    said = [letter.activity for letter in shaken_hands(net)]
    kinds = {document["type"] for document in said}
    assert kinds == {"Offer", "Accept", "Reject", "Update", "Suspend", "Undo", "Add", "Remove", "Leave"}
    assert {word for document in said for word in undefined(document)} == set()


def shaken_hands(net: Companies) -> list[Any]:
    """Letters of every kind about the charter and those who are in it."""
    letters = []

    def say(host: str, verb: Any) -> None:
        net.perform(host, verb)
        letters.extend(net.waiting)
        net.carry()

    bob = net.person(GLOBEX).id
    say(GLOBEX, lambda tx: member.add(tx, APOLLO, actor_id=bob, role="member"))
    say(GLOBEX, lambda tx: actor.update_profile(tx, bob, title="Engineer"))
    say(GLOBEX, lambda tx: member.remove(tx, APOLLO, actor_id=bob))
    for verb in (charter.suspend, charter.resume):
        say(GLOBEX, lambda tx, verb=verb: verb(tx, APOLLO))
    row = offer(net, ceiling=2, guests="read")
    letters.extend(net.waiting)
    net.carry()
    say(GLOBEX, lambda tx: charter.approve(tx, row.iri, by="it"))
    say(THREE[2], lambda tx: charter.decline(tx, row.iri, reason="too much"))
    say(GLOBEX, lambda tx: charter.leave(tx, APOLLO))
    return letters


@pytest.mark.parametrize("kind", ["node", "person", "project"])
def test_all_words_about_an_actor_are_defined(net: Companies, kind: str):
    tx = net[ACME]
    row = charters.in_force(tx, APOLLO)
    project = actors.by_iri(tx, APOLLO)
    node = actors.by_iri(tx, tx.home.node)
    assert row is not None
    assert project is not None
    assert node is not None
    documents = {
        "node": document_of(tx, node),
        "person": document_of(tx, net.person(ACME)._replace(title="Lead")),
        "project": render_project(
            project, [], home=tx.home, charter=row, parties=charters.parties(tx, row.id)
        ),
    }
    assert undefined(documents[kind]) == set()
