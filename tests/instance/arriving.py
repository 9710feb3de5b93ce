"""Activities as they arrive at a node: real ones that another company said, and forged ones made with its own keys."""

from typing import Any

import orjson

from federation import keys, log, proof
from federation.activity import Activity
from federation.document import Document
from federation.log import Head
from federation.node import Receipt
from federation.signature import Form, Sender
from instance import inbox
from instance.inbox import Arrival
from instance.storage import keys as key_rows
from instance.storage import log as entries
from instance.storage import received
from tests.nodes import Company


async def bring(to: Company, document: Document, *, signer: str, heads: str | None = None) -> Receipt:
    """Bring an activity to a node as the host of `signer`, whose transport signature was good. Raises FederationError."""
    sender = Sender(f"{signer}#main-key", signer, Form.CAVAGE, 0, (), b"")
    activity = Activity.parse(document)
    return await to.node.receive(activity, signer=sender, raw=orjson.dumps(document), heads=heads)


async def said(company: Company, seq: int) -> Document:
    """The entry with this number of the company's own sequence, as it stands in its log."""
    row = await company.node.read(lambda tx: entries.at(tx, company.project_iri, company.host, seq=seq))
    assert row is not None
    return orjson.loads(row.document)


async def proven(
    company: Company, author: str, document: Document, *, head: Head | None, by: str | None = None
) -> Document:
    """A document as the company's next entry behind `head`, proven with its author's own key, or that of another of its people.

    What a broken or hostile node could say.
    """
    author = by or author
    own = await company.node.read(lambda tx: key_rows.private_key(tx, author, key_rows.ED25519))
    assert own is not None
    fields = log.log_fields(project=company.project_iri, party=company.host, head=head)
    key: Any = keys.private_from_pem(own.private_pem, own=True)
    return proof.add_proof(
        {**document, "log": fields},
        key=key,
        key_id=own.key_iri,
        created="2026-11-25T03:00:00Z",
    )


def a_create(company: Company, author: str, words: str, *, number: int = 1) -> Document:
    """Create of a Note, without proof or place."""
    base = company.config.base_url
    note = {
        "id": f"{base}/posts/forged-{number}",
        "type": "Note",
        "attributedTo": author,
        "to": [company.project_iri],
        "content": f"<p>{words}</p>",
        "published": "2026-11-25T03:00:00Z",
    }
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{base}/activities/forged-{number}",
        "type": "Create",
        "actor": author,
        "to": [company.project_iri],
        "object": note,
    }


async def decided(company: Company, iri: str) -> tuple[int, str] | None:
    """What the node wrote down about an activity: status and rule."""
    row = await company.node.read(lambda tx: received.by_iri(tx, iri))
    return None if row is None else (row.status, row.rule)


async def make_known(to: Company, company: Company, actor_iri: str) -> None:
    """Let a node know the key of somebody who is in no project."""
    known = await company.node.read(lambda tx: key_rows.keys_of(tx, actor_iri))
    await to.node.write(lambda tx: key_rows.put_partners(tx, actor_iri, known, asked=True))


async def re_serve(to: Company, document: Document, *, party: Company) -> Receipt:
    """Let a node take an entry of `party` that it fetched from the log of another, its proof checked."""
    activity = Activity.parse(document)
    arrival = Arrival(activity, party.host, "", activity.actor, log.entry_of(document))
    return await to.node.write(lambda tx: inbox.receive(tx, arrival, gate=to.node.gate))
