"""Home timelines as rows: who gets a post, and when it is taken out. The rule kept here: only our own people have a home timeline."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, delete, exists, literal, or_, select

from instance.policy import INTERNAL
from instance.storage.database import Command, Query, Tx
from instance.storage.people_tables import Block
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table
from instance.storage.tables import Actor, Follow, Member, Mention, Post, TimelineEntry
from instance.storage.tag_tables import PostTag, TagFollow
from instance.storage.visible import deaf_to

FILL_LIMIT = 400

_entry, _follow, _member, _post = columns(TimelineEntry), columns(Follow), columns(Member), columns(Post)
_mention, _in_post, _tag_follow = columns(Mention), columns(PostTag), columns(TagFollow)
_actor, _block = columns(Actor), columns(Block)
_PARENT_AUTHOR: BindParameter[int | None] = bindparam("parent_author_id")
_AUTHOR: BindParameter[int] = bindparam("author_id", type_=_post.id.type)
_ORIGINAL: BindParameter[int] = bindparam("original_author_id", type_=_post.id.type)
_OWNER: BindParameter[int] = bindparam("owner_id", type_=_post.id.type)
_THE_PROJECT = select(_actor.id).where(_actor.iri == bindparam("project_iri")).scalar_subquery()

_THE_SPACE = select(_actor.id).where(_actor.iri == bindparam("space")).scalar_subquery()
_boosted = table(Post).alias("boosted")


class _Owner(NamedTuple):
    id: int


def _put(owners: Select[tuple[int, int]]) -> Query[_Owner]:
    """Put posts into homes, in one statement that names who did not have them yet."""
    put = insert_or_ignore(TimelineEntry).from_select(["owner_id", "post_id"], owners)
    return Query(put.returning(_entry.owner_id), _Owner)


def _lacks(owner: ColumnElement[int]) -> ColumnElement[bool]:
    """The owner does not have the other post (a boost adds nothing to the home that holds what it boosts)."""
    other = table(TimelineEntry).alias("other")
    return ~exists().where(other.c.owner_id == owner, other.c.post_id == bindparam("unless_post_id"))


def _is_followed_otherwise() -> ColumnElement[bool]:
    """The owner follows another hashtag of the post."""
    other = table(PostTag).alias("other_tag")
    return exists().where(
        other.c.post_id == _post.id,
        other.c.tag_id == _tag_follow.tag_id,
        _tag_follow.owner_id == bindparam("owner_id"),
    )


def _also_follows_parent() -> ColumnElement[bool]:
    """An answer goes to those who follow both sides, or are the one answered."""
    second = table(Follow).alias("second")
    both = exists().where(second.c.follower_id == _follow.follower_id, second.c.followee_id == _PARENT_AUTHOR)
    return or_(_PARENT_AUTHOR.is_(None), _follow.follower_id == _PARENT_AUTHOR, both)


_PUT_MEMBERS = _put(
    select(_member.actor_id, bindparam("post_id", type_=_post.id.type)).where(
        _member.project_iri == bindparam("project_iri"),
        _member.state == "active",
        _member.host == bindparam("host"),
        ~deaf_to(_member.actor_id, _AUTHOR, _ORIGINAL, _THE_PROJECT),
        _lacks(_member.actor_id),
    )
)
_PUT_FOLLOWERS = _put(
    select(_follow.follower_id, bindparam("post_id", type_=_post.id.type)).where(
        _follow.followee_id == _AUTHOR,
        or_(bindparam("is_boost") == 0, _follow.boosts == 1),
        or_(_follow.languages == "", _follow.languages.contains(bindparam("language"))),
        ~deaf_to(_follow.follower_id, _AUTHOR, _ORIGINAL),
        _also_follows_parent(),
        _lacks(_follow.follower_id),
    )
)
_PUT_TAG_FOLLOWERS = _put(
    select(_tag_follow.owner_id, bindparam("post_id", type_=_post.id.type)).where(
        in_list(_tag_follow.tag_id, "tag_ids"),
        ~deaf_to(_tag_follow.owner_id, _AUTHOR),
        ~exists().where(_block.owner_id == _AUTHOR, _block.actor_id == _tag_follow.owner_id),
    )
)
_PUT_SPACE = _put(
    select(_OWNER, _post.id)
    .where(
        _post.space == bindparam("space"),
        _post.boost_of_id.is_(None),
        _post.deleted_at_ms.is_(None),
        ~deaf_to(_OWNER, _post.author_id, _THE_SPACE),
    )
    .order_by(_post.id.desc())
    .limit(literal(FILL_LIMIT))
)
_PUT_AUTHOR = _put(
    select(_OWNER, _post.id)
    .where(
        _post.author_id == _AUTHOR,
        ~deaf_to(_OWNER, _AUTHOR),
        _post.space == INTERNAL,
        _post.visibility != "direct",
        _post.in_reply_to_iri.is_(None),
        _post.deleted_at_ms.is_(None),
    )
    .order_by(_post.id.desc())
    .limit(literal(FILL_LIMIT))
)
_PUT_OWNER = Command(insert_or_ignore(TimelineEntry))
_OWNERS = Query(select(_entry.owner_id).where(_entry.post_id == bindparam("post_id")), _Owner)
_TAKE = Command(delete(TimelineEntry).where(_entry.post_id == bindparam("post_id")))
_TAKE_SPACE = Command(
    delete(TimelineEntry).where(
        _entry.owner_id == bindparam("owner_id"),
        _entry.post_id.in_(select(_post.id).where(_post.space == bindparam("space"))),
    )
)
_TAKE_UNHEARD = Command(
    delete(TimelineEntry).where(
        _entry.owner_id == _OWNER,
        exists().where(
            _post.id == _entry.post_id,
            or_(
                deaf_to(_OWNER, _post.author_id),
                exists().where(_boosted.c.id == _post.boost_of_id, deaf_to(_OWNER, _boosted.c.author_id)),
            ),
        ),
    )
)
_TAKE_AUTHOR = Command(
    delete(TimelineEntry).where(
        _entry.owner_id == bindparam("owner_id"),
        _entry.post_id.in_(
            select(_post.id).where(_post.author_id == bindparam("author_id"), _post.space == INTERNAL)
        ),
    )
)

_TAKE_TAG = Command(
    delete(TimelineEntry).where(
        _entry.owner_id == _OWNER,
        _entry.post_id.in_(
            select(_post.id)
            .join(table(PostTag), _in_post.post_id == _post.id)
            .where(
                _in_post.tag_id == bindparam("tag_id"),
                _in_post.space == INTERNAL,
                _post.author_id != _OWNER,
                ~exists().where(_follow.follower_id == _OWNER, _follow.followee_id == _post.author_id),
                ~exists().where(_mention.post_id == _post.id, _mention.actor_id == _OWNER),
                ~_is_followed_otherwise(),
            )
        ),
    )
)


class Going(NamedTuple):
    """A post on its way home. Of a boost: who wrote what is boosted, and which post it adds nothing to where that stands already."""

    post_id: int
    author_id: int
    language: str | None = None
    original_author_id: int | None = None
    unless_post_id: int = 0


def put_members(tx: Tx, going: Going, project_iri: str) -> list[int]:
    """Put a project's post into the homes of our people in it who want to hear of its author and of the project; who got it."""
    return _ids(tx.all(_PUT_MEMBERS, **_params(going), project_iri=project_iri, host=tx.home.host))


