"""Guest hosts as rows. The rule kept here: a guest that was revoked or is over is not open, whatever else is stored of it."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import bindparam, case, delete, func, or_, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.guest_tables import Guest, GuestActor, GuestFollower, GuestReply
from instance.storage.sql import array, columns, in_list, insert_or_ignore, table, upsert
from instance.storage.tables import ActorKey, Charter

DONE = 2**62  # larger than every id of a note


class GuestRow(NamedTuple):
    """A host that may follow a project. All columns of the table, in order."""

    id: int
    host: str
    project_iri: str
    label: int
    allowed_at_ms: int
    ends_at_ms: int | None
    revoked_at_ms: int | None
    taken_back_to: int = 0

    def is_open(self, now_ms: int) -> bool:
        """Whether IT lets the host in at that moment; what the charter says is another question."""
        return self.revoked_at_ms is None and (self.ends_at_ms is None or self.ends_at_ms > now_ms)


class GuestActorRow(NamedTuple):
    """Somebody at a guest host. All columns of the table, in order."""

    iri: str
    host: str
    username: str
    display_name: str
    inbox: str
    shared_inbox: str
    seen_at_ms: int
    also_known_as: str = "[]"
    moved_to: str = ""


class FollowerRow(NamedTuple):
    """A follower at a guest host. All columns of the table, in order."""

    project_iri: str
    actor_iri: str
    host: str
    inbox: str
    follow_iri: str
    since_ms: int
    ended_at_ms: int | None


class ReplyRow(NamedTuple):
    """A guest's answer. All columns of the table, in order."""

    note_iri: str
    post_iri: str
    project_iri: str
    actor_iri: str
    host: str
    created_at_ms: int


class _Said(NamedTuple):
    """The document of a charter in force."""

    project_iri: str
    document: str


class InboxRow(NamedTuple):
    """An inbox at a host for a project's letters; `is_past` when nobody behind it follows any more."""

    project_iri: str
    host: str
    inbox: str
    is_past: int


class SaidLately(NamedTuple):
    """How many answers came from a host, and of these from one of its people."""

    of_host: int
    of_actor: int | None


class _Host(NamedTuple):
    host: str


class _Iri(NamedTuple):
    iri: str


class _Count(NamedTuple):
    followers: int


class _Reader(NamedTuple):
    actor_iri: str


_g, _a, _f = columns(Guest), columns(GuestActor), columns(GuestFollower)
_r, _c, _key = columns(GuestReply), columns(Charter), columns(ActorKey)
_PLACE = (_g.project_iri == bindparam("of_project"), _g.host == bindparam("of_host"))
_LET_IN = (_g.revoked_at_ms.is_(None), or_(_g.ends_at_ms.is_(None), _g.ends_at_ms > bindparam("now_ms")))
_FOLLOWS = (_f.project_iri == bindparam("of_project"), _f.actor_iri == bindparam("of_actor"))
_OF_HOST = (_f.project_iri == bindparam("of_project"), _f.host == bindparam("of_host"))

