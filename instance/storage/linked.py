"""What of ours a link in a post leads to. The rule kept here: that it is there is one thing, whether the viewer may read it another."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Integer, or_, select
from sqlalchemy import cast as sql_cast

from instance.storage.database import Query, Tx
from instance.storage.sql import array, columns, in_list, table
from instance.storage.tables import Post
from instance.storage.visible import visible_to


class LinkedPost(NamedTuple):
    """A post that a link leads to; `is_readable` is 0 or 1."""

    id: int
    iri: str
    spoiler: str
    content: str
    language: str | None
    created_at_ms: int
    author_id: int
    is_readable: int


_post = columns(Post)
_posts = table(Post)
_LINKED = Query(
    select(
        _post.id,
        _post.iri,
        _post.spoiler,
        _post.content,
        _post.language,
        _post.created_at_ms,
        _post.author_id,
        sql_cast(visible_to(_posts), Integer),
    )
    .select_from(_posts)
    .where(
        or_(in_list(_post.iri, "iris"), in_list(_post.id, "post_ids")),
        _post.boost_of_id.is_(None),
    ),
    LinkedPost,
)


def posts(tx: Tx, viewer_id: int, *, iris: Iterable[str], post_ids: Iterable[int]) -> list[LinkedPost]:
    """The posts of these IRIs or ids that are here, deleted ones (which nobody may read) included."""
    return tx.all(_LINKED, viewer_id=viewer_id, iris=array(iris), post_ids=array(post_ids))
