"""Reads a list of new employees from CSV, and finds what is wrong with it before anything is written.

The rule kept here: every fault is named by line and field, and the rules of a person are those of `domain.actor`, not a second set.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from instance import passwords
from instance.domain import actor
from instance.errors import BadInput
from instance.storage.database import Tx

COLUMNS = ("username", "name", "email", "title", "password")
REQUIRED = ("username", "name")
_COLUMN_OF = {"display_name": "name"}


class Newcomer(NamedTuple):
    """A person to be. `password` is empty where one is to be made."""

    line: int
    username: str
    name: str
    email: str = ""
    title: str = ""
    password: str = ""


class Fault(NamedTuple):
    """What is wrong, where."""

    line: int
    field: str
    text: str


class Roster(NamedTuple):
    """What could be read and what could not. A line with a fault is not among the newcomers."""

    newcomers: list[Newcomer]
    faults: list[Fault]


def read(text: str) -> Roster:
    """Read CSV with a header of COLUMNS (the REQUIRED ones at least, in any order)."""
    rows = csv.DictReader(io.StringIO(text, newline=None), skipinitialspace=True)
    roster = Roster([], [])
    try:
        roster.faults.extend(_header_faults(rows.fieldnames or ()))
        for row in rows if not roster.faults else ():
            if None in row:
                text = "more cells than the header has; put a cell with a comma in quotes"
                roster.faults.append(Fault(rows.line_num, "line", text))
            else:
                cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
                roster.newcomers.append(Newcomer(rows.line_num, **cells))
    except csv.Error as error:
        roster.faults.append(Fault(rows.line_num + 1, "line", str(error)))
    return roster


def _header_faults(header: Sequence[str]) -> Iterator[Fault]:
    for name in header:
        if name not in COLUMNS:
            yield Fault(1, name, f"no column of this list; known are {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in header:
            yield Fault(1, name, "this column is missing")


def add_all(tx: Tx, newcomers: Iterable[Newcomer]) -> list[Fault]:
    """Add everybody, without passwords, and note what the domain refuses. For a rehearsal."""
    faults: list[Fault] = []
    for person in newcomers:
        try:
            if person.password:
                passwords.check(person.password, username=person.username)
            actor.create_person(
                tx,
                username=person.username,
                display_name=person.name,
                email=person.email,
                title=person.title,
                password_hash="",
            )
        except BadInput as error:
            faults.append(Fault(person.line, _COLUMN_OF.get(error.field, error.field), error.text))
    return faults
