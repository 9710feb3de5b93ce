"""Guest hosts and what they have of a project. The rule kept here: what a guest knows of us is a row, so that it can be taken back.

A guest host is an ordinary server outside the charters that IT lets follow one project of ours. It knows the project's actor and its notes,
and nothing else: persons, posts and activities of the project never get a name outside.
"""

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from instance.storage.tables import big

NOTE, BOOST = "note", "boost"  # what guests have in place of a post, of a boost


class Guest(SQLModel, table=True):
    """A host that may follow a project: up to which label, until when. Revoked ones stay, to take back what they had.

    `taken_back_to` is the id of the last note that a revoked one was told to delete.
    """

    __table_args__ = (Index("ix_guest_place", "project_iri", "host", unique=True),)
    id: int = big(primary_key=True)
    host: str = Field(index=True)
    project_iri: str
    label: int
    allowed_at_ms: int = big()
    ends_at_ms: int | None = big(default=None)
    revoked_at_ms: int | None = big(default=None)
    taken_back_to: int = big(default=0)


class GuestActor(SQLModel, table=True):
    """Somebody at a guest host who signed something: where letters go, and the name that answers are shown with.

    `also_known_as` is a JSON array of the IRIs that they say are theirs as well, `moved_to` where they say they went.
    """

    __tablename__ = "guest_actor"
    iri: str = Field(primary_key=True)
    host: str = Field(index=True)
    username: str
    display_name: str
    inbox: str
    shared_inbox: str
    seen_at_ms: int = big()
    also_known_as: str = Field(default="[]", sa_column_kwargs={"server_default": "[]"})
    moved_to: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})


class GuestFollower(SQLModel, table=True):
    """Somebody at a guest host who follows the project; `inbox` is where letters for them go, the host's shared one if it has one."""

    __tablename__ = "guest_follower"
    __table_args__ = (Index("ix_guest_follower_inbox", "project_iri", "host", "inbox", "ended_at_ms"),)
    project_iri: str = Field(primary_key=True)
    actor_iri: str = Field(primary_key=True)
    host: str
    inbox: str
    follow_iri: str
    since_ms: int = big()
    ended_at_ms: int | None = big(default=None)


class GuestBlocked(SQLModel, table=True):
    """Somebody at a guest host whom IT keeps out, while the host itself is let in."""

    __tablename__ = "guest_blocked"
    iri: str = Field(primary_key=True)
    at_ms: int = big()


class GuestNote(SQLModel, table=True):
    """What guests have in place of a post or a boost of the project: a note or an announcement of the project's own actor.

    `about_iri` is the post; `source_iri` that, or the boost. `version` counts the wordings, of which `digest` tells the last.
    """

    __tablename__ = "guest_note"
    __table_args__ = (
        CheckConstraint("kind IN ('note', 'boost')"),
        Index("ix_guest_note_project", "project_iri", "id"),
        Index("ix_guest_note_about", "about_iri"),
    )
    id: int = big(primary_key=True)
    iri: str = Field(unique=True)
    project_iri: str
    source_iri: str = Field(unique=True)
    kind: str
    created_at_ms: int = big()
    deleted_at_ms: int | None = big(default=None)
    about_iri: str = Field(default="", sa_column_kwargs={"server_default": ""})
    version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    digest: str = Field(default="", sa_column_kwargs={"server_default": ""})
    reworded_at_ms: int | None = big(default=None)


class GuestOwed(SQLModel, table=True):
    """A note of which a guest host has yet to be told something: its way was shut, or what was sent did not arrive."""

    __tablename__ = "guest_owed"
    host: str = Field(primary_key=True)
    note_id: int = big(primary_key=True)


class GuestReply(SQLModel, table=True):
    """An answer of a guest, and the post of the project's actor that it became."""

    __tablename__ = "guest_reply"
    __table_args__ = (Index("ix_guest_reply_lately", "host", "created_at_ms"),)
    note_iri: str = Field(primary_key=True)
    post_iri: str = Field(unique=True)
    project_iri: str
    actor_iri: str
    host: str
    created_at_ms: int = big()