_ALL = Query(select(*_g).order_by(_g.project_iri, _g.host), GuestRow)
_ONE = Query(select(*_g).where(*_PLACE), GuestRow)
_OF_PROJECTS = Query(select(*_g).where(in_list(_g.project_iri, "projects")), GuestRow)
_OF_THAT_HOST = Query(select(*_g).where(_g.host == bindparam("of_host"), *_LET_IN), GuestRow)
_HOSTS = Query(select(_g.host).distinct().where(*_LET_IN), _Host)
_IS_GUEST = Query(select(_g.host).where(_g.host == bindparam("of_host"), *_LET_IN).limit(1), _Host)
_SAID = Query(
    select(_c.project_iri, _c.document).where(in_list(_c.project_iri, "projects"), _c.state == "live"), _Said
)
_ALLOW = Command(
    upsert(
        Guest,
        ["project_iri", "host"],
        ["label", "allowed_at_ms", "ends_at_ms", "revoked_at_ms", "taken_back_to"],
    )
)
_REVOKE = Command(
    update(table(Guest)).where(*_PLACE, _g.revoked_at_ms.is_(None)).values(revoked_at_ms=bindparam("at_ms"))
)
_TO_TAKE_BACK = Query(
    select(*_g)
    .where(_g.revoked_at_ms.is_not(None), _g.taken_back_to < bindparam("done"))
    .order_by(_g.revoked_at_ms),
    GuestRow,
)
_TAKEN_BACK = Command(
    update(table(Guest)).where(_g.id == bindparam("guest_id")).values(taken_back_to=bindparam("note_id"))
)
_ACTOR = Query(select(*_a).where(_a.iri == bindparam("of_iri")), GuestActorRow)
_KNOW = Command(
    upsert(
        GuestActor,
        ["iri"],
        ["host", "username", "display_name", "inbox", "shared_inbox", "seen_at_ms", "also_known_as"],
    )
)
_MOVE = Command(
    update(table(GuestActor)).where(_a.iri == bindparam("of_iri")).values(moved_to=bindparam("to_iri"))
)
_CAME_FROM = Query(select(*_a).where(_a.moved_to == bindparam("to_iri")), GuestActorRow)
_FOLLOWED = Query(
    select(*_f).where(_f.actor_iri == bindparam("of_actor"), _f.ended_at_ms.is_(None)), FollowerRow
)
_OF_THE_HOST = select(_a.iri).where(_a.host == bindparam("of_host"))
_FORGET_KEYS = Command(
    delete(table(ActorKey)).where(_key.private_pem.is_(None), _key.actor_iri.in_(_OF_THE_HOST))
)
_FORGET_ACTORS = Command(delete(table(GuestActor)).where(_a.host == bindparam("of_host")))
_FORGET_KEYS_OF = Command(
    delete(table(ActorKey)).where(_key.private_pem.is_(None), _key.actor_iri == bindparam("of_actor"))
)
_FORGET_ACTOR = Command(delete(table(GuestActor)).where(_a.iri == bindparam("of_actor")))
_FOLLOWERS = Query(
    select(*_f).where(in_list(_f.project_iri, "projects")).order_by(_f.since_ms, _f.actor_iri), FollowerRow
)
_INBOXES = Query(
    select(_f.project_iri, _f.host, _f.inbox, func.min(case((_f.ended_at_ms.is_(None), 0), else_=1)))
    .where(in_list(_f.project_iri, "projects"))
    .group_by(_f.project_iri, _f.host, _f.inbox)
    .order_by(_f.project_iri, _f.host, _f.inbox),
    InboxRow,
)
_FOLLOWER = Query(select(*_f).where(*_FOLLOWS), FollowerRow)
_FOLLOWING = Query(
    select(_f.actor_iri).where(*_OF_HOST, _f.ended_at_ms.is_(None)).order_by(_f.actor_iri), _Iri
)
_COUNT = Query(
    select(func.count()).where(_f.project_iri == bindparam("of_project"), _f.ended_at_ms.is_(None)), _Count
)
_BY_FOLLOW = Query(
    select(*_f)
    .where(_f.actor_iri == bindparam("of_actor"), _f.follow_iri == bindparam("of_follow"))
    .limit(1),
    FollowerRow,
)
_FOLLOWED_LATELY = Query(select(func.count()).where(*_OF_HOST, _f.since_ms > bindparam("since_ms")), _Count)
_FOLLOW = Command(
    upsert(
        GuestFollower,
        ["project_iri", "actor_iri"],
        ["host", "inbox", "follow_iri", "since_ms", "ended_at_ms"],
    )
)
_READDRESS = Command(
    update(table(GuestFollower))
    .where(_f.actor_iri == bindparam("of_actor"))
    .values(inbox=bindparam("to_inbox"))
)
_END = Command(
    update(table(GuestFollower))
    .where(*_FOLLOWS, _f.ended_at_ms.is_(None))
    .values(ended_at_ms=bindparam("at_ms"))
)
_END_ALL = Command(
    update(table(GuestFollower))
    .where(*_OF_HOST, _f.ended_at_ms.is_(None))
    .values(ended_at_ms=bindparam("at_ms"))
)
_END_EVERYWHERE = Command(
    update(table(GuestFollower))
    .where(_f.actor_iri == bindparam("of_actor"), _f.ended_at_ms.is_(None))
    .values(ended_at_ms=bindparam("at_ms"))
)
_READERS = Query(
    select(_f.actor_iri)
    .distinct()
    .where(_f.host == bindparam("of_host"), _f.inbox == bindparam("at_inbox"), _f.ended_at_ms.is_(None))
    .limit(bindparam("limit")),
    _Reader,
)
_ADD_REPLY = Command(insert_or_ignore(GuestReply))
_SAID_LATELY = Query(
    select(func.count(), func.sum(case((_r.actor_iri == bindparam("of_actor"), 1), else_=0))).where(
        _r.host == bindparam("of_host"), _r.created_at_ms > bindparam("since_ms")
    ),
    SaidLately,
)
_REPLY = Query(select(*_r).where(_r.note_iri == bindparam("of_iri")), ReplyRow)


