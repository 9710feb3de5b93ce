"""Other nodes as rows. The rule kept here: what one source does not know of a peer, it does not overwrite."""

from typing import NamedTuple

from sqlalchemy import bindparam, func, literal, or_, select, update

from instance.storage.database import Command, Query, Tx
from instance.storage.sql import columns, insert_or_ignore, table
from instance.storage.tables import Peer


class PeerRow(NamedTuple):
    """What we know of another node. All columns of the table, in order. `form` is the signature form that it took at `form_at_ms`."""

    host: str
    node_iri: str
    name: str
    inbox: str
    software: str
    form: str
    log_url: str
    heard_at_ms: int | None
    reached_at_ms: int | None
    form_at_ms: int


class PeerFacts(NamedTuple):
    """What a source has to say of a node; empty is what it does not know."""

    node_iri: str = ""
    name: str = ""
    inbox: str = ""
    software: str = ""
    log_url: str = ""


_c = columns(Peer)
_THIS = _c.host == bindparam("of_host")
_BY_HOST = Query(select(*_c).where(_THIS), PeerRow)
_ALL = Query(select(*_c).order_by(_c.host), PeerRow)
_INSERT = Command(insert_or_ignore(Peer))
_LEARN = Command(
    update(table(Peer))
    .where(_THIS)
    .values(
        {
            name: func.coalesce(func.nullif(bindparam(f"new_{name}"), ""), _c[name])
            for name in PeerFacts._fields
        }
    )
)
_TAKES_FORM = Command(
    update(table(Peer))
    .where(_THIS, _c.form_at_ms < bindparam("at_ms"))
    .values(form=bindparam("new_form"), form_at_ms=bindparam("at_ms") + literal(0))
)
_HEARD = Command(
    update(table(Peer))
    .where(_THIS, or_(_c.heard_at_ms.is_(None), _c.heard_at_ms < bindparam("at_ms")))
    .values(heard_at_ms=bindparam("at_ms") + literal(0))
)
_REACHED = Command(
    update(table(Peer))
    .where(_THIS, or_(_c.reached_at_ms.is_(None), _c.reached_at_ms < bindparam("at_ms")))
    .values(reached_at_ms=bindparam("at_ms") + literal(0))
)


def by_host(tx: Tx, host: str) -> PeerRow | None:
    """What we know of the node at `host`."""
    return tx.first(_BY_HOST, of_host=host)


def all_peers(tx: Tx) -> list[PeerRow]:
    """Every node we know of."""
    return tx.all(_ALL)


def learn(tx: Tx, host: str, facts: PeerFacts) -> None:
    """Write what was learnt of a node; what is empty stays as it was."""
    if tx.run(_INSERT, host=host, **facts._asdict()) == 0:
        tx.run(_LEARN, of_host=host, **{f"new_{name}": value for name, value in facts._asdict().items()})


def takes_form(tx: Tx, host: str, form: str, *, at_ms: int) -> None:
    """Write which form of signature a host took, and when; of two, the later counts."""
    tx.run(_INSERT, host=host, **PeerFacts()._asdict())
    tx.run(_TAKES_FORM, of_host=host, new_form=form, at_ms=at_ms)


def heard(tx: Tx, host: str) -> None:
    """Write that something of the node's arrived now."""
    tx.run(_HEARD, of_host=host, at_ms=tx.now_ms)


def reached(tx: Tx, host: str) -> None:
    """Write that something of ours arrived at the node now."""
    tx.run(_REACHED, of_host=host, at_ms=tx.now_ms)
