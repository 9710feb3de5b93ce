"""Names of the wire: contexts, media types, the public collection, our own terms. The rule kept here: a name is written once."""

from functools import lru_cache
from typing import Any, Final

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
CORDEE: Final = "https://w3id.org/cordee#"

# What is sent says the terms that it uses and no more (see `fitting`): a context is canonicalised, hashed, kept and sent with each, twice.
_LOG_TERMS: Final[dict[str, Any]] = {
    "cordee": CORDEE,
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "Emoji": "http://joinmastodon.org/ns#Emoji",
    "EmojiReact": "http://litepub.social/ns#EmojiReact",
    "digestMultibase": "https://w3id.org/security#digestMultibase",
    "size": "https://joinpeertube.org/ns#size",
    "blurhash": "http://joinmastodon.org/ns#blurhash",
    "focalPoint": {"@id": "http://joinmastodon.org/ns#focalPoint", "@container": "@list"},
    "votersCount": "http://joinmastodon.org/ns#votersCount",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "contextHistory": {"@id": "https://w3id.org/fep/171b/contextHistory", "@type": "@id"},
    "history": {"@id": "https://w3id.org/fep/bad1/history", "@type": "@id"},
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "label": "cordee:label",
    "work": "cordee:work",
    "kind": "cordee:kind",
    "log": "cordee:log",
    "project": {"@id": "cordee:project", "@type": "@id"},
    "party": "cordee:party",
    "seq": "cordee:seq",
    "prev": "cordee:prev",
    "entryHash": "cordee:entryHash",
    "redacted": "cordee:redacted",
}
_TERMS: Final[dict[str, Any]] = {
    **_LOG_TERMS,
    # None of the contexts above has it outside of a proof: without it, who reads JSON-LD finds no key for our proofs.
    "assertionMethod": {
        "@id": "https://w3id.org/security#assertionMethod",
        "@type": "@id",
        "@container": "@set",
    },
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "discoverable": "http://joinmastodon.org/ns#discoverable",
    "indexable": "http://joinmastodon.org/ns#indexable",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
    "members": {"@id": "cordee:members", "@type": "@id"},
    "memberRole": "cordee:memberRole",
    "Charter": "cordee:Charter",
    "Party": "cordee:Party",
    "Suspend": "cordee:Suspend",
    "parties": {"@id": "cordee:parties", "@container": "@list"},
    "node": {"@id": "cordee:node", "@type": "@id"},
    "host": "cordee:host",
    "role": "cordee:role",
    "version": "cordee:version",
    "labelCeiling": "cordee:labelCeiling",
    "retention": "cordee:retention",
    "indicators": "cordee:indicators",
    "guests": "cordee:guests",
    "previous": "cordee:previous",
    "head": "cordee:head",
    "hash": "cordee:hash",
}
_OF_ENTRIES: Final = frozenset({"log", "project", "party", "seq", "prev", "entryHash", "redacted"})
POST_CONTEXT: Final[list[Any]] = [ACTIVITY_STREAMS, DATA_INTEGRITY, _LOG_TERMS]
CONTEXT: Final[list[Any]] = [ACTIVITY_STREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, _TERMS]

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
JRD_JSON: Final = "application/jrd+json"
ACCEPT: Final = f"{ACTIVITY_JSON}, {LD_JSON}"

ACTOR_TYPES: Final = frozenset({"Application", "Group", "Organization", "Person", "Service"})
# Of an activity with several types the first of these counts.
ACTIVITY_TYPES: Final = frozenset(
    [
        "Accept",
        "Add",
        "Announce",
        "AnnounceRequest",
        "Arrive",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "EmojiReact",
        "Flag",
        "Follow",
        "Ignore",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "LikeRequest",
        "Listen",
        "Lock",
        "Move",
        "Offer",
        "QuoteRequest",
        "Read",
        "Reject",
        "Remove",
        "ReplyRequest",
        "Suspend",
        "TentativeAccept",
        "TentativeReject",
        "Travel",
        "Undo",
        "Update",
        "View",
    ]
)
NOTE_TYPES: Final = frozenset(
    {"Note", "Article", "Page", "Question", "Event", "Image", "Audio", "Video", "Document"}
)


def fitting(document: dict[str, Any], *, is_entry: bool) -> dict[str, Any]:
    """A document that has the context of posts, with those of its terms alone that it uses, or will as an entry of a log."""
    if document.get("@context") is not POST_CONTEXT:
        return document
    used = _words_in({name: value for name, value in document.items() if name != "@context"})
    terms = frozenset((used | _OF_ENTRIES if is_entry else used) & _LOG_TERMS.keys())
    return {**document, "@context": _context_of(terms)}


def _words_in(document: dict[str, Any]) -> set[str]:
    """The keys and the types in a document, however deep."""
    found: set[str] = set()
    values: list[Any] = [document]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            found.update(value)
            kinds = value.get("type")
            found.update([kinds] if isinstance(kinds, str) else kinds or ())
            values += [one for one in value.values() if not isinstance(one, str)]
        elif isinstance(value, list | tuple):
            values += [one for one in value if not isinstance(one, str)]
    return found


@lru_cache(maxsize=256)
def _context_of(terms: frozenset[str]) -> list[Any]:
    """The context of these terms, and of the prefixes that they are written with."""
    meant = {name: _LOG_TERMS[name] for name in _LOG_TERMS if name in terms}
    prefixes = {_iri_of(term).partition(":")[0] for term in meant.values()}
    needed = terms | prefixes
    return [
        ACTIVITY_STREAMS,
        DATA_INTEGRITY,
        {name: term for name, term in _LOG_TERMS.items() if name in needed},
    ]


def _iri_of(term: Any) -> str:
    return str(term["@id"] if isinstance(term, dict) else term)


def is_activity_media_type(content_type: str) -> bool:
    """Whether a Content-Type names an ActivityStreams document (ActivityPub 3.2; plain JSON-LD needs the profile)."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type == ACTIVITY_JSON:
        return True
    profiles = [p.partition("=")[2].strip('"').split() for p in parameters if p.startswith("profile=")]
    return media_type == "application/ld+json" and any(ACTIVITY_STREAMS in profile for profile in profiles)
