"""The collections that a conversation has (FEP-7888, FEP-f228). The rule kept here: the host of the first post makes their ids; who answers takes them over.

Ours are the id of the first post with a word behind it, so that they are called by that post and belong where it belongs: they cost no row,
and posts from before there were any have them as well. A partner's are as the partner says, and are named in a space only as long as
everything known by their names admits it.
"""

from federation.origin import host_of
from instance import ids
from instance.domain.note import Note
from instance.domain.render import Context
from instance.policy import PUBLIC, Fact
from instance.storage import charters, posts, things, threads
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.threads import ContextRow

POSTS, HISTORY = "context", "context-history"


def of_post(tx: Tx, post: PostRow) -> Context | None:
    """The collections of the conversation that a post is in; None where the host of its first post has none, or one that may not be named here."""
    root = root_of(tx, post)
    if root.iri.startswith(f"{tx.home.base}/"):
        return of_root(root.iri)
    said = threads.said(tx, root.id)
    if said is None or not _is_admitted(tx, (said.context_iri, said.history_iri), post.space):
        return None
    return Context(said.context_iri, said.history_iri)


def of_root(iri: str) -> Context:
    """The collections of a conversation that begins with a post of ours."""
    return Context(f"{iri}/{POSTS}", f"{iri}/{HISTORY}")


def of_notes(tx: Tx, post: PostRow) -> str | None:
    """The collection of what guests have of a conversation: it is called by the first note that they got of it, and names nothing else."""
    notes = threads.notes_of(tx, post.thread_id, post.space, limit=1)
    return f"{notes[0].iri}/{POSTS}" if notes else None


def root_of(tx: Tx, post: PostRow) -> PostRow:
    """The first post of a conversation, as far as it is here."""
    return post if post.thread_id == post.id else posts.by_id(tx, post.thread_id) or post


def is_elsewhere(tx: Tx, iris: tuple[str, ...], space: str) -> bool:
    """Whether one of these collections is known here to belong to another space."""
    facts = _facts(tx, iris)
    return any(fact.kind != "unknown" and not _admits(fact, space) for fact in facts)


def learn(tx: Tx, post: PostRow, note: Note, *, host: str) -> None:
    """Keep what a company says of the conversation: of one that its own people began, or as long as nobody knows who began it."""
    root = root_of(tx, post)
    if not note.context_iri or not _may_say(tx, root, note, host):
        return
    history = note.history_iri if note.history_iri and _same_host(note.history_iri, note.context_iri) else ""
    if _same_host(note.context_iri, root.iri):
        _place(tx, tuple(filter(None, (note.context_iri, history))), post)
    threads.say(tx, ContextRow(root.id, note.context_iri, history))


def _may_say(tx: Tx, root: PostRow, note: Note, host: str) -> bool:
    if root.in_reply_to_iri is None:  # its host has the word, about a collection of its own
        return host == host_of(root.iri) == host_of(note.context_iri)
    return host_of(note.context_iri) in charters.open_hosts(tx, root.space)


def _place(tx: Tx, iris: tuple[str, ...], post: PostRow) -> None:
    """Collections belong where their conversation does. What is known already by such a name stays what it is."""
    known = {fact.name for fact in _facts(tx, iris)}
    for iri in iris:
        if known.isdisjoint(things.named_in(tx, [iri])):
            ids.mint(tx, iri, kind="context", space=post.space, label=post.label)


def _is_admitted(tx: Tx, iris: tuple[str, ...], space: str) -> bool:
    return all(_admits(fact, space) for fact in _facts(tx, iris))


def _facts(tx: Tx, iris: tuple[str, ...]) -> list[Fact]:
    said = [iri for iri in iris if iri]
    return things.facts(tx, things.named_in(tx, said)) if said else []


def _admits(fact: Fact, space: str) -> bool:
    return PUBLIC in fact.spaces or space in fact.spaces


def _same_host(one: str, other: str) -> bool:
    return host_of(one) == host_of(other)
