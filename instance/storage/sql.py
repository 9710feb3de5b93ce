"""Words of SQL that the storage modules share. The rule kept here: what stands here means the same on SQLite and PostgreSQL.

A list goes into a statement as one parameter, a JSON array, so that a statement is compiled once whatever the list's length:

    BY_IDS = Query(select(c.id, c.iri).where(in_list(c.id, "ids")), Row)
    tx.all(BY_IDS, ids=array([1, 2, 3]))
"""

from collections.abc import Iterable
from typing import Any, cast

import orjson
from sqlalchemy import ColumnElement, FromClause, Table, bindparam, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import (
    Insert,
    insert,
)  # both dialects compile this one; not the other way round
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import SQLModel


def table(model: type[SQLModel]) -> Table:
    """The Core table of a model."""
    return cast("Table", cast("FromClause", model.__table__))  # type: ignore[attr-defined]


def columns(model: type[SQLModel]) -> ReadOnlyColumnCollection[str, Any]:
    """The Core columns of a model, for comparisons that mypy can follow: `columns(Post).id == bindparam("id")`."""
    return cast("ReadOnlyColumnCollection[str, Any]", table(model).c)


def array(values: Iterable[int | str]) -> str:
    """The parameter for `in_list`: the values as a JSON array."""
    return orjson.dumps(list(values)).decode()


def in_list(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """True where the column is one of the values in the JSON array `parameter` (see `array`)."""
    elements = func.json_each(bindparam(parameter)).table_valued("value")
    return column.in_(select(sql_cast(elements.c.value, column.type)))


def by_index(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The same condition, that an index is to be read by whatever statistics say of it.

    Where one value stands in nearly all rows they advise against it, and who asks for another value reads the whole table.
    """
    return cast("ColumnElement[bool]", unlikely(condition))


def insert_or_ignore(model: type[SQLModel]) -> Insert:
    """INSERT that leaves alone a row that is there already; `tx.run` says whether it wrote (1) or not (0)."""
    return insert(table(model)).on_conflict_do_nothing()


def upsert(model: type[SQLModel], keys: Iterable[str], updated: Iterable[str]) -> Insert:
    """INSERT that, where a row with the same `keys` is there, sets the columns `updated` to the new values."""
    statement = insert(table(model))
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_={name: statement.excluded[name] for name in updated}
    )


class json_each(GenericFunction[Any]):  # noqa: N801  SQLAlchemy names a function by its class
    """The elements of a JSON array as rows: SQLite's own function, and PostgreSQL's under the same name."""

    inherit_cache = True
    name = "json_each"


class unlikely(GenericFunction[bool]):  # noqa: N801  the same
    """A condition that the planner takes for true of few rows: SQLite's own function; PostgreSQL counts the values by itself."""

    inherit_cache = True
    name = "unlikely"


@compiles(unlikely, "postgresql")
def _unlikely_on_postgresql(element: unlikely, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(json_each, "postgresql")
def _json_each_on_postgresql(element: json_each, compiler: SQLCompiler, **options: Any) -> str:
    return f"jsonb_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS JSONB))"
