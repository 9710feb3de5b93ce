"""A database with many statuses, written straight into its tables: what a company has after some years."""

import random
import sqlite3
import time
from collections.abc import Iterable, Iterator
from itertools import accumulate, islice
from typing import Any, NamedTuple

from instance.config import Config
from instance.domain import index
from instance.fold import folded
from instance.stems import stemmed, terms

DAYS = 400
WORDS_EACH = 12
# As in any language, a few words stand in most posts and most words in few: the n-th is n times rarer than the first.
_SYLLABLES = [f"{first}{second}" for first in "bcdfghjklmnprstvwz" for second in "aeiou"]
VOCABULARY = [f"{first}{second}n" for first in _SYLLABLES for second in _SYLLABLES[:40]]
TAGS = ["frame", "wheel", "châssis", "moteur", "plan", "delay", "budget", "essai"]
BATCH = 20_000
_WEIGHTS = list(accumulate(1 / n for n in range(1, len(VOCABULARY) + 1)))


class _Place(NamedTuple):
    """Whose node it is."""

    domain: str
    project_id: int
    project: str
    people: list[tuple[int, str]]
    own: list[int]


def fill(config: Config, count: int) -> None:
    """Add `count` posts, internal and in the project, by the people who are there: with the homes of ours, hashtags, the index and notifications."""
    database = sqlite3.connect(config.database)
    project = database.execute("SELECT id, iri FROM actor WHERE kind = 'project'").fetchone()
    people = database.execute("SELECT id, host FROM actor WHERE kind = 'person'").fetchall()
    own = [row[0] for row in people if row[1] == config.domain]
    place = _Place(config.domain, project[0], project[1], people, own)
    _insert(database, "tag", ({"id": n + 1, "name": folded(name)} for n, name in enumerate(TAGS)))
    rows = _rows(place, count)
    while batch := list(islice(rows, BATCH)):
        for name in batch[0]:
            _insert(database, name, (row for post in batch for row in post[name]))
        database.commit()
    database.execute("ANALYZE")
    database.close()


def _insert(database: sqlite3.Connection, name: str, rows: Iterable[dict[str, Any]]) -> None:
    some = list(rows)
    if some:
        marks = ", ".join(f":{column}" for column in some[0])
        database.executemany(f"INSERT INTO {name} ({', '.join(some[0])}) VALUES ({marks})", some)


def _rows(place: _Place, count: int) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """What each post writes, by table."""
    chance = random.Random(1)
    step_ms = DAYS * 86_400_000 // count
    start_ms = int(time.time() * 1000) - count * step_ms - 60_000
    for n in range(count):
        words = chance.choices(VOCABULARY, cum_weights=_WEIGHTS, k=WORDS_EACH)
        tag = n % (2 * len(TAGS))
        yield _post(place, n, start_ms + n * step_ms, words, TAGS[tag] if tag < len(TAGS) else "")


def _post(place: _Place, n: int, at_ms: int, words: list[str], tag: str) -> dict[str, list[dict[str, Any]]]:
    row_id = at_ms << 16
    author, host = place.people[n % len(place.people)]
    space = "internal" if host == place.domain and n // len(place.people) % 2 else place.project
    iri = f"http://{host}/posts/{row_id}"
    source = f"Entry {n} {' '.join(words)}" + (f" #{tag}" if tag else "")
    post = {
        "id": row_id,
        "iri": iri,
        "author_id": author,
        "space": space,
        "label": 1,
        "visibility": "public",
        "thread_id": row_id,
        "content": f"<p>{source}</p>",
        "source": source,
        "spoiler": "",
        "sensitive": 0,
        "replies_count": 0,
        "boosts_count": 0,
        "favourites_count": 0,
        "created_at_ms": at_ms,
    }
    reader = index.OPEN if space == "internal" else index.project(place.project_id)
    return {
        "post": [post],
        "thing": [
            {"iri": iri, "name": iri.removeprefix("http://"), "kind": "post", "space": space, "label": 1}
        ],
        "timeline_entry": [{"owner_id": owner, "post_id": row_id} for owner in place.own],
        "post_words": [
            {
                "rowid": row_id,
                "facts": f"{reader} {index.author(author)}",
                "words": " ".join(stemmed(terms(source), "en")),
            }
        ],
        "post_tag": [{"tag_id": TAGS.index(tag) + 1, "space": space, "post_id": row_id, "written": tag}]
        if tag
        else [],
        "notification": [
            {
                "id": row_id,
                "owner_id": owner,
                "kind": "mention",
                "actor_id": author,
                "post_id": row_id,
                "created_at_ms": at_ms,
            }
            for owner in place.own
            if n % 10 == 0 and owner != author
        ],
    }
