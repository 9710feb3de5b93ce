"""Everything that reads what strangers send, before anybody has proven anything. Whatever the bytes: a value, or an error of our own."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from multidict import CIMultiDict

from federation import audience, collection, discovery, jcs, keys, log, origin, proof, signature
from federation.activity import Activity, moment_ms
from federation.document import Document, ids_of, parse, strings, text_of, types_of
from federation.errors import FederationError
from instance.domain import charter_document, note, text

KEY = keys.generate_ed25519().public_key()
NOW_MS = 1_795_600_000_000


def _hash(document: Document) -> str:
    return log.entry_hash(document)


def _activity(document: Document) -> None:
    activity = Activity.parse(document)
    assert activity.published_ms is None or isinstance(activity.published_ms, int)
    with suppress(FederationError):
        origin.check_owns(activity)
    origin.check_speaks_for("https://acme.example/actor", activity, proven=activity.actor)


def _words(document: Document) -> None:
    ids_of(document), types_of(document), text_of(document), list(strings(document))
    for value in document.values():
        moment_ms(value), text.plain(text.clean(text_of(value)))


READERS: dict[str, Callable[[Document], object]] = {
    "activity": _activity,
    "words": _words,
    "canonical": jcs.canonical,
    "entry": log.entry_of,
    "hash": _hash,
    "redacted": log.redacted,
    "blind": audience.without_blind,
    "proof": lambda document: proof.check_proof(document, find_key=lambda _: KEY, now_ms=NOW_MS),
    "keys": keys.public_keys_of,
    "items": collection.items_of,
    "next": collection.next_of,
    "webfinger": discovery.parse_webfinger,
    "server": discovery.parse_server_actor,
    "implements": discovery.parse_implements,
    "charter": charter_document.read_charter,
    "note": lambda document: note.read_note(document, now_ms=NOW_MS),
}


def read_document(body: bytes) -> None:
    """Read a body in every way there is, whole and what it carries. Raises what a stranger must not be able to raise."""
    with suppress(FederationError):
        document = parse(body)
        carried = document.get("object")
        for thing in (document, carried) if isinstance(carried, dict) else (document,):
            for read in READERS.values():
                with suppress(FederationError):
                    read(thing)


def read_headers(body: bytes) -> None:
    """Read a text as each header and address that a stranger may send."""
    words = body.decode("latin-1").replace("\r", " ").replace("\n", " ")
    readers: tuple[Callable[[str], Any], ...] = (
        log.parse_heads,
        origin.host_of,
        discovery.acct,
        keys.public_from_pem,
        keys.from_multikey,
        lambda value: signature.parse_signature(_request({"Signature": value})),
        lambda value: signature.parse_signature(
            _request({"Signature": "sig1=:eA==:", "Signature-Input": value})
        ),
    )
    for read in readers:
        with suppress(FederationError):
            read(words)


def _request(headers: dict[str, str]) -> signature.Request:
    named = CIMultiDict(
        {"Host": "acme.example", "Date": "Wed, 25 Nov 2026 08:00:00 GMT", "Digest": "SHA-256=x"} | headers
    )
    return signature.Request("POST", "https://acme.example", "/inbox?x=1", named, b"{}")
