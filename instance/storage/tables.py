"""The tables of a node, by noun (how people get in: access_tables.py). The rule kept here: tables are data only; constraints live in the schema.

Times are integers of milliseconds (`…_at_ms`), booleans are 0/1 integers, documents are JSON text. `host` is a node's host as
`Home.host` writes it. A `space` is "internal", "public" or the IRI of a project. No relationships: joins are written where they are used.
"""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, text
from sqlmodel import Field, SQLModel

Big = BigInteger().with_variant(Integer(), "sqlite")


def big(**options: Any) -> Any:
    """A 64-bit integer column (on SQLite the rowid itself where it is the primary key)."""
    return Field(sa_type=Big, **options)


class Meta(SQLModel, table=True):
    """Facts about the node itself."""

    key: str = Field(primary_key=True)
    value: str


class Thing(SQLModel, table=True):
    """Where a thing belongs: the only home of that fact. `name` is its IRI in the canonical form the gate looks up."""

    iri: str = Field(primary_key=True)
    name: str = Field(index=True)
    kind: str
    space: str
    label: int = 1


class Actor(SQLModel, table=True):
    """A person, project or node, ours or a partner's.

    `document` is a partner's own document, JSON; `about` what one of our people says of themselves (`domain.about`), JSON or empty.
    """

    __table_args__ = (
        CheckConstraint("kind IN ('person', 'project', 'node')"),
        CheckConstraint("state IN ('active', 'disabled', 'gone')"),
        Index("ix_actor_username", "username", "host", unique=True),
    )
    id: int = big(primary_key=True)
    iri: str = Field(unique=True)
    kind: str
    username: str
    host: str
    display_name: str
    summary: str = ""
    inbox: str
    state: str = "active"
    title: str = ""
    posts_count: int = 0
    last_post_at_ms: int | None = big(default=None)
    created_at_ms: int = big()
    updated_at_ms: int = big()
    document: str | None = None
    about: str = Field(default="", sa_column_kwargs={"server_default": ""})


class ActorKey(SQLModel, table=True):
    """Public keys by actor; private ones of our own actors only, and of these the ones in use. From `ends_at_ms` on none counts."""

    __tablename__ = "actor_key"
    key_iri: str = Field(primary_key=True)
    actor_iri: str = Field(index=True)
    kind: str
    public_pem: str
    private_pem: str | None = None
    created_at_ms: int = big()
    ends_at_ms: int | None = big(default=None)
    asked_at_ms: int | None = big(default=None)


class Peer(SQLModel, table=True):
    """What we know of another node: its actor, software, the signature form it takes, when it was last heard."""

    host: str = Field(primary_key=True)
    node_iri: str
    name: str = ""
    inbox: str = ""
    software: str = ""
    form: str = ""
    log_url: str = ""
    heard_at_ms: int | None = big(default=None)
    reached_at_ms: int | None = big(default=None)
    form_at_ms: int = big(default=0, sa_column_kwargs={"server_default": "0"})


class Project(SQLModel, table=True):
    """A project we know of; its actor row has the same id."""

    id: int = big(primary_key=True, foreign_key="actor.id")
    iri: str = Field(unique=True)
    host: str
    created_at_ms: int = big()


class Charter(SQLModel, table=True):
    """One version of a charter as this node sees it. At most one version of a project is in force."""

    __table_args__ = (
        CheckConstraint(
            "state IN ('offered', 'approved', 'live', 'suspended', 'declined', 'superseded', 'ended')"
        ),
        Index("ix_charter_version", "project_iri", "version", unique=True),
    )
    id: int = big(primary_key=True)
    iri: str = Field(unique=True)
    project_iri: str = Field(index=True)
    version: int
    state: str
    purpose: str = ""
    ceiling: int = 1
    retention: str = ""
    starts_at_ms: int = big()
    ends_at_ms: int | None = big(default=None)
    offered_by: str
    document: str
    reason: str = ""
    created_at_ms: int = big()
    updated_at_ms: int = big()


class CharterParty(SQLModel, table=True):
    """A company in a charter version: its proof once it signed, and when it left."""

    __tablename__ = "charter_party"
    charter_id: int = big(primary_key=True, foreign_key="charter.id")
    host: str = Field(primary_key=True, index=True)
    node_iri: str
    inbox: str
    company: str
    role: str
    proof: str | None = None
    signed_at_ms: int | None = big(default=None)
    left_at_ms: int | None = big(default=None)
    suspended_at_ms: int | None = big(default=None)


class CharterEvent(SQLModel, table=True):
    """What happened to a charter, refusals included, in order."""

    __tablename__ = "charter_event"
    id: int = big(primary_key=True)
    charter_iri: str = Field(index=True)
    at_ms: int = big()
    host: str
    what: str
    detail: str = ""


