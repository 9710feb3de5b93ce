"""A partner's Note, read without trusting its shape. The rule kept here: whatever comes, what goes on is clean text within limits.

An article has its name above its words; what is neither becomes words without links: its name and its content.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple

from federation.activity import moment_ms
from federation.document import Document, first_type, id_of, ids_of, one_or_many, text_of, types_of, words_of
from federation.errors import FederationError
from federation.origin import host_of, same_origin
from federation.vocabulary import PUBLIC_SPELLINGS
from instance.domain import text
from instance.domain.media import DESCRIPTION_LIMIT_CHARS, MEDIA_TYPES, UPLOAD_LIMIT_BYTES
from instance.domain.picture import FORMATS

EARLIEST_MS = 946_684_800_000  # 2000-01-01
LATEST_MS = 32_503_680_000_000  # 3000-01-01
CONTENT_LIMIT_CHARS = 100_000
SPOILER_LIMIT_CHARS = 500
MENTIONS_LIMIT = 100
TAGS_LIMIT = 200
PICTURES_LIMIT = 16
EMOJI_LIMIT_BYTES = 256 * 1024
ANSWERS_LIMIT = 20
ANSWER_LIMIT_CHARS = 500
VOTES_LIMIT = 1_000_000_000
LINE_LIMIT_CHARS = 500
_WRITTEN = frozenset({"Article", "Page"})
_SHOWN = frozenset({"Image", "Video", "Audio", "Document"})

_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*")
_SHORTCODE = re.compile(r":?([a-zA-Z0-9_]{2,64}):?")
_DIGEST = re.compile(r"f1220([0-9a-f]{64})")


class Attached(NamedTuple):
    """A picture that a Note says it has."""

    iri: str
    media_type: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    blurhash: str | None
    description: str
    focus: str


class Asked(NamedTuple):
    """What a Question asks. `counts` are as its author tells them, None where they are kept back until the end."""

    multiple: bool
    titles: tuple[str, ...]
    counts: tuple[int | None, ...]
    voters_count: int
    ends_at_ms: int | None


class ToldEmoji(NamedTuple):
    """An emoji that a Note says it writes (FEP-9098)."""

    shortcode: str
    picture: Attached


class Note(NamedTuple):
    """What a Note says, cleaned. `updated_at_ms` is when it was last changed, as it says."""

    iri: str
    author_iri: str
    parent_iri: str | None
    content: str
    spoiler: str
    sensitive: bool
    language: str | None
    work_kind: str | None
    mentions: tuple[str, ...]
    hashtags: tuple[str, ...]
    pictures: tuple[Attached, ...]
    published_at_ms: int
    updated_at_ms: int
    poll: Asked | None = None
    emojis: tuple[ToldEmoji, ...] = ()
    quote_iri: str | None = None
    quote_policy: str = "nobody"
    context_iri: str = ""
    history_iri: str = ""


def read_note(document: Document, *, now_ms: int) -> Note:
    """Read a Note, or what stands in its place."""
    published = _moment(document.get("published"), now_ms)
    iri = id_of(document) or ""
    language, content = _content(document)
    context_iri, history_iri = contexts_of(document)
    return Note(
        iri=iri,
        author_iri=id_of(document.get("attributedTo")) or "",
        parent_iri=id_of(document.get("inReplyTo")),
        content=content,
        spoiler=_spoiler(document, language or ""),
        sensitive=document.get("sensitive") is True,
        language=language,
        work_kind=_work_kind(document.get("work"), types_of(document)),
        mentions=_mentions(document.get("tag")),
        hashtags=_hashtags(document.get("tag")),
        pictures=_pictures(document.get("attachment"), iri),
        published_at_ms=published,
        updated_at_ms=_moment(document.get("updated"), now_ms) if document.get("updated") else published,
        poll=_asked(document),
        emojis=told_emojis(document.get("tag"), iri),
        quote_iri=_quoted(document),
        quote_policy=_quote_policy(document),
        context_iri=context_iri,
        history_iri=history_iri,
    )


def is_by(document: Any, author_iri: str) -> bool:
    """Whether a Note is that author's: it says so, perhaps beside others, or says nothing of who wrote it."""
    authors = ids_of(document.get("attributedTo")) if isinstance(document, dict) else [""]
    return author_iri in authors or not authors


def parent_of(document: Any) -> str | None:
    """The IRI of what a Note says it answers."""
    return id_of(document.get("inReplyTo")) if isinstance(document, dict) else None


