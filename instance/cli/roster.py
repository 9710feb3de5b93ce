"""Reads a list of new employees from CSV. The rule kept here: pure, and every fault is named by line and field."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

COLUMNS = ("username", "name", "email", "title", "password")
REQUIRED = ("username", "name")
PASSWORD_LEAST_CHARS = 10
_USERNAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,28}[a-z0-9_])?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")


class Newcomer(NamedTuple):
    """A person to be. `password` is empty where one is to be made."""

    line: int
    username: str
    name: str
    email: str
    title: str
    password: str


class Fault(NamedTuple):
    """What is wrong, where."""

    line: int
    field: str
    text: str


class Roster(NamedTuple):
    """What could be read and what could not. A line with a fault is not among the newcomers."""

    newcomers: list[Newcomer]
    faults: list[Fault]


def read(text: str, *, taken: AbstractSet[str] = frozenset()) -> Roster:
    """Read CSV with a header of COLUMNS (the REQUIRED ones at least, in any order). `taken` are usernames in use."""
    rows = csv.DictReader(io.StringIO(text, newline=None), skipinitialspace=True)
    try:
        faults = list(_header_faults(rows.fieldnames or ()))
        return Roster([], faults) if faults else _read_rows(rows, dict.fromkeys(taken, "is in use already"))
    except csv.Error as error:
        return Roster([], [Fault(rows.line_num + 1, "line", str(error))])


def _header_faults(header: Sequence[str]) -> Iterator[Fault]:
    for name in header:
        if name not in COLUMNS:
            yield Fault(1, name, f"no column of this list; known are {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in header:
            yield Fault(1, name, "this column is missing")


def _read_rows(rows: "csv.DictReader[str]", seen: dict[str, str]) -> Roster:
    roster = Roster([], [])
    for row in rows:
        newcomer = _newcomer(rows.line_num, row)
        found = list(_faults(newcomer, seen, extra=None in row))
        seen.setdefault(newcomer.username, f"stands in line {newcomer.line} already")
        roster.faults.extend(found)
        roster.newcomers.extend([] if found else [newcomer])
    return roster


def _newcomer(line: int, row: dict[str, str | None]) -> Newcomer:
    cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
    return Newcomer(line, **cells | {"username": cells["username"].lower().removeprefix("@")})


def _faults(person: Newcomer, seen: dict[str, str], *, extra: bool) -> Iterator[Fault]:
    if extra:
        yield Fault(person.line, "line", "has more cells than the header; put a cell with a comma in quotes")
    if not _USERNAME.fullmatch(person.username):
        yield Fault(
            person.line,
            "username",
            f'"{person.username}": 1 to 30 of a-z 0-9 _ . - and no . or - at the ends',
        )
    elif person.username in seen:
        yield Fault(person.line, "username", f'"{person.username}" {seen[person.username]}')
    if not person.name:
        yield Fault(person.line, "name", "is empty")
    if person.email and not _EMAIL.fullmatch(person.email):
        yield Fault(person.line, "email", f'"{person.email}" is no address')
    if person.password and len(person.password) < PASSWORD_LEAST_CHARS:
        yield Fault(person.line, "password", f"is shorter than {PASSWORD_LEAST_CHARS} characters")
