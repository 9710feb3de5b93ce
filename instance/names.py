"""Finds the names of things in any text or document, however they are written. The rule kept here: pure; in doubt there is a name.

A *name* is what all spellings of an id have in common. For an IRI it is `host/path`: no scheme, port, user, query or fragment; lower
case, decoded, dots and doubled slashes resolved. For a person it is the handle `@alice@acme.example`, which `/people/alice` spells too.
What belongs to a thing (`…/followers`, `…#main-key`) has the thing's name. Where several ids share one name, the gate asks them all.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Any

import orjson

from federation.document import strings

PARTS = frozenset(
    {
        "inbox",
        "outbox",
        "followers",
        "followers_synchronization",
        "following",
        "members",
        "activity",
        "replies",
        "likes",
        "shares",
        "featured",
        "context",
        "context-history",
    }
)
UNREADABLE = "(escaped too often)"
ROUNDS = 16

_LETTER = r"[a-z0-9_/.~@%:+=\-]"
_PATH = rf"{_LETTER}{{0,500}}"  # bounded, since a hostile "//a//a//a…" begins a path at every step
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789_.+-"
_IRI = re.compile(rf"//(?=([\w.\-:@%\[\]~!$*+=]+)(/{_PATH})?)")
_HOST = re.compile(r"[\w\-]+(?:\.[\w\-]+)*")
_NUMBER = r"u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})"
_NUMBERED = re.compile(rf"\\(?:{_NUMBER})")
_ESCAPE = re.compile(rf"\\(?:{_NUMBER}|(.))", re.DOTALL)
_TAGS = re.compile(r"<[^<>]*>")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
_PUNYCODE = re.compile(r"(?<![a-z0-9])xn--[a-z0-9\-]+")
_PORT = re.compile(r":\d*$")
_PLAIN_PATH = re.compile(f"{_LETTER}*")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_BETWEEN = "\x1e"
# Characters that take no room on the screen: joiners, directions, fillers, variation selectors, tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_IDEOGRAPHIC_DOT = "\u3002"  # stands between the labels of a host as well


def names_in(content: Any, *, own_host: str) -> frozenset[str]:
    """Every name in a document (keys included), a text, bytes of UTF-8, or a list of these.

    Names of `own_host` are found also where no scheme stands before them.
    """
    own = host_name(own_host)
    found: set[str] = set()
    for form in _forms(_text(content)):
        found |= {f"{own}/{UNREADABLE}"} if form is None else _found(form, own)
    return frozenset(found)


def canonical(iri: str) -> str:
    """The name of one IRI or handle ("acct:" or "@" in front or not). Raises ValueError where there is none."""
    form = next((form for form in reversed(list(_forms(iri))) if form), "").casefold().replace("\\", "/")
    if match := _IRI.search(form):
        return _name(match[1], match[2] or "")
    for name, host in _handles(form):
        return _handle(name, host)
    raise ValueError(f"not the name of anything: {iri!r}")


def is_own(name: str, own_host: str) -> bool:
    """True for a name of that host."""
    own = host_name(own_host)
    return name == own or name.startswith(f"{own}/") or (name[0] == "@" and name.endswith(f"@{own}"))


@lru_cache(maxsize=1024)
def host_name(host: str) -> str:
    """A host as it stands in names: without port, in letters (not Punycode), lower case."""
    labels = _PORT.sub("", host).rstrip(".").split(".")
    return _visible(".".join(map(_letters, labels))).casefold()


def _letters(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _text(content: Any) -> str:
    """All strings of a document in one text; of JSON bytes every literal, those under a repeated key as well."""
    if isinstance(content, list | tuple):
        return _BETWEEN.join(map(_text, content))
    if isinstance(content, bytes):
        content = content.decode("utf-8", "replace")
    if not isinstance(content, str):
        return _BETWEEN.join(strings(content))
    if content.startswith(("{", "[")):
        with suppress(orjson.JSONDecodeError):
            orjson.loads(content)  # only where all of it is JSON do the literals say everything
            return _BETWEEN.join(orjson.loads(f"[{','.join(_LITERAL.findall(content))}]"))
    return content


def _forms(text: str) -> Iterator[str | None]:
    """The text as written, and after each layer of escapes is taken off; None at the end when that does not end.

    A backslash escapes what comes after it, or stands for a slash, as browsers read it in an address: wherever there is one, both are tried.
    """
    for form in _peeled(text, _unbackslashed):
        if form and "\\" in form:
            yield from _peeled(form, _unnumbered)
        else:
            yield form


def _peeled(text: str, unescaped: Callable[[str], str]) -> Iterator[str | None]:
    text = _visible(text)
    yield text
    for _ in range(ROUNDS):
        before = text
        for without in (unescaped, html.unescape, _unquoted):
            plain = without(text)
            if plain != text:
                text = _visible(plain)
                yield text
        if text == before:
            return
    yield None


def _visible(text: str) -> str:
    """Without characters that do not show, in compatibility form (fullwidth letters become letters)."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).replace(_IDEOGRAPHIC_DOT, ".")


