"""Where this node lives, by its settings and by its database. The rule kept here: the database knows best; the two never disagree unnoticed.

A node that moved lives at its new name from then on, whether or not the settings were changed as well. Settings that name a place where
the node never lived are an error: a second node would be made in the place of the first.
"""

import sqlite3
from contextlib import closing

from instance.config import Config
from instance.errors import ConfigError

_LIVES_AT = "SELECT value FROM meta WHERE key = 'lives_at'"
_WAS_AT = "SELECT 1 FROM other_name WHERE base = ? AND to_base = ? AND is_coming = 0"


def of(config: Config) -> Config:
    """The settings, with the name that the node has now. Raises ConfigError when they name another that it never had."""
    if not config.database.exists():
        return config
    with closing(sqlite3.connect(f"file:{config.database}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute(_LIVES_AT).fetchone()
            was = row is not None and connection.execute(_WAS_AT, (config.base_url, row[0])).fetchone()
        except sqlite3.Error:  # of another version: the command says so itself
            return config
    if row is None or row[0] == config.base_url:
        return config
    if not was:
        raise ConfigError(
            f"domain is {config.domain}, but this node lives at {row[0]}. To move it: cordee move-domain --to {config.domain}"
        )
    return config.model_copy(update={"base_url": row[0], "domain": row[0].partition("://")[2]})


def seal_key(config: Config) -> bytes:
    """The node's own secret. Raises ConfigError."""
    try:
        return config.seal_key_path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{config.seal_key_path}: {error.strerror}. Run: cordee init") from error
