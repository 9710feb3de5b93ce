"""The tables of the first version, and the triggers that keep the ledger append-only.

A snapshot: it stays as it was when storage/tables.py moves on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIRST = sa.MetaData()

sa.Table(
    "actor",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("username", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("display_name", sa.String, nullable=False),
    sa.Column("summary", sa.String, nullable=False),
    sa.Column("inbox", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("posts_count", sa.Integer, nullable=False),
    sa.Column("last_post_at_ms", BIG),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("updated_at_ms", BIG, nullable=False),
    sa.Column("document", sa.String),
    sa.CheckConstraint("kind IN ('person', 'project', 'node')"),
    sa.CheckConstraint("state IN ('active', 'disabled', 'gone')"),
    sa.Index("ix_actor_username", "username", "host", unique=True),
)
sa.Table(
    "actor_key",
    FIRST,
    sa.Column("key_iri", sa.String, primary_key=True),
    sa.Column("actor_iri", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("public_pem", sa.String, nullable=False),
    sa.Column("private_pem", sa.String),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Index("ix_actor_key_actor_iri", "actor_iri"),
)
sa.Table(
    "charter",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("project_iri", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("ceiling", sa.Integer, nullable=False),
    sa.Column("retention", sa.String, nullable=False),
    sa.Column("starts_at_ms", BIG, nullable=False),
    sa.Column("ends_at_ms", BIG),
    sa.Column("offered_by", sa.String, nullable=False),
    sa.Column("document", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("updated_at_ms", BIG, nullable=False),
    sa.CheckConstraint(
        "state IN ('offered', 'approved', 'live', 'suspended', 'declined', 'superseded', 'ended')"
    ),
    sa.Index("ix_charter_project_iri", "project_iri"),
    sa.Index("ix_charter_version", "project_iri", "version", unique=True),
)
sa.Table(
    "charter_event",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("charter_iri", sa.String, nullable=False),
    sa.Column("at_ms", BIG, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Index("ix_charter_event_charter_iri", "charter_iri"),
)
sa.Table(
    "idempotency",
    FIRST,
    sa.Column("owner_id", BIG, primary_key=True),
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("post_id", BIG, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
)
sa.Table(
    "lane",
    FIRST,
    sa.Column("host", sa.String, primary_key=True),
    sa.Column("due_at_ms", BIG, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("leased_until_ms", BIG, nullable=False),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String, nullable=False),
    sa.Column("reached_at_ms", BIG),
    sa.Index("ix_lane_due_at_ms", "due_at_ms"),
)
sa.Table(
    "ledger",
    FIRST,
    sa.Column("seq", BIG, primary_key=True),
    sa.Column("at_ms", BIG, nullable=False),
    sa.Column("verdict", sa.String, nullable=False),
    sa.Column("letter", sa.String, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("space", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("names", sa.String, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("size_bytes", BIG, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.CheckConstraint("verdict IN ('released', 'withheld')"),
    sa.CheckConstraint("letter IN ('outbound', 'disclosure', 'inquiry')"),
    sa.Index("ix_ledger_host", "host", "seq"),
    sa.Index("ix_ledger_space", "space", "seq"),
)
sa.Table(
    "log_entry",
    FIRST,
    sa.Column("project_iri", sa.String, primary_key=True),
    sa.Column("party", sa.String, primary_key=True),
    sa.Column("seq", BIG, primary_key=True),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("prev", sa.String),
    sa.Column("activity_iri", sa.String, nullable=False),
    sa.Column("object_iri", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("document", sa.String, nullable=False),
    sa.Column("received_at_ms", BIG, nullable=False),
    sa.CheckConstraint("state IN ('held', 'applied', 'ignored', 'redacted')"),
    sa.Index("ix_log_entry_activity_iri", "activity_iri"),
    sa.Index("ix_log_entry_object_iri", "object_iri"),
)
sa.Table(
    "log_fork",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("project_iri", sa.String, nullable=False),
    sa.Column("party", sa.String, nullable=False),
    sa.Column("seq", BIG, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("document", sa.String, nullable=False),
    sa.Column("noticed_at_ms", BIG, nullable=False),
    sa.Index("ix_log_fork_project_iri", "project_iri"),
)
sa.Table(
    "log_head",
    FIRST,
    sa.Column("project_iri", sa.String, primary_key=True),
    sa.Column("party", sa.String, primary_key=True),
    sa.Column("seq", BIG, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
sa.Table(
    "log_receipt",
    FIRST,
    sa.Column("project_iri", sa.String, primary_key=True),
    sa.Column("holder", sa.String, primary_key=True),
    sa.Column("party", sa.String, primary_key=True),
    sa.Column("seq", BIG, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.Column("at_ms", BIG, nullable=False),
)
sa.Table(
    "marker",
    FIRST,
    sa.Column("owner_id", BIG, primary_key=True),
    sa.Column("timeline", sa.String, primary_key=True),
    sa.Column("last_read_id", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("updated_at_ms", BIG, nullable=False),
)
sa.Table(
    "meta",
    FIRST,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
sa.Table(
    "oauth_app",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("client_id", sa.String, nullable=False, unique=True),
    sa.Column("client_secret", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("website", sa.String, nullable=False),
    sa.Column("redirect_uris", sa.String, nullable=False),
    sa.Column("scopes", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
)
sa.Table(
    "outgoing",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("activity_iri", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("ix_outgoing_activity_iri", "activity_iri"),
)
sa.Table(
    "peer",
    FIRST,
    sa.Column("host", sa.String, primary_key=True),
    sa.Column("node_iri", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("inbox", sa.String, nullable=False),
    sa.Column("software", sa.String, nullable=False),
    sa.Column("form", sa.String, nullable=False),
    sa.Column("log_url", sa.String, nullable=False),
    sa.Column("heard_at_ms", BIG),
    sa.Column("reached_at_ms", BIG),
)
sa.Table(
    "received",
    FIRST,
    sa.Column("iri", sa.String, primary_key=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("at_ms", BIG, nullable=False),
    sa.Index("ix_received_at_ms", "at_ms"),
)
sa.Table(
    "thing",
    FIRST,
    sa.Column("iri", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("space", sa.String, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Index("ix_thing_name", "name"),
)
sa.Table(
    "timeline_entry",
    FIRST,
    sa.Column("owner_id", BIG, primary_key=True),
    sa.Column("post_id", BIG, primary_key=True),
    sa.Index("ix_timeline_post", "post_id"),
    sqlite_with_rowid=False,
)
sa.Table(
    "charter_party",
    FIRST,
    sa.Column("charter_id", BIG, sa.ForeignKey("charter.id"), primary_key=True),
    sa.Column("host", sa.String, primary_key=True),
    sa.Column("node_iri", sa.String, nullable=False),
    sa.Column("inbox", sa.String, nullable=False),
    sa.Column("company", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("proof", sa.String),
    sa.Column("signed_at_ms", BIG),
    sa.Column("left_at_ms", BIG),
    sa.Column("suspended_at_ms", BIG),
    sa.Index("ix_charter_party_host", "host"),
)
sa.Table(
    "delivery",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("inbox", sa.String, nullable=False),
    sa.Column("outgoing_id", BIG, sa.ForeignKey("outgoing.id"), nullable=False),
    sa.Column("signer", sa.String, nullable=False),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("space", sa.String, nullable=False),
    sa.Column("seal", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("settled_at_ms", BIG),
    sa.Column("last_error", sa.String, nullable=False),
    sa.CheckConstraint("state IN ('queued', 'done', 'refused', 'closed', 'expired')"),
    sa.Index("ix_delivery_lane", "host", "state", "id"),
    sa.Index("ix_delivery_outgoing", "outgoing_id"),
)
sa.Table(
    "follow",
    FIRST,
    sa.Column("follower_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("followee_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Index("ix_follow_followee_id", "followee_id"),
)
sa.Table(
    "login",
    FIRST,
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("email", sa.String, nullable=False),
    sa.Column("password_hash", sa.String, nullable=False),
    sa.Column("is_admin", sa.Integer, nullable=False),
    sa.Column("locale", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("last_sign_in_at_ms", BIG),
    sa.Index("ix_login_email", "email"),
)
sa.Table(
    "media",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("post_id", BIG),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("media_type", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("size_bytes", BIG, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("blurhash", sa.String),
    sa.Column("description", sa.String, nullable=False),
    sa.Column("focus", sa.String, nullable=False),
    sa.Column("path", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Index("ix_media_path", "path"),
    sa.Index("ix_media_post_id", "post_id"),
    sa.Index("ix_media_state", "state"),
)
sa.Table(
    "member",
    FIRST,
    sa.Column("project_iri", sa.String, primary_key=True),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("since_ms", BIG, nullable=False),
    sa.Column("until_ms", BIG),
    sa.CheckConstraint("state IN ('requested', 'active', 'left')"),
    sa.CheckConstraint("role IN ('lead', 'member', 'follower')"),
    sa.Index("ix_member_actor", "actor_id", "state"),
)
sa.Table(
    "notification",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("owner_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("post_id", BIG),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Index("ix_notification_owner", "owner_id", "id"),
    sa.Index("ix_notification_post_id", "post_id"),
)
sa.Table(
    "oauth_code",
    FIRST,
    sa.Column("code_hash", sa.String, primary_key=True),
    sa.Column("app_id", BIG, sa.ForeignKey("oauth_app.id"), nullable=False),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("scopes", sa.String, nullable=False),
    sa.Column("redirect_uri", sa.String, nullable=False),
    sa.Column("challenge", sa.String, nullable=False),
    sa.Column("expires_at_ms", BIG, nullable=False),
    sa.Column("used_at_ms", BIG),
)
sa.Table(
    "oauth_token",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("app_id", BIG, sa.ForeignKey("oauth_app.id")),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id")),
    sa.Column("scopes", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("revoked_at_ms", BIG),
    sa.Index("ix_oauth_token_actor_id", "actor_id"),
)
sa.Table(
    "post",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("author_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("space", sa.String, nullable=False),
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("visibility", sa.String, nullable=False),
    sa.Column("in_reply_to_id", BIG),
    sa.Column("in_reply_to_iri", sa.String),
    sa.Column("thread_id", BIG, nullable=False),
    sa.Column("boost_of_id", BIG),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("spoiler", sa.String, nullable=False),
    sa.Column("sensitive", sa.Integer, nullable=False),
    sa.Column("language", sa.String),
    sa.Column("work_kind", sa.String),
    sa.Column("application", sa.String),
    sa.Column("replies_count", sa.Integer, nullable=False),
    sa.Column("boosts_count", sa.Integer, nullable=False),
    sa.Column("favourites_count", sa.Integer, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("edited_at_ms", BIG),
    sa.Column("deleted_at_ms", BIG),
    sa.CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')"),
    sa.Index("ix_post_author", "author_id", "id"),
    sa.Index("ix_post_boost", "boost_of_id", "author_id"),
    sa.Index("ix_post_parent", "in_reply_to_id"),
    sa.Index(
        "ix_post_parent_iri",
        "in_reply_to_iri",
        sqlite_where=sa.text("in_reply_to_iri IS NOT NULL"),
        postgresql_where=sa.text("in_reply_to_iri IS NOT NULL"),
    ),
    sa.Index("ix_post_space", "space", "id"),
    sa.Index("ix_post_thread", "thread_id", "id"),
)
sa.Table(
    "project",
    FIRST,
    sa.Column("id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
)
sa.Table(
    "session",
    FIRST,
    sa.Column("token_hash", sa.String, primary_key=True),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("csrf", sa.String, nullable=False),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Column("expires_at_ms", BIG, nullable=False),
    sa.Index("ix_session_actor_id", "actor_id"),
)
sa.Table(
    "bookmark",
    FIRST,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), nullable=False),
    sa.Column("post_id", BIG, sa.ForeignKey("post.id"), nullable=False),
    sa.Index("ix_bookmark", "actor_id", "post_id", unique=True),
    sa.Index("ix_bookmark_post_id", "post_id"),
)
sa.Table(
    "favourite",
    FIRST,
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
    sa.Column("iri", sa.String, nullable=False, unique=True),
    sa.Column("created_at_ms", BIG, nullable=False),
    sa.Index("ix_favourite_post_id", "post_id"),
)
sa.Table(
    "mention",
    FIRST,
    sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
    sa.Column("actor_id", BIG, sa.ForeignKey("actor.id"), primary_key=True),
    sa.Index("ix_mention_actor_id", "actor_id"),
)
sa.Table(
    "post_edit",
    FIRST,
    sa.Column("post_id", BIG, sa.ForeignKey("post.id"), primary_key=True),
    sa.Column("at_ms", BIG, primary_key=True),
    sa.Column("content", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("spoiler", sa.String, nullable=False),
    sa.Column("sensitive", sa.Integer, nullable=False),
)

TRIGGERS = (
    """CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger) BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
)


def upgrade() -> None:
    """Create everything; a file that has one of these tables already is refused whole."""
    FIRST.create_all(op.get_bind(), checkfirst=False)
    for trigger in TRIGGERS:
        op.execute(trigger)
