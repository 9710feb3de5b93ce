"""The index of words in posts: a full-text table of SQLite, which no model can declare. The rule kept here: it is made with the other tables.

`facts` holds what a post is and for whom (see domain.index), `words` its words, cut (see stems). A row has the id of its post.
"""

from typing import Any

from sqlalchemy import DDL, event

from instance.storage import tables

NAME = "post_words"
CREATE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {NAME} "
    "USING fts5(facts, words, columnsize=0, tokenize='unicode61 remove_diacritics 0')"
)

event.listen(tables.Post.metadata, "after_create", DDL(CREATE))  # type: ignore[no-untyped-call]


def is_comparable(_: Any, name: str | None, kind: str, *__: Any) -> bool:
    """Whether Alembic can compare a thing: not the index, nor the tables that SQLite keeps it in."""
    return kind != "table" or name is None or not (name == NAME or name.startswith(f"{NAME}_"))
