"""The IT of a company at a shell, beside the running server."""

import asyncio
import json
import shlex

from typer.testing import CliRunner

from instance import config
from instance.cli import app
from instance.config import Config
from tests.nodes import Company


class Desk:
    """The IT of one company, at a shell beside the running server."""

    def __init__(self, company: Company) -> None:
        self.company, self.host = company, company.host
        self.toml = company.config.data_dir / "cordee.toml"
        self.toml.write_text(config.render(company.config, Config.model_fields))

    async def run(self, line: str, *, status: int = 0) -> str:
        """What a command prints."""
        environment = {"CORDEE_CONFIG": str(self.toml)}
        result = await asyncio.to_thread(CliRunner().invoke, app, shlex.split(line), env=environment)
        assert result.exit_code == status, result.output
        return result.output

    async def json(self, line: str):
        printed = (await self.run(f"{line} --json")).splitlines()
        first = next(
            number for number, text in enumerate(printed) if text[:1] in "[{"
        )  # the node beside may log
        return json.loads("\n".join(printed[first:]))

    async def state(self) -> str:
        """How the one charter that this company knows of stands."""
        return ", ".join(row["state"] for row in await self.json("charter list"))
