"""Hashtags that people follow and show on their profiles. The rule kept here: both stay in the house, and nobody reads a post by them that they could not read before."""

from instance.domain import text
from instance.domain.outcome import Outcome
from instance.errors import BadInput, NotFound
from instance.events import TimelineChanged
from instance.fold import folded
from instance.storage import fanout, tags
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.tags import TagRow

FEATURED_LIMIT = 10

NOT_A_TAG = "A hashtag is made of letters and digits, one letter at least, without spaces."
TOO_MANY = "A profile shows 10 hashtags at most. Take one off first."
TWICE = "That hashtag is on your profile already."


def meant(tx: Tx, name: str) -> TagRow:
    """The hashtag of that name, as it is written here; made when there is none yet. Raises BadInput."""
    written = checked(name)
    ((key, tag_id),) = tags.ensure(tx, [folded(written)]).items()
    return TagRow(tag_id, key, written)


def checked(name: str) -> str:
    """A name that somebody wrote, without its #. Raises BadInput."""
    tag = text.as_tag(name)
    if tag is None:
        raise BadInput("name", NOT_A_TAG)
    return tag


def follow(tx: Tx, person: ActorRow, name: str) -> Outcome[TagRow]:
    """Have the posts with a hashtag at home from now on. Raises BadInput."""
    row = meant(tx, name)
    tags.follow(tx, person.id, row)
    return Outcome(row)


def unfollow(tx: Tx, person: ActorRow, name: str) -> Outcome[TagRow]:
    """No longer; what was at home for the hashtag alone goes. Raises BadInput."""
    row = meant(tx, name)
    if tags.unfollow(tx, person.id, row.id):
        fanout.take_tag(tx, person.id, row.id)
        tx.emit(TimelineChanged(person.id))
    return Outcome(row)


def feature(tx: Tx, person: ActorRow, name: str) -> Outcome[TagRow]:
    """Show a hashtag on one's profile, once. Raises BadInput."""
    row = meant(tx, name)
    if row.id not in tags.marks_of(tx, person.id, [row.id]).featuring:
        add_featured(tx, person, name)
    return Outcome(row)


def add_featured(tx: Tx, person: ActorRow, name: str) -> Outcome[TagRow]:
    """The same, but that it is not there yet is asked for. Raises BadInput."""
    row = meant(tx, name)
    if len(tags.featured(tx, person.id, person.id)) >= FEATURED_LIMIT:
        raise BadInput("name", TOO_MANY)
    if not tags.feature(tx, person.id, row):
        raise BadInput("name", TWICE)
    return Outcome(row)


def unfeature(tx: Tx, person: ActorRow, name: str) -> Outcome[TagRow]:
    """Take a hashtag off one's profile. Raises BadInput."""
    row = meant(tx, name)
    tags.unfeature(tx, person.id, row.id)
    return Outcome(row)


def remove_featured(tx: Tx, person: ActorRow, featured_id: int) -> Outcome[None]:
    """The same by the id that it has on the profile. Raises NotFound."""
    if not tags.unfeature_id(tx, person.id, featured_id):
        raise NotFound("hashtag on your profile")
    return Outcome(None)