def all_guests(tx: Tx) -> list[GuestRow]:
    """Every guest host of every project, those revoked included."""
    return tx.all(_ALL)


def one(tx: Tx, project_iri: str, host: str) -> GuestRow | None:
    """A host as the guest of a project."""
    return tx.first(_ONE, of_project=project_iri, of_host=host)


def of_projects(tx: Tx, projects: Collection[str]) -> list[GuestRow]:
    """The guest hosts of some projects, those revoked included."""
    return tx.all(_OF_PROJECTS, projects=array(projects)) if projects else []


def of_host(tx: Tx, host: str) -> list[GuestRow]:
    """A host as the guest of each project that IT lets it follow now."""
    return tx.all(_OF_THAT_HOST, of_host=host, now_ms=tx.now_ms)


def open_hosts(tx: Tx) -> frozenset[str]:
    """Every host that IT lets in as a guest now."""
    return frozenset(row.host for row in tx.all(_HOSTS, now_ms=tx.now_ms))


def is_let_in(tx: Tx, host: str) -> bool:
    """Whether IT lets the host in as a guest of any project now."""
    return tx.first(_IS_GUEST, of_host=host, now_ms=tx.now_ms) is not None


def charters_in_force(tx: Tx, projects: Collection[str]) -> dict[str, str]:
    """The documents of the live charters of these projects, by project."""
    return {row.project_iri: row.document for row in tx.all(_SAID, projects=array(projects))}


def allow(tx: Tx, row: GuestRow) -> None:
    """Let a host in, anew if it was revoked."""
    tx.run(_ALLOW, **row._asdict())


def revoke(tx: Tx, project_iri: str, host: str) -> bool:
    """Let a host in no longer; False when it was not."""
    return tx.run(_REVOKE, of_project=project_iri, of_host=host, at_ms=tx.now_ms) == 1


def actor(tx: Tx, iri: str) -> GuestActorRow | None:
    """Somebody at a guest host."""
    return tx.first(_ACTOR, of_iri=iri)


def know(tx: Tx, row: GuestActorRow) -> None:
    """Write who somebody at a guest host is."""
    tx.run(_KNOW, **row._asdict())


def move(tx: Tx, iri: str, *, to: str) -> None:
    """Write where somebody at a guest host says they went."""
    tx.run(_MOVE, of_iri=iri, to_iri=to)


def came_from(tx: Tx, iri: str) -> list[GuestActorRow]:
    """Those who say that they went to `iri`."""
    return tx.all(_CAME_FROM, to_iri=iri)


def followed(tx: Tx, iri: str) -> list[FollowerRow]:
    """What somebody at a guest host follows now."""
    return tx.all(_FOLLOWED, of_actor=iri)


def forget_host(tx: Tx, host: str) -> None:
    """Forget everybody at a host, with their keys."""
    tx.run(_FORGET_KEYS, of_host=host)
    tx.run(_FORGET_ACTORS, of_host=host)


def forget_actor(tx: Tx, iri: str) -> None:
    """Forget somebody at a guest host, with their keys; they follow nothing any more."""
    tx.run(_END_EVERYWHERE, of_actor=iri, at_ms=tx.now_ms)
    tx.run(_FORGET_KEYS_OF, of_actor=iri)
    tx.run(_FORGET_ACTOR, of_actor=iri)