def put_followers(tx: Tx, going: Going, *, parent_author_id: int | None = None) -> list[int]:
    """Put an internal post into the homes of its author's followers; who got it. An answer: of those who follow both sides."""
    params = _params(going) | {"is_boost": int(going.original_author_id is not None)}
    language = f" {going.language} " if going.language else ""
    return _ids(tx.all(_PUT_FOLLOWERS, **params, language=language, parent_author_id=parent_author_id))


def _params(going: Going) -> dict[str, int]:
    original = going.author_id if going.original_author_id is None else going.original_author_id
    return {
        "post_id": going.post_id,
        "author_id": going.author_id,
        "original_author_id": original,
        "unless_post_id": going.unless_post_id,
    }


def put_tag_followers(tx: Tx, going: Going, tag_ids: Iterable[int]) -> list[int]:
    """Put a post into the homes of those who follow one of these hashtags; who got it."""
    params = {"post_id": going.post_id, "author_id": going.author_id}
    return _ids(tx.all(_PUT_TAG_FOLLOWERS, **params, tag_ids=array(tag_ids)))


def put_owners(tx: Tx, post_id: int, owner_ids: Iterable[int]) -> list[int]:
    """Put a post into these homes; who has it now."""
    owners = list(dict.fromkeys(owner_ids))
    tx.run_many(_PUT_OWNER, [{"owner_id": owner, "post_id": post_id} for owner in owners])
    return owners


def put_space(tx: Tx, owner_id: int, space: str) -> None:
    """Put a project's latest posts into a home (who joined it)."""
    tx.all(_PUT_SPACE, owner_id=owner_id, space=space)


def put_author(tx: Tx, owner_id: int, author_id: int) -> None:
    """Put a colleague's latest internal posts into a home (who follows them now)."""
    tx.all(_PUT_AUTHOR, owner_id=owner_id, author_id=author_id)


def owners_of(tx: Tx, post_id: int) -> list[int]:
    """In whose homes a post stands."""
    return _ids(tx.all(_OWNERS, post_id=post_id))


def take(tx: Tx, post_id: int) -> tuple[int, ...]:
    """Take a post out of every home; whose they were."""
    owners = tuple(owners_of(tx, post_id))
    tx.run(_TAKE, post_id=post_id)
    return owners


def take_space(tx: Tx, owner_id: int, space: str) -> None:
    """Take a project's posts out of a home (who left it)."""
    tx.run(_TAKE_SPACE, owner_id=owner_id, space=space)


def take_unheard(tx: Tx, owner_id: int) -> None:
    """Take out of a home what its owner does not want to read any more, boosts of it too."""
    tx.run(_TAKE_UNHEARD, owner_id=owner_id)


def take_author(tx: Tx, owner_id: int, author_id: int) -> None:
    """Take a colleague's internal posts out of a home (who follows them no longer)."""
    tx.run(_TAKE_AUTHOR, owner_id=owner_id, author_id=author_id)


def take_tag(tx: Tx, owner_id: int, tag_id: int) -> None:
    """Take out of a home what was there for a hashtag alone (who follows it no longer)."""
    tx.run(_TAKE_TAG, owner_id=owner_id, tag_id=tag_id)


def _ids(rows: list[_Owner]) -> list[int]:
    return [row.id for row in rows]
