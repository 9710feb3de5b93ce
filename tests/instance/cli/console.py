"""A shell at a node, for tests of the command line."""

import asyncio
import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from typer.testing import CliRunner, Result

from instance import config
from instance.cli import app
from instance.storage.database import Database

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse battery"


class Console:
    """A shell in which the node's settings are known."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.toml, self.data = directory, directory / "cordee.toml", directory / "data"

    def __call__(self, line: str, *, text: str | None = None, **env: str) -> Result:
        """Run a line as typed, without "cordee"."""
        forget = {key: None for key in os.environ if key.startswith("CORDEE_")}
        return CliRunner().invoke(
            app, shlex.split(line), input=text, env=forget | {"CORDEE_CONFIG": str(self.toml)} | env
        )

    def good(self, line: str, *, text: str | None = None, **env: str) -> str:
        """What a command prints that must succeed."""
        result = self(line, text=text, **env)
        assert result.exit_code == 0, result.output
        return result.stdout

    def bad(self, line: str, *, status: int = 1, text: str | None = None, **env: str) -> str:
        """The one line that a command says that must fail."""
        result = self(line, text=text, **env)
        assert result.exit_code == status, result.output
        return result.stderr.splitlines()[-1]

    def execute(self, statement: str) -> None:
        """Change the database behind the program's back."""
        with closing(sqlite3.connect(self.data / "cordee.sqlite")) as connection, connection:
            connection.executescript(statement)


def init_line(directory: Path, domain: str = "acme.example") -> str:
    return f"init --domain {domain} --company Acme --admin alice --data {directory / 'data'}"


def read(console: Console, query):
    """Ask the node's database."""

    async def ask():
        found = config.load(console.toml)
        database = await Database.open(str(found.database), found.home)
        try:
            return await database.read(query)
        finally:
            await database.close()

    return asyncio.run(ask())