def followers(tx: Tx, projects: Collection[str]) -> list[FollowerRow]:
    """Who follows these projects from guest hosts or did, oldest first."""
    return tx.all(_FOLLOWERS, projects=array(projects)) if projects else []


def inboxes(tx: Tx, projects: Collection[str]) -> list[InboxRow]:
    """Where letters of these projects go, or went when somebody followed there."""
    return tx.all(_INBOXES, projects=array(projects)) if projects else []


def readers(tx: Tx, host: str, inbox: str, *, limit: int) -> list[str]:
    """Who follows anything now from a host and reads at that inbox."""
    return [row.actor_iri for row in tx.all(_READERS, of_host=host, at_inbox=inbox, limit=limit)]


def following(tx: Tx, project_iri: str, host: str) -> list[str]:
    """The IRIs of those at a host who follow a project now."""
    return [row.iri for row in tx.all(_FOLLOWING, of_project=project_iri, of_host=host)]


def count_followers(tx: Tx, project_iri: str) -> int:
    """How many follow a project now from guest hosts, all together."""
    found = tx.first(_COUNT, of_project=project_iri)
    return found.followers if found else 0


def follower(tx: Tx, project_iri: str, actor_iri: str) -> FollowerRow | None:
    """Somebody as a follower of a project, now or before."""
    return tx.first(_FOLLOWER, of_project=project_iri, of_actor=actor_iri)


def followed_by(tx: Tx, actor_iri: str, follow_iri: str) -> str:
    """The project that somebody follows by a Follow with this id; nothing when there is none."""
    found = tx.first(_BY_FOLLOW, of_actor=actor_iri, of_follow=follow_iri)
    return found.project_iri if found is not None else ""


def followed_lately(tx: Tx, project_iri: str, *, host: str, since_ms: int) -> int:
    """How many people of a host began to follow a project since a time."""
    found = tx.first(_FOLLOWED_LATELY, of_project=project_iri, of_host=host, since_ms=since_ms)
    return found.followers if found is not None else 0


def follow(tx: Tx, row: FollowerRow) -> None:
    """Write that somebody follows a project."""
    tx.run(_FOLLOW, **row._asdict())


def readdress(tx: Tx, actor_iri: str, *, inbox: str) -> None:
    """Write where letters for somebody go from now on."""
    tx.run(_READDRESS, of_actor=actor_iri, to_inbox=inbox)


def unfollow(tx: Tx, project_iri: str, actor_iri: str) -> bool:
    """Write that somebody follows a project no longer; False when they did not."""
    return tx.run(_END, of_project=project_iri, of_actor=actor_iri, at_ms=tx.now_ms) == 1


def unfollow_all(tx: Tx, project_iri: str, host: str) -> None:
    """Write that nobody at a host follows a project any longer."""
    tx.run(_END_ALL, of_project=project_iri, of_host=host, at_ms=tx.now_ms)


def to_take_back(tx: Tx) -> list[GuestRow]:
    """The revoked guests that have not been told yet to delete all they had."""
    return tx.all(_TO_TAKE_BACK, done=DONE)


def taken_back(tx: Tx, guest_id: int, *, to: int) -> None:
    """Write up to which note a revoked guest was told to delete what it had."""
    tx.run(_TAKEN_BACK, guest_id=guest_id, note_id=to)


def add_reply(tx: Tx, row: ReplyRow) -> None:
    """Write which post a guest's answer became."""
    tx.run(_ADD_REPLY, **row._asdict())


def said_lately(tx: Tx, actor_iri: str, *, host: str, since_ms: int) -> SaidLately:
    """How many answers came from a host and from somebody there since a time."""
    found = tx.first(_SAID_LATELY, of_actor=actor_iri, of_host=host, since_ms=since_ms)
    return found or SaidLately(0, 0)


def reply(tx: Tx, note_iri: str) -> ReplyRow | None:
    """The answer of a guest with this IRI."""
    return tx.first(_REPLY, of_iri=note_iri)
