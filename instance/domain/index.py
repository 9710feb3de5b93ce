"""What the index of words holds of a post. The rule kept here: a post's row is made in the transaction that writes the post, and goes with it.

Tokens for whom it is: `open` (the whole company), `closed` (the author's followers), `r<id>` (a person who may read it for themselves),
`p<id>` (those in a project). Tokens for what it is: `a<id>` (its author), `d20261125` (its day, UTC), `langfr`, `isreply`, …
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import orjson

from instance import ids
from instance.domain import text
from instance.policy import INTERNAL
from instance.stems import stemmed, terms
from instance.storage import posts, search, tags
from instance.storage.database import Tx
from instance.storage.search import Indexable

TERMS_LIMIT = 5000
BATCH = 50  # others write in between, and should not wait for long
OPEN, CLOSED, NOTHING = "open", "closed", "nothing"
_LINK = re.compile(r'<a\b(?![^>]*\bclass="[^"]*\b(?:mention|hashtag)\b)[^>]*\bhref=')


def keep(tx: Tx, post_id: int) -> None:
    """Index a post as it is now. Nothing happens for a boost."""
    row = search.indexable(tx, post_id)
    if row is not None:
        facts = " ".join((*_readers(tx, row), *_facts(row)))
        found = terms(_words(row))[:TERMS_LIMIT]
        search.put(tx, post_id, facts=facts, words=" ".join(stemmed(found, row.language)))


def keep_old(tx: Tx) -> int:
    """Index some of the posts that were there before there was an index, with their hashtags; how many."""
    found = search.unread(tx, limit=BATCH)
    for post_id in found:
        row = search.indexable(tx, post_id)
        if row is not None:
            tags.put(tx, post_id, row.space, text.hashtags_in(row.source or text.plain(row.content)))
            keep(tx, post_id)
    return len(found)


def author(actor_id: int) -> str:
    """The token of an author."""
    return f"a{actor_id}"


def reader(actor_id: int) -> str:
    """The token of a person who may read it for themselves."""
    return f"r{actor_id}"


def project(project_id: int) -> str:
    """The token of a project's readers."""
    return f"p{project_id}"


def day(on: date) -> str:
    """The token of a day."""
    return f"d{on:%Y%m%d}"


def _readers(tx: Tx, row: Indexable) -> Iterator[str]:
    if row.space != INTERNAL:
        yield project(row.project_id) if row.project_id is not None else OPEN
    elif row.visibility in {"public", "unlisted"}:
        yield OPEN
    else:
        if row.visibility == "private":
            yield CLOSED
        yield reader(row.author_id)
        yield from map(reader, posts.mentions_of(tx, row.id))


def _facts(row: Indexable) -> Iterator[str]:
    yield author(row.author_id)
    yield day(datetime.fromtimestamp(ids.snowflake_ms(row.id) / 1000, UTC).date())
    known = {
        "incompany": row.space == INTERNAL,
        "inproject": row.project_id is not None,
        "inpublic": row.space == INTERNAL and row.visibility == "public",
        "isreply": row.is_reply,
        "issensitive": row.sensitive,
        "hasmedia": row.pictures is not None,
        "haspoll": row.titles is not None,
        "hasembed": row.quotes,
        "haslink": _LINK.search(row.content),
    }
    yield from (name for name, holds in known.items() if holds)
    if row.language:
        yield f"lang{row.language.partition('-')[0].lower()}"


def _words(row: Indexable) -> str:
    titles = orjson.loads(row.titles) if row.titles else []
    return " ".join((row.spoiler, text.plain(row.content), *titles, row.pictures or ""))
