"""A database with many statuses, written straight into its tables: what a company has after some years."""

import sqlite3
import time

from instance.config import Config


def fill(config: Config, count: int) -> None:
    """Add `count` posts, internal and in the project, by the people who are there, with the homes of ours."""
    database = sqlite3.connect(config.database)
    project = database.execute("SELECT iri FROM actor WHERE kind = 'project'").fetchone()[0]
    people = database.execute("SELECT id, host FROM actor WHERE kind = 'person'").fetchall()
    own = [row[0] for row in people if row[1] == config.domain]
    names = [
        "id",
        "iri",
        "author_id",
        "space",
        "label",
        "visibility",
        "thread_id",
        "content",
        "source",
        "spoiler",
        "sensitive",
    ]
    names += ["replies_count", "boosts_count", "favourites_count", "created_at_ms"]
    start_ms = int(time.time() * 1000) - 400 * 86_400_000
    posts, things, entries = [], [], []
    for n in range(count):
        at_ms = start_ms + n * 60_000
        author, host = people[n % len(people)]
        space = "internal" if host == config.domain and n % 2 else project
        iri = f"http://{host}/posts/{at_ms << 16}"
        posts.append(
            (
                at_ms << 16,
                iri,
                author,
                space,
                1,
                "public",
                at_ms << 16,
                f"<p>Entry {n} of the past.</p>",
                "",
                "",
                0,
                0,
                0,
                0,
                at_ms,
            )
        )
        things.append((iri, iri.removeprefix("http://"), "post", space, 1))
        entries.extend((owner, at_ms << 16) for owner in own)
    database.executemany(
        f"INSERT INTO post ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", posts
    )
    database.executemany("INSERT INTO thing (iri, name, kind, space, label) VALUES (?, ?, ?, ?, ?)", things)
    database.executemany("INSERT INTO timeline_entry (owner_id, post_id) VALUES (?, ?)", entries)
    database.commit()
    database.execute("ANALYZE")
    database.close()
