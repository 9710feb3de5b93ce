"""An app that checks every answer that it gets against the documented entities, and keeps what does not agree."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.web.client import Answer, App
from tests.web.entity_table import faults

ANSWERS = Path(__file__).parent / "answers.csv"


class Expected(NamedTuple):
    """What an endpoint answers when all is well."""

    method: str
    path: str
    kind: str

    def matches(self, method: str, path: str) -> bool:
        pattern = re.sub(r":\w+", "[^/]+", self.path)
        return method == self.method and re.fullmatch(pattern, path) is not None


@cache
def expected() -> list[Expected]:
    """Every endpoint whose answer is described, those without parameters first."""
    with ANSWERS.open(encoding="utf-8", newline="") as lines:
        rows = [Expected(row["method"], row["path"], row["answer"]) for row in csv.DictReader(lines)]
    return sorted(rows, key=lambda row: row.path.count(":"))


class Checked(App):
    """`faults` are what did not agree; `seen` the endpoints that answered well."""

    def __init__(self, app: App, faults: set[str], seen: set[Expected]) -> None:
        super().__init__(app.company, app.session, app.token, app.headers)
        self.faults, self.seen = faults, seen

    async def call(self, method: str, path: str, **options: Any) -> Answer:
        answer = await super().call(method, path, **options)
        place = next((row for row in expected() if row.matches(method, path.partition("?")[0])), None)
        if place is not None and answer.status in {200, 202}:
            self.seen.add(place)
            self.faults.update(faults(_kind(place, answer.content), answer.content))
        if answer.status >= 400:
            self.faults.update(faults("Error", answer.content))
        return answer


def _kind(place: Expected, content: Any) -> str:
    """A post for later is answered as such."""
    is_later = isinstance(content, dict) and "scheduled_at" in content and place.kind == "Status"
    return "ScheduledStatus" if is_later else place.kind