class Member(SQLModel, table=True):
    """A person in a project, as that person's own company says it."""

    __table_args__ = (
        CheckConstraint("state IN ('requested', 'active', 'left')"),
        CheckConstraint("role IN ('lead', 'member', 'follower')"),
        Index("ix_member_actor", "actor_id", "state"),
    )
    project_iri: str = Field(primary_key=True)
    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    host: str
    role: str
    state: str
    since_ms: int = big()
    until_ms: int | None = big(default=None)


class LogEntry(SQLModel, table=True):
    """One entry of one party's sequence in a project's log. `document` is the proven activity, or its redacted envelope."""

    __tablename__ = "log_entry"
    __table_args__ = (CheckConstraint("state IN ('held', 'applied', 'ignored', 'redacted')"),)
    project_iri: str = Field(primary_key=True)
    party: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    hash: str
    prev: str | None = None
    activity_iri: str = Field(index=True)
    object_iri: str = Field(default="", index=True)
    state: str
    rule: str = ""
    document: str
    received_at_ms: int = big()


class LogHead(SQLModel, table=True):
    """The end of a party's unbroken sequence as this node holds it."""

    __tablename__ = "log_head"
    project_iri: str = Field(primary_key=True)
    party: str = Field(primary_key=True)
    seq: int = big()
    hash: str


class LogFork(SQLModel, table=True):
    """Evidence: a second entry with a sequence number already taken."""

    __tablename__ = "log_fork"
    id: int = big(primary_key=True)
    project_iri: str = Field(index=True)
    party: str
    seq: int = big()
    hash: str
    document: str
    noticed_at_ms: int = big()


class LogReceipt(SQLModel, table=True):
    """What another node says it holds: up to which entry of which party."""

    __tablename__ = "log_receipt"
    project_iri: str = Field(primary_key=True)
    holder: str = Field(primary_key=True)
    party: str = Field(primary_key=True)
    seq: int = big()
    hash: str
    at_ms: int = big()


class Received(SQLModel, table=True):
    """Every activity that came in, with the rule that decided; from `status` 300 on it was not taken in and may come again."""

    iri: str = Field(primary_key=True)
    host: str
    type: str
    status: int
    rule: str
    at_ms: int = big(index=True)


class Post(SQLModel, table=True):
    """A Note or a boost of one. `visibility` matters inside the company only; `space` says where it belongs."""

    __table_args__ = (
        CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')"),
        Index("ix_post_space", "space", "id"),
        Index("ix_post_author", "author_id", "id"),
        Index("ix_post_parent", "in_reply_to_id"),
        # Partial: most posts answer nothing, and statistics over so many NULLs would make the planner read them all.
        Index(
            "ix_post_parent_iri",
            "in_reply_to_iri",
            sqlite_where=text("in_reply_to_iri IS NOT NULL"),
            postgresql_where=text("in_reply_to_iri IS NOT NULL"),
        ),
        Index("ix_post_thread", "thread_id", "id"),
        Index("ix_post_boost", "boost_of_id", "author_id"),
    )
    id: int = big(primary_key=True)
    iri: str = Field(unique=True)
    author_id: int = big(foreign_key="actor.id")
    space: str
    label: int = 1
    visibility: str = "public"
    in_reply_to_id: int | None = big(default=None)
    in_reply_to_iri: str | None = Field(default=None)
    thread_id: int = big()
    boost_of_id: int | None = big(default=None)
    content: str = ""
    source: str = ""
    spoiler: str = ""
    sensitive: int = 0
    language: str | None = None
    work_kind: str | None = None
    application: str | None = None
    replies_count: int = 0
    boosts_count: int = 0
    favourites_count: int = 0
    created_at_ms: int = big()
    edited_at_ms: int | None = big(default=None)
    deleted_at_ms: int | None = big(default=None)
    quotes_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    quote_policy: str = Field(default="nobody", sa_column_kwargs={"server_default": "nobody"})


class PostEdit(SQLModel, table=True):
    """An earlier wording of a post."""

    __tablename__ = "post_edit"
    post_id: int = big(primary_key=True, foreign_key="post.id")
    at_ms: int = big(primary_key=True)
    content: str
    source: str
    spoiler: str
    sensitive: int


class Mention(SQLModel, table=True):
    """A person or project named in a post."""

    post_id: int = big(primary_key=True, foreign_key="post.id")
    actor_id: int = big(primary_key=True, foreign_key="actor.id", index=True)


