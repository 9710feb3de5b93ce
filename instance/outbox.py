"""What the domain wants said becomes letters. The rule kept here: in the caller's transaction, gate first; what is withheld takes no number.

A project's activity gets the next number of our own sequence and its author's integrity proof before the gate seals its bytes: a number
is taken if and only if the gate lets the activity go, so a partner never sees a hole that only we could explain; and none while a partner
holds entries of ours that we have lost.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import cast

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation import keys, log, proof
from federation.document import Document, id_of
from federation.letters import Draft
from federation.vocabulary import fitting
from instance import ownlog, renaming
from instance.domain import guest_mirror
from instance.egress import Gate
from instance.errors import InstanceError
from instance.storage import delivery, other_names
from instance.storage import keys as stored_keys
from instance.storage import log as entries
from instance.storage.database import Tx

_OWN = "own"


def send(tx: Tx, drafts: Iterable[Draft], *, gate: Gate) -> None:
    """Say these activities, in order, to every host that the gate admits; all of it in the caller's transaction.

    What a project's guests are told of it follows behind.
    """
    for draft in drafts:
        finish = partial(_finished, tx, draft)
        activity = fitting(draft.activity, is_entry=draft.project is not None)
        letters = gate.release(
            tx, activity, author=draft.author, finish=finish, only=draft.host, inbox=draft.inbox
        )
        delivery.enqueue(tx, letters)
        if letters and draft.project is not None:
            send(tx, guest_mirror.mirrored(tx, draft.activity, draft.project), gate=gate)


def _finished(tx: Tx, draft: Draft, activity: Document) -> Document:
    """The activity as it leaves: with its author's proof, and as the next entry of our own sequence where it enters a project's log."""
    if draft.project is None:
        return _proven(tx, activity, draft.author)
    return _entered(tx, activity, project=draft.project, author=draft.author)


def _entered(tx: Tx, activity: Document, *, project: str, author: str) -> Document:
    ownlog.check_whole(tx, project)
    head = entries.head(tx, project, tx.home.host)
    fields = log.log_fields(project=project, party=tx.home.host, head=head)
    document = _proven(tx, {**activity, "log": fields}, author)
    entries.append(
        tx,
        entries.EntryRow(
            project_iri=project,
            party=tx.home.host,
            seq=fields["seq"],
            hash=log.entry_hash(document),
            prev=fields.get("prev"),
            activity_iri=document["id"],
            object_iri=id_of(document.get("object")) or "",
            state=entries.APPLIED,
            rule=_OWN,
            document=orjson.dumps(document).decode(),
            received_at_ms=tx.now_ms,
        ),
    )
    return document


def _proven(tx: Tx, document: Document, author: str) -> Document:
    present = renaming.iri(other_names.known(tx), author)  # guests are told under the name that they know
    own = stored_keys.private_key(tx, present, stored_keys.ED25519)
    if own is None:
        raise InstanceError(f"{author} has no Ed25519 key, so nothing can be proven to be its words")
    created = f"{datetime.fromtimestamp(tx.now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    key_id = author + own.key_iri.removeprefix(present)
    return proof.add_proof(document, key=_signing_key(own.private_pem), key_id=key_id, created=created)


@lru_cache(maxsize=512)
def _signing_key(pem: str) -> Ed25519PrivateKey:
    """By its text, so a key that was replaced is never used again."""
    return cast("Ed25519PrivateKey", keys.private_from_pem(pem, own=True))
