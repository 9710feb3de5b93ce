"""What guests read of a post: its words without the handles and links of those who are in the project.

The rule kept here: pure; this is politeness, not the gate. A name that slips through in disguise holds the whole note back at the gate.
"""

import html
import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from instance.domain import text

LINK = "[…]"
# What stands beside the words of a post, in the language of the post.
_PHRASES = {
    "en": {
        "poll": "A poll: people of the project choose.",
        "poll_until": "A poll until {}: people of the project choose.",
        "poll_over": "The poll is over. Voters: {}.",
    },
    "fr": {
        "poll": "Un sondage : les personnes du projet choisissent.",
        "poll_until": "Un sondage jusqu’au {} : les personnes du projet choisissent.",
        "poll_over": "Le sondage est terminé. Votants : {}.",
    },
}
_ANCHOR = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"(<[^>]*>)")
_EMPTY = re.compile(r"<span[^>]*></span>\s*|<p>\s*</p>")
_NAME = r"[\w.+-]+"


def for_guests(content: str, *, people: Mapping[str, str], hosts: Collection[str]) -> str:
    """Clean HTML for guests. `people` are the names of those mentioned, by IRI and by handle; `hosts` are those whose names are kept."""
    unlinked = _ANCHOR.sub(lambda link: _unlinked(link, people, hosts), content)
    parts = (
        part
        if part.startswith("<")
        else _escaped(plain_for_guests(html.unescape(part), people=people, hosts=hosts))
        for part in _TAG.split(unlinked)
    )
    return text.clean("".join(parts))


def plain_for_guests(words: str, *, people: Mapping[str, str], hosts: Collection[str]) -> str:
    """Plain words for guests: a handle becomes the name of who is meant, an address a sign that one stood there."""
    if not any(host in words.casefold() for host in hosts):
        return words
    handles, addresses = _patterns(tuple(sorted(hosts)))
    unlinked = addresses.sub(LINK, words)
    return handles.sub(lambda match: people.get(f"@{match[1].casefold()}", LINK), unlinked)


def signed(content: str, *, name: str, company: str) -> str:
    """The words with who said them in front, as "Bob, Globex: …"."""
    who = f"{_escaped(name)}, {_escaped(company)}: "
    if content.startswith("<p>"):
        return f"<p>{who}{content[3:]}"
    return f"<p>{who}</p>{content}" if content else f"<p>{who.rstrip()}</p>"


def phrases(language: str | None) -> Mapping[str, str]:
    """The phrases that stand beside words in a language ("fr-CA"); English ones for a language that we do not speak."""
    return _PHRASES.get((language or "")[:2].lower(), _PHRASES["en"])


def tidied(content: str) -> str:
    """The words without what is left of a mention that was taken out, and without the space behind it."""
    return _EMPTY.sub("", content).replace("<p> ", "<p>")


def lines(words: Collection[str]) -> str:
    """A paragraph of such lines; nothing for none."""
    return f"<p>{'<br>'.join(_escaped(line) for line in words)}</p>" if words else ""


def _unlinked(link: re.Match[str], people: Mapping[str, str], hosts: Collection[str]) -> str:
    """A link to a place outside stays as it is; one to somebody of the project is the name, any other of its words."""
    href = html.unescape(link[1])
    if href in people:
        return _escaped(people[href])
    if not any(host in href.casefold() for host in hosts):
        return link[0]
    return _escaped(text.plain(link[2]))


def _escaped(words: str) -> str:
    return html.escape(words, quote=False)


@lru_cache(maxsize=64)
def _patterns(hosts: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Handles at these hosts, written as one or as a mail address; addresses at them."""
    named = "|".join(re.escape(host) for host in sorted(hosts, key=len, reverse=True))
    handles = re.compile(rf"@?({_NAME}@(?:{named}))(?![\w-])(?!\.\w)", re.IGNORECASE)
    return handles, re.compile(rf"(?:https?://)?(?<![\w.-])(?:{named})(?::\d+)?/\S*", re.IGNORECASE)
