"""Lists of one's own. The rule kept here: a list holds whom its owner follows, tells nobody, and never widens what its owner may read."""

from collections.abc import Iterable
from typing import NamedTuple

from instance import ids
from instance.errors import BadInput, NotFound
from instance.events import TimelineChanged
from instance.storage import follows, own_lists
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.own_lists import ListRow

LISTS_LIMIT = 50
TITLE_LIMIT_CHARS = 255
POLICIES = ("followed", "list", "none")


class ListDraft(NamedTuple):
    """What a list should be; what is None stays as it is, or as is usual."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


def make(tx: Tx, owner: ActorRow, draft: ListDraft) -> ListRow:
    """A new list. Raises BadInput."""
    if len(own_lists.of_owner(tx, owner.id)) >= LISTS_LIMIT:
        raise BadInput("base", "You have reached the maximum number of lists")
    row = _meant(ListRow(ids.snowflake(tx.now_ms), owner.id, "", "list", 0), draft)
    own_lists.add(tx, row)
    return row


def change(tx: Tx, owner: ActorRow, list_id: int, draft: ListDraft) -> ListRow:
    """Rename a list, or change what it shows. Raises BadInput, NotFound."""
    before = _own(tx, owner, list_id)
    row = _meant(before, draft)
    own_lists.change(tx, row)
    if row.exclusive != before.exclusive:
        tx.emit(TimelineChanged(owner.id))
    return row


def remove(tx: Tx, owner: ActorRow, list_id: int) -> None:
    """Remove a list. Raises NotFound."""
    row = _own(tx, owner, list_id)
    own_lists.remove(tx, row.id)
    _tell(tx, row)


def put(tx: Tx, owner: ActorRow, list_id: int, actor_ids: Iterable[int]) -> None:
    """Add people whom the owner follows, or the owner, all or none. Raises BadInput, NotFound."""
    row, wanted = _own(tx, owner, list_id), list(dict.fromkeys(actor_ids))
    followed = follows.marks_of(tx, owner.id, wanted).following
    if any(actor_id not in followed and actor_id != owner.id for actor_id in wanted):
        raise NotFound("person whom you follow")
    if not set(wanted).isdisjoint(own_lists.actors_in(tx, row.id)):
        raise BadInput("account_ids", "Account has already been taken")
    own_lists.put(tx, row.id, wanted)
    _tell(tx, row)


def take(tx: Tx, owner: ActorRow, list_id: int, actor_ids: Iterable[int]) -> None:
    """Remove people from a list; who is not in it stays out. Raises NotFound."""
    row = _own(tx, owner, list_id)
    own_lists.take(tx, row.id, actor_ids)
    _tell(tx, row)


def _tell(tx: Tx, row: ListRow) -> None:
    """Whom an exclusive list holds decides what stands at home."""
    if row.exclusive:
        tx.emit(TimelineChanged(row.owner_id))


def _own(tx: Tx, owner: ActorRow, list_id: int) -> ListRow:
    row = own_lists.one(tx, owner.id, list_id)
    if row is None:
        raise NotFound("list of yours")
    return row


def _meant(row: ListRow, draft: ListDraft) -> ListRow:
    title = row.title if draft.title is None else draft.title.strip()
    policy = row.replies_policy if draft.replies_policy is None else draft.replies_policy
    if not title:
        raise BadInput("title", "Title can't be blank")
    if len(title) > TITLE_LIMIT_CHARS:
        raise BadInput("title", "Title is too long (maximum is 255 characters)")
    if policy not in POLICIES:
        raise BadInput("replies_policy", "Replies policy is one of followed, list, none")
    exclusive = row.exclusive if draft.exclusive is None else int(draft.exclusive)
    return row._replace(title=title, replies_policy=policy, exclusive=exclusive)