def contexts_of(document: Any) -> tuple[str, str]:
    """The collections of the conversation that a Note says it is in: of posts, of activities; empty where it says none that can be asked for."""
    if not isinstance(document, dict):
        return "", ""
    return _collection(document.get("context")), _collection(document.get("contextHistory"))


def clamped(at_ms: int | None, now_ms: int) -> int:
    """A time that a partner says, between the year 2000 and now."""
    return now_ms if at_ms is None else max(EARLIEST_MS, min(at_ms, now_ms))


def _collection(value: Any) -> str:
    """The first of the ids that can be asked for: a conversation may have a `tag:` as well, or an object in place of its id."""
    for iri in ids_of(value):
        with suppress(FederationError):
            return iri if host_of(iri) else ""
    return ""


def _moment(value: Any, now_ms: int) -> int:
    return clamped(moment_ms(value), now_ms)


def _spoiler(document: Document, language: str) -> str:
    """The warning in front of a Note. What an article begins with is no warning."""
    if _WRITTEN.intersection(types_of(document)) and document.get("sensitive") is not True:
        return ""
    return text.plain(words_of(document, "summary", language=language)[:SPOILER_LIMIT_CHARS])


def _content(document: Document) -> tuple[str | None, str]:
    """Language and clean HTML."""
    language, content = _said(document)
    content, kinds = content[:CONTENT_LIMIT_CHARS], types_of(document)
    name = words_of(document, "name", language=language or "")
    if not {"Note", "Question"}.isdisjoint(kinds) and not _WRITTEN.intersection(kinds):
        html = content
    elif _WRITTEN.intersection(kinds):
        html = text.from_plain(name) + (content or text.from_plain(words_of(document, "summary")))
    else:
        html = text.from_plain("\n\n".join([name, *_occasion(document), text.plain(content)]))
    return language, text.clean(html + _unfetched(document))


def _said(document: Document) -> tuple[str | None, str]:
    """The words as they came and their language, where that is told: by a map beside the words, or in their place."""
    told = document.get("content")
    content = "" if isinstance(told, dict) else text_of(told)
    by_language = told if isinstance(told, dict) else document.get("contentMap")
    if not isinstance(by_language, dict):
        return None, content
    pairs = [(key, value) for key, value in by_language.items() if isinstance(value, str)]
    language, said = next((pair for pair in pairs if not content or pair[1] == content), (None, content))
    return language if language and _LANGUAGE.fullmatch(language) else None, content or said


def _occasion(document: Document) -> list[str]:
    """When and where an Event is, in lines that need no language."""
    begins, ends = (moment_ms(document.get(name)) for name in ("startTime", "endTime"))
    when = " – ".join(f"{_utc(at_ms):%Y-%m-%d %H:%M} UTC" for at_ms in (begins, ends) if at_ms is not None)
    places = [place for place in one_or_many(document.get("location")) if isinstance(place, dict)]
    where = ", ".join(filter(None, (words_of(place, "name") for place in places)))
    return (
        [line[:LINE_LIMIT_CHARS] for line in (when, where) if line] if "Event" in types_of(document) else []
    )


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(max(EARLIEST_MS, min(at_ms, LATEST_MS)) / 1000, UTC)


def _unfetched(document: Document) -> str:
    """A link in place of each picture that we do not fetch, so that nobody misses that there is one: its bytes are vouched for by nobody."""
    iri, lines = id_of(document) or "", []
    for item in one_or_many(document.get("attachment"))[:PICTURES_LIMIT]:
        address = _address(item)
        if first_type(item) in _SHOWN and address and _picture(item, iri) is None:
            words = text.plain(words_of(item, "name"))[:LINE_LIMIT_CHARS] or first_type(item)
            lines.append(f'<p><a href="{escape(address)}">{escape(words)}</a></p>')
    return "".join(lines)


def _address(item: Any) -> str:
    """Where something is: an address, or a Link to it, of several the first."""
    value = item.get("url", item.get("href")) if isinstance(item, dict) else item
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("href") or id_of(value)
    return value if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