def _unbackslashed(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unnumbered(text: str) -> str:
    """Without the escapes that give a character's number; other backslashes stay."""
    return _NUMBERED.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        return chr(min(int(digits, 16), 0x10FFFF))
    other = match[4]
    return " " if other in "bfnrt" else other


def _unquoted(text: str) -> str:
    return _PERCENT.sub(_octets, text) if "%" in text else text


def _octets(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")


def _found(text: str, own: str) -> set[str]:
    """The names in a text in which nothing is escaped."""
    text = _lettered(text.casefold().replace("\\", "/"))
    if f"{own}:" in text:
        text = _with_port(own).sub(own, text)
    found = _spelled(text, own)
    # Browsers read through line breaks and markup in an address. Elsewhere these separate, so only a name of our own
    # that comes into being without them counts.
    unbroken = text.replace("\n", "").replace("\r", "").replace("\t", "")
    bare = _TAGS.sub("", unbroken) if "<" in text else unbroken
    for glued in {unbroken, bare} - {text}:
        if _mentions_of(own, glued) > _mentions_of(own, text):
            found |= _spelled(glued, own)
    return found


def _lettered(text: str) -> str:
    """Punycode in letters, wherever it stands."""
    return _PUNYCODE.sub(lambda match: host_name(match[0]), text) if "xn--" in text else text


def _spelled(text: str, own: str) -> set[str]:
    found = {_name(host, path) for host, path in set(_IRI.findall(text))}
    found |= {_name(own, path) for path in set(_bare(own).findall(text))}
    if "@" in text:
        found |= {_handle(name, host) for name, host in set(_handles(text))}
    return found


def _handles(text: str) -> Iterator[tuple[str, str]]:
    """What stands before and after each @, where both are there."""
    for before, after in pairwise(text.split("@")):
        name, host = before[len(before.rstrip(_NAME)) :], _HOST.match(after)
        if name and host:
            yield name, host[0]


def _mentions_of(own: str, text: str) -> int:
    return len(_bare(own).findall(text)) + text.count(f"@{own}")


@lru_cache(maxsize=16)
def _bare(own: str) -> re.Pattern[str]:
    """Our own host with a path, with or without a scheme before it; not as the end of a longer host."""
    host = re.escape(own)  # first in the pattern: a literal is searched for at the speed of memory
    return re.compile(rf"{host}(?<![^\W_]{host})(?<![^\W_][.\-]{host})\.?(?::\d*)?(/{_LETTER}*)")


@lru_cache(maxsize=16)
def _with_port(own: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(own)}:\d+")


@lru_cache(maxsize=8192)
def _name(authority: str, path: str) -> str:
    host = host_name(authority.rpartition("@")[2])
    plain = _PLAIN_PATH.match(_unquoted(path).casefold())
    segments = _segments(plain[0] if plain else "")
    if segments and segments[-1] in PARTS and (len(segments) > 2 or segments[0] == "actor"):
        segments.pop()
    if len(segments) == 2 and segments[0] == "people":
        return _handle(segments[1], host)
    if len(segments) == 1 and segments[0].startswith("@"):
        return f"{segments[0]}@{host}" if "@" not in segments[0][1:] else segments[0]
    return "/".join([host, *segments])


def _segments(path: str) -> list[str]:
    segments: list[str] = []
    for segment in path.rstrip(".:~=+").split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return segments


def _handle(name: str, host: str) -> str:
    return f"@{name.strip('.-+')}@{host_name(host)}"
