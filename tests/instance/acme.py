"""A small world for the tests of the gate: a company, two projects, partners, and something internal."""

from typing import Any

from federation.letters import Outbound
from instance import ids
from instance.egress import Gate
from instance.policy import INTERNAL
from instance.storage import ledger
from tests.builders import ACME, GLOBEX, INITECH, NOW_MS, a_person, a_project, a_thing, a_tx

KEY = b"k" * 32
GATE = Gate(KEY)
JSON_TYPE = "application/activity+json"


class World:
    """Acme with project Apollo (Globex and Initech), project Gemini (Initech), and something of its own."""

    def __init__(self, base: str = f"https://{ACME}") -> None:
        self.tx = a_tx(base)
        self.apollo = a_project(self.tx, "apollo", GLOBEX, INITECH)
        self.gemini = a_project(self.tx, "gemini", INITECH)
        self.alice = a_person(self.tx, "alice", self.apollo)
        self.carol = a_person(self.tx, "carol")
        self.bob = a_person(self.tx, "bob", self.apollo, host=GLOBEX)
        self.post = a_thing(self.tx, space=self.apollo)
        self.secret = a_thing(self.tx, space=INTERNAL)
        self.plan = a_thing(self.tx, space=self.gemini)

    def create(self, **note: Any) -> dict[str, Any]:
        """A Create of a Note in Apollo, as the outbox would say it."""
        return {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://w3id.org/security/data-integrity/v2",
            ],
            "id": a_thing(self.tx, f"activities/{ids.snowflake(NOW_MS)}", space=self.apollo, kind="activity"),
            "type": "Create",
            "actor": self.alice,
            "to": [self.apollo],
            "object": {
                "id": self.post,
                "type": "Note",
                "attributedTo": self.alice,
                "content": f'<p>Ready, <a href="{self.bob}">@bob</a></p>',
                "tag": [{"type": "Mention", "href": self.bob, "name": f"@bob@{GLOBEX}"}],
            }
            | note,
        }

    def release(self, document: dict[str, Any]) -> tuple[Outbound, ...]:
        return GATE.release(self.tx, document, author=self.alice)

    def last(self) -> ledger.LineRow:
        return ledger.lines(self.tx, limit=1)[0]
