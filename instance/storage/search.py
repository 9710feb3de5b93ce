"""Words in posts. The rule kept here: what is found is what the searcher may read.

A plain LIKE, newest first: it reads every post that the searcher may read, which a company of some hundreds does not notice.
"""

from sqlalchemy import bindparam, func, or_, select

from instance.storage.database import Tx
from instance.storage.sql import columns, table
from instance.storage.tables import Post
from instance.storage.visible import visible_to
from instance.storage.window import PostId, Window, paged

_c = columns(Post)
_WORDS = paged(
    select(_c.id).where(
        visible_to(table(Post)),
        _c.boost_of_id.is_(None),
        or_(bindparam("author_id") == 0, _c.author_id == bindparam("author_id")),
        or_(
            func.lower(_c.content).like(bindparam("words"), escape="\\"),
            func.lower(_c.spoiler).like(bindparam("words"), escape="\\"),
        ),
    ),
    _c.id,
    PostId,
)


def posts_with(
    tx: Tx, viewer_id: int, words: str, window: Window, *, author_id: int | None = None
) -> list[int]:
    """Ids of the posts that hold these words one after the other, whatever their case, as far as the viewer may read them."""
    literal = words.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return _WORDS.ids(tx, window, viewer_id=viewer_id, words=f"%{literal}%", author_id=author_id or 0)
