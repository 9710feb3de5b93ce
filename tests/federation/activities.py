"""Builders of activities as they come over the wire."""

from typing import Any

ALICE, BOB = "https://acme.example/people/alice", "https://globex.example/people/bob"
NODE = "https://acme.example/actor"
NOTE = {"id": "https://acme.example/posts/1", "type": "Note", "attributedTo": ALICE}


def an_activity(kind: str = "Create", **changes: object) -> dict[str, Any]:
    return {
        "id": "https://acme.example/activities/1",
        "type": kind,
        "actor": ALICE,
        "object": NOTE,
        **changes,
    }
