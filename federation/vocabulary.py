"""Names of the wire: contexts, media types, the public collection, our own terms. The rule kept here: a name is written once."""

from typing import Any, Final

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
CORDEE: Final = "https://w3id.org/cordee#"

_TERMS: Final[dict[str, Any]] = {
    "cordee": CORDEE,
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "sensitive": "as:sensitive",
    "Hashtag": "as:Hashtag",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "implements": {"@id": "https://w3id.org/fep/844e/implements", "@type": "@id", "@container": "@list"},
    "members": {"@id": "cordee:members", "@type": "@id"},
    "memberRole": "cordee:memberRole",
    "Charter": "cordee:Charter",
    "Party": "cordee:Party",
    "Suspend": "cordee:Suspend",
    "project": {"@id": "cordee:project", "@type": "@id"},
    "parties": {"@id": "cordee:parties", "@container": "@list"},
    "party": "cordee:party",
    "node": {"@id": "cordee:node", "@type": "@id"},
    "host": "cordee:host",
    "role": "cordee:role",
    "version": "cordee:version",
    "labelCeiling": "cordee:labelCeiling",
    "label": "cordee:label",
    "retention": "cordee:retention",
    "indicators": "cordee:indicators",
    "previous": "cordee:previous",
    "log": "cordee:log",
    "seq": "cordee:seq",
    "prev": "cordee:prev",
    "entryHash": "cordee:entryHash",
    "redacted": "cordee:redacted",
    "work": "cordee:work",
    "digestMultibase": "https://w3id.org/security#digestMultibase",
}
CONTEXT: Final[list[Any]] = [ACTIVITY_STREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, _TERMS]

ACTIVITY_JSON: Final = "application/activity+json"
LD_JSON: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
JRD_JSON: Final = "application/jrd+json"
ACCEPT: Final = f"{ACTIVITY_JSON}, {LD_JSON}"

ACTOR_TYPES: Final = frozenset({"Application", "Group", "Organization", "Person", "Service"})
NOTE_TYPES: Final = frozenset(
    {"Note", "Article", "Page", "Question", "Event", "Image", "Audio", "Video", "Document"}
)


def is_activity_media_type(content_type: str) -> bool:
    """Whether a Content-Type names an ActivityStreams document (ActivityPub 3.2; plain JSON-LD needs the profile)."""
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type == ACTIVITY_JSON:
        return True
    profiles = [p.partition("=")[2].strip('"').split() for p in parameters if p.startswith("profile=")]
    return media_type == "application/ld+json" and any(ACTIVITY_STREAMS in profile for profile in profiles)
