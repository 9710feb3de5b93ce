"""What the node tells itself after a commit: caches drop what changed, streams push it, the delivery line wakes.

The rule kept here: an event carries ids, never content.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostAppeared:
    """A post (or boost) entered the home timelines of `owners` (ids of our own people) and its space's timeline.

    `away` would have it at home, but read its author in a list.
    """

    post_id: int
    author_id: int
    space: str
    visibility: str
    owners: tuple[int, ...]
    away: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PostChanged:
    """A post's text (`edited`) or only its counts and marks changed. `viewer` limits it to one person's own marks."""

    post_id: int
    edited: bool = False
    viewer: int | None = None


@dataclass(frozen=True, slots=True)
class PostGone:
    """A post was deleted (or a boost undone)."""

    post_id: int
    space: str
    owners: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Notified:
    """`owner` has a new notification."""

    notification_id: int
    owner_id: int


@dataclass(frozen=True, slots=True)
class NotificationsMerged:
    """Notifications that were held back stand in the list of `owner` now."""

    owner_id: int


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """A direct post came into a conversation of `owner`, which is known by its thread."""

    owner_id: int
    thread_id: int


@dataclass(frozen=True, slots=True)
class ActorChanged:
    """A profile, its keys or its state changed."""

    actor_id: int


@dataclass(frozen=True, slots=True)
class TimelineChanged:
    """The home timeline of `owner` changed otherwise than by one new post (a follow, a membership)."""

    owner_id: int


@dataclass(frozen=True, slots=True)
class FiltersChanged:
    """What `owner` filters changed: what they read looks otherwise to them."""

    owner_id: int


@dataclass(frozen=True, slots=True)
class CharterChanged:
    """A charter of the project changed: who may be told what is no longer as it was."""

    project_iri: str


@dataclass(frozen=True, slots=True)
class MembershipChanged:
    """Who is in the project changed."""

    project_iri: str
    actor_id: int


@dataclass(frozen=True, slots=True)
class TokenChanged:
    """A token or session was made or revoked."""

    actor_id: int | None


@dataclass(frozen=True, slots=True)
class LettersQueued:
    """There are letters waiting for `hosts`."""

    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GapNoticed:
    """A project's log has a hole: entries `first`..`last` of `party` are missing."""

    project_iri: str
    party: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ParentMissed:
    """A post answers one that is not here."""

    post_id: int


@dataclass(frozen=True, slots=True)
class MediaWanted:
    """A partner's picture should be fetched."""

    media_id: int


@dataclass(frozen=True, slots=True)
class EmojisChanged:
    """An emoji was made or taken away, or the picture of a partner's has come."""


@dataclass(frozen=True, slots=True)
class AnnouncementsChanged:
    """Something was announced, or is announced no longer."""


@dataclass(frozen=True, slots=True)
class AnnouncementReacted:
    """Somebody put this emoji under an announcement, or took it back."""

    announcement_id: int
    name: str


@dataclass(frozen=True, slots=True)
class InboxGone:
    """A host said of an inbox that it is gone for good."""

    host: str
    inbox: str


@dataclass(frozen=True, slots=True)
class ChangedElsewhere:
    """Another process (the command line) has written: whatever was read may be stale."""


Event = (
    PostAppeared
    | PostChanged
    | PostGone
    | Notified
    | NotificationsMerged
    | ConversationChanged
    | ActorChanged
    | TimelineChanged
    | FiltersChanged
    | CharterChanged
    | MembershipChanged
    | TokenChanged
    | LettersQueued
    | InboxGone
    | GapNoticed
    | ParentMissed
    | MediaWanted
    | EmojisChanged
    | AnnouncementsChanged
    | AnnouncementReacted
    | ChangedElsewhere
)
