"""The other names of nodes as rows, and the one change of a name everywhere. The rule kept here: all rows change in one transaction, and nothing that is proven, sealed or append-only does."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, Table, bindparam, delete, func, insert, literal, update
from sqlalchemy import select as select_
from sqlmodel import AutoString, SQLModel

from instance import names
from instance.renaming import AT, BELOW, Renaming, Renamings
from instance.storage.database import Command, Query, Tx
from instance.storage.other_name_tables import OtherName
from instance.storage.sql import columns, table
from instance.storage.tables import Actor, ActorKey, Meta, Peer, Thing

_MEMO = "other_names"
LIVES_AT = "lives_at"  # the fact about the node itself: its base URL
# What was proven, sealed or written for good says what it said.
KEPT_TABLES = frozenset({"ledger", "delivery", "outgoing", "lane", "other_name"})
KEPT_COLUMNS = frozenset(
    {
        ("log_entry", "document"),
        ("log_fork", "document"),
        ("charter", "document"),
        ("charter_party", "proof"),
        ("guest_note", "iri"),  # what guests have is called as they have it
        ("thing", "name"),
        ("meta", "value"),
    }
)
HOSTS = frozenset({"host", "party", "holder"})


class NameRow(NamedTuple):
    """Another name of a node. All columns of the table, in order."""

    host: str
    base: str
    to_host: str
    to_base: str
    is_coming: int
    since_ms: int
    until_ms: int

    @property
    def renaming(self) -> Renaming:
        """What it is read as."""
        return Renaming(self.base, self.to_base, self.since_ms, self.until_ms)


class _Value(NamedTuple):
    value: str


_o, _m = columns(OtherName), columns(Meta)
_a, _k, _p, _t = columns(Actor), columns(ActorKey), columns(Peer), columns(Thing)
_OLD, _NEW = bindparam("old", type_=String), bindparam("new", type_=String)
_ALL = Query(select_(*_o).order_by(_o.since_ms, _o.host), NameRow)
_ADD = Command(insert(table(OtherName)))
_DROP = Command(delete(table(OtherName)).where(_o.host == bindparam("of_host")))
_END = Command(
    update(table(OtherName)).where(_o.host == bindparam("of_host")).values(until_ms=bindparam("at_ms"))
)
_FOLLOW = Command(
    update(table(OtherName))
    .where(_o.to_host == bindparam("old_host"))
    .values(to_host=bindparam("new_host"), to_base=bindparam("new_base"))
)
_LIVES_AT = Query(select_(_m.value).where(_m.key == LIVES_AT), _Value)
_MOVE_IN = Command(update(table(Meta)).where(_m.key == LIVES_AT).values(value=bindparam("base")))
_SETTLE = Command(insert(table(Meta)))
# The node at the new name may have been met before it took the place of the old one: it is the same.
_FORGET_KEYS = Command(
    delete(table(ActorKey)).where(
        _k.actor_iri.in_(select_(_a.iri).where(_a.host == bindparam("new_host"))), _k.private_pem.is_(None)
    )
)
_FORGET_NODE = Command(delete(table(Actor)).where(_a.host == bindparam("new_host")))
_FORGET_PEER = Command(delete(table(Peer)).where(_p.host == bindparam("new_host")))
_FORGET_THING = Command(delete(table(Thing)).where(_t.name == bindparam("node_name")))
_NAME_NODE = Command(
    update(table(Actor))
    .where(_a.host == bindparam("new_host"), _a.kind == "node")
    .values(username=bindparam("called"))
)
_HANDLES = Command(
    update(table(Thing))
    .where(_t.name.like("@%@" + _OLD))
    .values(name=func.replace(_t.name, "@" + _OLD, "@" + _NEW))
)
_PATHS = Command(
    update(table(Thing))
    .where(_t.name.like(_OLD + "/%"))
    .values(name=_NEW + func.substr(_t.name, func.length(_OLD) + 1))
)


def every(tx: Tx) -> list[NameRow]:
    """Every other name that is known, in the order in which they were given up; read once in a transaction."""
    if _MEMO not in tx.memo:
        tx.memo[_MEMO] = tx.all(_ALL)
    found: list[NameRow] = tx.memo[_MEMO]
    return found


def known(tx: Tx) -> Renamings:
    """What every other name is read as."""
    return tuple(row.renaming for row in every(tx))


def coming(tx: Tx) -> NameRow | None:
    """The name that we are about to take, if there is one."""
    return next((row for row in every(tx) if row.is_coming), None)


def by_host(tx: Tx, host: str) -> NameRow | None:
    """Another name by its host."""
    return next((row for row in every(tx) if row.host == host), None)


def former(tx: Tx, host: str) -> list[NameRow]:
    """The names that the node at `host` had before, the latest first."""
    return [row for row in reversed(every(tx)) if row.to_host == host and not row.is_coming]


def origins(tx: Tx) -> dict[str, str]:
    """The base URLs under which we answer besides our own, by host: the one to come, and those that we had until their time is over."""
    return {
        row.host: row.base
        for row in every(tx)
        if row.to_host == tx.home.host and (row.is_coming or row.until_ms > tx.now_ms)
    }


def add(tx: Tx, row: NameRow) -> None:
    """Write another name."""
    tx.run(_ADD, **row._asdict())
    tx.memo.pop(_MEMO, None)


def drop(tx: Tx, host: str) -> None:
    """Take back a name that was to come."""
    tx.run(_DROP, of_host=host)
    tx.memo.pop(_MEMO, None)


def end(tx: Tx, host: str, *, at_ms: int) -> None:
    """Write until when letters under a former name are taken."""
    tx.run(_END, of_host=host, at_ms=at_ms)
    tx.memo.pop(_MEMO, None)


def lives_at(tx: Tx) -> str:
    """The base URL of this node as its database has it; nothing in one that never ran."""
    row = tx.first(_LIVES_AT)
    return row.value if row else ""


def settle(tx: Tx) -> None:
    """Write where this node lives, once."""
    if not lives_at(tx):
        tx.run(_SETTLE, key=LIVES_AT, value=tx.home.base)


def rename(tx: Tx, renaming: Renaming) -> None:
    """Write the new name in place of the old one everywhere, and keep the old one as another name of the same node."""
    old_host, new_host = renaming.old_host, renaming.new_host
    own = lives_at(tx) == renaming.old
    drop(tx, new_host)
    for command in (_FORGET_KEYS, _FORGET_NODE, _FORGET_PEER):
        tx.run(command, new_host=new_host)
    tx.run(_FORGET_THING, node_name=f"{names.host_name(new_host)}/actor")
    for rewrite in _rewrites():
        tx.run(rewrite, old=renaming.old, new=renaming.new)
    for rewrite in _host_rewrites():
        tx.run(rewrite, old=old_host, new=new_host)
    for command in (_HANDLES, _PATHS):
        tx.run(command, old=names.host_name(old_host), new=names.host_name(new_host))
    tx.run(_NAME_NODE, new_host=new_host, called=new_host.partition(":")[0])
    tx.run(_FOLLOW, old_host=old_host, new_host=new_host, new_base=renaming.new)
    since_ms, until_ms = renaming.since_ms, renaming.until_ms
    add(tx, NameRow(old_host, renaming.old, new_host, renaming.new, 0, since_ms, until_ms))
    if own:
        tx.run(_MOVE_IN, base=renaming.new)


def texts() -> Iterator[tuple[Table, ColumnElement[Any]]]:
    """Every column of text in which the name of a thing may stand, with its table."""
    for path in sorted(Path(__file__).parent.glob("*_tables.py")):
        import_module(f"{__package__}.{path.stem}")
    for each in SQLModel.metadata.sorted_tables:
        for column in each.c:
            is_kept = each.name in KEPT_TABLES or (each.name, column.name) in KEPT_COLUMNS
            if isinstance(column.type, String | AutoString) and not is_kept:
                yield each, column


_COMMANDS: dict[str, list[Command]] = {}


def _rewrites() -> list[Command]:
    """The statements that write new IRIs, made when first needed: once every table is declared."""
    if "iris" not in _COMMANDS:
        _COMMANDS["iris"] = [
            Command(update(each).where(column.like("%" + _OLD + "/%")).values({column: _renamed(column)}))
            for each, column in texts()
        ]
    return _COMMANDS["iris"]


def _renamed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    for ending in (*(f"/{family}/" for family in BELOW), *(f"/{path}" for path in AT)):
        column = func.replace(column, _OLD + literal(ending), _NEW + literal(ending))
    return column


def _host_rewrites() -> list[Command]:
    if "hosts" not in _COMMANDS:
        _COMMANDS["hosts"] = [
            Command(update(each).where(column == _OLD).values({column: _NEW}))
            for each, column in texts()
            if column.key in HOSTS
        ]
    return _COMMANDS["hosts"]
