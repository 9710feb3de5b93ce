"""A guest host that misbehaves, and what the node that has to stand it answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from instance.reasons import explain
from tests.foreign import kinds
from tests.foreign.server import Foreign, Json, a_server
from tests.scenarios.guest_place import Place, a_place
from web.app import build_app


class Guest:
    """A guest host that misbehaves, and Acme, which is to stand it."""

    def __init__(self, place: Place, foreign: Foreign) -> None:
        self.place, self.foreign, self.acme = place, foreign, place.acme
        self.who = foreign.person("ann")

    async def brings(self, body: Any, *, who: str = "", **more: Any) -> str:
        """The rule by which something is refused, "taken" when it is not; it is refused in form, and nothing breaks."""
        with capture_logs() as logs:
            status, problem = await self.foreign.send(self.acme, who or self.who, body, **more)
        assert not [line for line in logs if line["log_level"] == "error"], logs
        if status < 300:
            return "taken"
        assert 400 <= status < 500, problem
        assert problem["detail"] == explain(problem["rule"]) != ""
        return str(problem["rule"])

    def answer(self, **note: Any) -> Json:
        """A Create of a note that mentions the project."""
        made = self.foreign.kind.note(self.foreign, self.who, self.acme.project_iri)
        return self.foreign.said(self.who, "Create", made | note)

    async def is_well(self) -> None:
        """Acme still takes what is well meant."""
        profile = self.foreign.person("ann")
        shown = self.foreign.documents[profile.removeprefix(self.foreign.base)]
        assert await self.brings(self.foreign.said(self.who, "Update", shown)) == "taken"

    def somebody(self) -> str:
        """Somebody there whom Acme does not know yet."""
        return self.foreign.person(f"eve{len(self.foreign.documents)}")


@asynccontextmanager
async def a_guest(directory: Path) -> AsyncIterator[Guest]:
    """A guest whose ann follows Acme's project; the charter lets guests answer."""
    async with (
        a_place(directory, may="answer", app_of=build_app) as place,
        a_server(kinds.MASTODON) as foreign,
    ):
        await place.let_in(foreign)
        await foreign.follow(place.acme)
        yield Guest(place, foreign)
