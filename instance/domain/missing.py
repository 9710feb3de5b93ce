"""Answers whose parent is not here. The rule kept here: what is missing is looked for a few times at growing distance, and then no more.

Most parents come by themselves, since there is no order between two parties' entries, or by the repair of a gap: so there is a while before
anybody is asked. What will never come (its entry was redacted, or not taken) is not looked for.
"""

from contextlib import suppress

import orjson

from federation.document import first_type
from federation.errors import FederationError
from federation.origin import host_of
from instance import ids
from instance.domain.note import Note
from instance.events import ParentMissed
from instance.storage import charters, missing, posts
from instance.storage import log as entries
from instance.storage.database import Tx
from instance.storage.missing import FOUND, GIVEN_UP, WAITING, MissingRow
from instance.storage.posts import PostRow

FIRST_WAIT_MS = 5_000
WAITS_MS = (60_000, 600_000, 3_600_000, 6 * 3_600_000)  # after each try but the last
AGAIN_MS = 24 * 3_600_000  # what was given up is looked for again when it is answered after so long
WAITING_LIMIT = 1_000  # of one project
FRESH_MS = 120_000  # so long an app is told that something may come


def note(tx: Tx, post: PostRow, said: Note) -> None:
    """Note that what an answer answers is not here, unless that is known, cannot be found, or too much is looked for already."""
    iri = said.parent_iri or ""
    if not _is_of_a_party(tx, post.space, iri) or never_comes(tx, post.space, iri):
        return
    known = missing.by_iri(tx, iri)
    if known is not None and (known.state == WAITING or known.noticed_at_ms > tx.now_ms - AGAIN_MS):
        return
    if missing.waiting(tx, post.space) >= WAITING_LIMIT:
        return
    row = MissingRow(
        id=ids.snowflake(tx.now_ms),
        parent_iri=iri,
        project_iri=post.space,
        post_id=post.id,
        context_iri=said.context_iri,
        history_iri=said.history_iri,
        state=WAITING,
        tries=0,
        due_at_ms=tx.now_ms + FIRST_WAIT_MS,
        noticed_at_ms=tx.now_ms,
    )
    missing.put(tx, row)
    tx.emit(ParentMissed(post.id))


def arrived(tx: Tx, post: PostRow) -> None:
    """Note that a post is here that may have been looked for."""
    missing.settle(tx, post.iri, FOUND)


def begin(tx: Tx, row: MissingRow) -> bool:
    """Count a try before it is made, so that one which breaks us is not made for ever; False when there is nothing to look for."""
    answer = posts.by_id(tx, row.post_id)
    if posts.by_iri(tx, row.parent_iri) is not None:
        missing.settle(tx, row.parent_iri, FOUND)
        return False
    is_over = row.tries > len(WAITS_MS) or answer is None or answer.deleted_at_ms is not None
    if is_over or never_comes(tx, row.project_iri, row.parent_iri):
        missing.settle(tx, row.parent_iri, GIVEN_UP)
        return False
    wait_ms = WAITS_MS[min(row.tries, len(WAITS_MS) - 1)]
    missing.count_try(tx, row.id, next_at_ms=tx.now_ms + wait_ms)
    return True


def end(tx: Tx, row: MissingRow) -> None:
    """After the last try, give up."""
    known = missing.by_iri(tx, row.parent_iri)
    if known is not None and known.tries > len(WAITS_MS):
        missing.settle(tx, row.parent_iri, GIVEN_UP)


def is_awaited(tx: Tx, row: MissingRow) -> bool:
    """Whether a post may come at any moment: it is looked for, and was missed just now. Afterwards nobody need wait before a screen."""
    return row.state == WAITING and row.noticed_at_ms > tx.now_ms - FRESH_MS


def is_on_its_way(tx: Tx, row: MissingRow) -> bool:
    """Whether the post is here, or its entry waits for those before it."""
    return posts.by_iri(tx, row.parent_iri) is not None or _is_brought(
        tx, row.project_iri, row.parent_iri, (entries.HELD,)
    )


def never_comes(tx: Tx, project_iri: str, iri: str) -> bool:
    """Whether the entry that brought a post is here without its content, or was not taken."""
    return _is_brought(tx, project_iri, iri, (entries.REDACTED, entries.IGNORED))


def _is_brought(tx: Tx, project_iri: str, iri: str, states: tuple[str, ...]) -> bool:
    """Whether an entry in one of these states is the Create of a post; others act on it as well."""
    rows = [row for state in states for row in entries.about(tx, project_iri, iri, state=state)]
    return any(first_type(orjson.loads(row.document)) == "Create" for row in rows)


def _is_of_a_party(tx: Tx, project_iri: str, iri: str) -> bool:
    """Whether a company of the project, or one that left it, or we ourselves may have said it."""
    with suppress(FederationError):
        host = host_of(iri)
        return host == tx.home.host or charters.last_party(tx, project_iri, host) is not None
    return False
