"""Copies the database while the server writes to it. The rule kept here: a copy is whole and of one moment, or it is not there."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from instance.errors import ConfigError


def copy(source: Path, target: Path) -> int:
    """Copy the database at `source` to `target`, readable by its owner alone; the size in bytes. Raises ConfigError."""
    if target.exists():
        raise ConfigError(f"{target}: exists already. Name another file, or remove it")
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as origin,
            closing(sqlite3.connect(part)) as copied,
        ):
            origin.backup(copied)
            (verdict,) = copied.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise ConfigError(f"{source}: damaged ({verdict}). Keep it, and restore an earlier backup")
        part.rename(target)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"{target}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def damage(path: Path) -> str | None:
    """What SQLite finds wrong with the database, or None. Reads the whole file."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None if verdict == "ok" else str(verdict)