def _quoted(document: Document) -> str | None:
    """What it quotes: FEP-044f, else the older words for it."""
    found = (id_of(document.get(name)) for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"))
    return next((iri for iri in found if iri), None)


def _quote_policy(document: Document) -> str:
    """Who may quote it as its author says; who says nothing lets nobody."""
    said = document.get("interactionPolicy")
    rule = said.get("canQuote") if isinstance(said, dict) else None
    approved = set(ids_of(rule.get("automaticApproval"))) if isinstance(rule, dict) else set()
    if approved & PUBLIC_SPELLINGS:
        return "public"
    author = id_of(document.get("attributedTo")) or ""
    return "followers" if f"{author}/followers" in approved else "nobody"


def _asked(document: Document) -> Asked | None:
    """The answers of a Question, when there are at least two different ones and no more than anybody reads."""
    if "Question" not in types_of(document):
        return None
    multiple = document.get("oneOf") is None
    options = [
        option
        for option in one_or_many(document.get("anyOf" if multiple else "oneOf"))[: ANSWERS_LIMIT + 1]
        if isinstance(option, dict)
    ]
    titles = tuple(words_of(option, "name")[:ANSWER_LIMIT_CHARS] for option in options)
    if not 2 <= len(titles) <= ANSWERS_LIMIT or len(set(titles)) < len(titles) or "" in titles:
        return None
    counts = tuple(_replies(option.get("replies")) for option in options)
    voters = _whole(document.get("votersCount"), VOTES_LIMIT)
    known = sum(count or 0 for count in counts) if voters is None else voters
    ends = moment_ms(document.get("endTime") or document.get("closed"))
    limited = None if ends is None else max(EARLIEST_MS, min(ends, LATEST_MS))
    return Asked(multiple, titles, counts, known, limited)


def _replies(value: Any) -> int | None:
    return _whole(value.get("totalItems"), VOTES_LIMIT) if isinstance(value, dict) else None


def _work_kind(value: Any, kinds: tuple[str, ...]) -> str | None:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind is None and "Event" in kinds:
        return "milestone"
    return kind if kind in text.WORK_KINDS else None


def _mentions(tags: Any) -> tuple[str, ...]:
    named = (tag for tag in one_or_many(tags)[:MENTIONS_LIMIT] if first_type(tag) == "Mention")
    return tuple(dict.fromkeys(href for tag in named if isinstance(href := tag.get("href"), str)))


def _hashtags(tags: Any) -> tuple[str, ...]:
    """As they are written, without the #."""
    said = (
        text_of(tag.get("name")) for tag in one_or_many(tags)[:TAGS_LIMIT] if first_type(tag) == "Hashtag"
    )
    names = (text.as_tag(name) for name in said)
    return tuple(dict.fromkeys(name for name in names if name))


def told_emojis(tags: Any, note_iri: str) -> tuple[ToldEmoji, ...]:
    """The emojis among the tags of something with that IRI, whose host vouches for their pictures (FEP-9098)."""
    found: dict[str, ToldEmoji] = {}
    for tag in one_or_many(tags)[:MENTIONS_LIMIT]:
        if first_type(tag) != "Emoji":
            continue
        name, icon = _SHORTCODE.fullmatch(text_of(tag.get("name"))), tag.get("icon")
        picture = _picture(icon, note_iri) if isinstance(icon, dict) else None
        if name and picture and picture.media_type in FORMATS and picture.size_bytes <= EMOJI_LIMIT_BYTES:
            found[name[1]] = ToldEmoji(name[1], picture)
    return tuple(found.values())


def _pictures(attachments: Any, note_iri: str) -> tuple[Attached, ...]:
    found = (
        _picture(item, note_iri)
        for item in one_or_many(attachments)[:PICTURES_LIMIT]
        if isinstance(item, dict)
    )
    return tuple(picture for picture in found if picture is not None)


def _picture(item: Document, note_iri: str) -> Attached | None:
    """A picture of the Note's own host whose bytes the Note vouches for; any other is left out."""
    url, digest = _address(item), item.get("digestMultibase")
    sha256 = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    size = _whole(item.get("size"), UPLOAD_LIMIT_BYTES)
    media_type = item.get("mediaType")
    if not same_origin(url, note_iri) or sha256 is None or size is None or media_type not in MEDIA_TYPES:
        return None
    blurhash = item.get("blurhash")
    return Attached(
        iri=url,
        media_type=media_type,
        sha256=sha256[1],
        size_bytes=size,
        width=_whole(item.get("width"), 100_000) or 0,
        height=_whole(item.get("height"), 100_000) or 0,
        blurhash=blurhash if isinstance(blurhash, str) and len(blurhash) <= 100 else None,
        description=words_of(item, "name")[:DESCRIPTION_LIMIT_CHARS],
        focus=_focus(item.get("focalPoint")),
    )


def _whole(value: Any, limit: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= limit else None


def _focus(value: Any) -> str:
    """Mastodon's "x,y", each from -1 to 1."""
    if not isinstance(value, list) or len(value) != 2:
        return ""
    if not all(isinstance(part, int | float) and -1 <= part <= 1 for part in value):
        return ""
    return ",".join(f"{part:g}" for part in value)