class Media(SQLModel, table=True):
    """A picture: ours or a partner's. `path` is its file below the media directory once we hold it.

    `thumbnail` is the file of another picture whose preview is shown in place of its own. `purpose`: what it is for, as "post" or "avatar"; one that is not for a post is opened by its `link_key` as long as it is in use.
    """

    id: int = big(primary_key=True)
    iri: str = Field(unique=True)
    owner_id: int = big(foreign_key="actor.id")
    post_id: int | None = big(default=None, index=True)
    position: int = 0
    media_type: str
    sha256: str
    size_bytes: int = big()
    width: int = 0
    height: int = 0
    blurhash: str | None = None
    description: str = ""
    focus: str = ""
    path: str | None = Field(default=None, index=True)
    state: str = Field(default="ready", index=True)
    created_at_ms: int = big()
    purpose: str = Field(default="post", sa_column_kwargs={"server_default": "post"})
    link_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    thumbnail: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    thumbnail_size: str = Field(default="", sa_column_kwargs={"server_default": ""})
    duration_ms: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Favourite(SQLModel, table=True):
    """A person's favourite."""

    actor_id: int = big(primary_key=True, foreign_key="actor.id")
    post_id: int = big(primary_key=True, foreign_key="post.id", index=True)
    iri: str = Field(unique=True)
    created_at_ms: int = big()


class Bookmark(SQLModel, table=True):
    """A person's private bookmark."""

    id: int = big(primary_key=True)
    actor_id: int = big(foreign_key="actor.id")
    post_id: int = big(foreign_key="post.id", index=True)
    __table_args__ = (Index("ix_bookmark", "actor_id", "post_id", unique=True),)


class Follow(SQLModel, table=True):
    """Who has whose posts in the home timeline: with their boosts, told of each post, in which languages (" en fr ", "" for all)."""

    follower_id: int = big(primary_key=True, foreign_key="actor.id")
    followee_id: int = big(primary_key=True, foreign_key="actor.id", index=True)
    created_at_ms: int = big()
    boosts: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    notify: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    languages: str = Field(default="", sa_column_kwargs={"server_default": ""})


class TimelineEntry(SQLModel, table=True):
    """A post in an employee's home timeline."""

    __tablename__ = "timeline_entry"
    __table_args__ = (Index("ix_timeline_post", "post_id"), {"sqlite_with_rowid": False})
    owner_id: int = big(primary_key=True)
    post_id: int = big(primary_key=True)


class Notification(SQLModel, table=True):
    """Something an employee should hear of. `kind` in Mastodon's words; the `group_key` is shared by what says nearly the same.

    What the owner's policy has held back `is_filtered`.
    """

    __table_args__ = (Index("ix_notification_owner", "owner_id", "id"),)
    id: int = big(primary_key=True)
    owner_id: int = big(foreign_key="actor.id")
    kind: str
    actor_id: int = big(foreign_key="actor.id")
    post_id: int | None = big(default=None, index=True)
    created_at_ms: int = big()
    group_key: str = Field(default="", sa_column_kwargs={"server_default": ""})
    is_filtered: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class Marker(SQLModel, table=True):
    """How far an employee has read a timeline."""

    owner_id: int = big(primary_key=True)
    timeline: str = Field(primary_key=True)
    last_read_id: str
    version: int
    updated_at_ms: int = big()


class Idempotency(SQLModel, table=True):
    """The post that an Idempotency-Key made."""

    owner_id: int = big(primary_key=True)
    key: str = Field(primary_key=True)
    post_id: int = big()
    created_at_ms: int = big()


class LedgerLine(SQLModel, table=True):
    """One released or withheld letter. Append-only; each line's hash covers the line before."""

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("verdict IN ('released', 'withheld')"),
        CheckConstraint("letter IN ('outbound', 'disclosure', 'inquiry')"),
        Index("ix_ledger_host", "host", "seq"),
        Index("ix_ledger_space", "space", "seq"),
    )
    seq: int = big(primary_key=True)
    at_ms: int = big()
    verdict: str
    letter: str
    rule: str
    host: str
    space: str
    what: str
    names: str
    label: int
    size_bytes: int = big()
    digest: str
    hash: str


class Outgoing(SQLModel, table=True):
    """The exact bytes of an activity on its way, kept once for all its letters."""

    id: int = big(primary_key=True)
    activity_iri: str = Field(index=True)
    body: bytes


class Delivery(SQLModel, table=True):
    """One letter for one host, sealed. Its order within the host is its id."""

    __table_args__ = (
        CheckConstraint("state IN ('queued', 'done', 'refused', 'closed', 'expired')"),
        Index("ix_delivery_lane", "host", "state", "id"),
        Index("ix_delivery_outgoing", "outgoing_id"),
    )
    id: int = big(primary_key=True)
    host: str
    inbox: str
    outgoing_id: int = big(foreign_key="outgoing.id")
    signer: str
    rule: str
    space: str
    seal: bytes
    state: str = "queued"
    attempts: int = 0
    created_at_ms: int = big()
    settled_at_ms: int | None = big(default=None)
    last_error: str = ""


class Lane(SQLModel, table=True):
    """The line of letters to one host: when it is next tried and how it fares. A dead host is one row with a date."""

    host: str = Field(primary_key=True)
    due_at_ms: int = big(index=True)
    failures: int = 0
    leased_until_ms: int = big(default=0)
    last_status: int | None = None
    last_error: str = ""
    reached_at_ms: int | None = big(default=None)
