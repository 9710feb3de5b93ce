"""Text in and out: what people write becomes HTML, what partners send becomes safe HTML.

The rule kept here: no HTML enters the database uncleaned, and nothing we make of a text names our own host but the actors mentioned
(a hashtag is not a link: a link into our pages would be a name that must not leave).
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore, linkify
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

URL_LENGTH = 23  # what Mastodon's apps count for any link
TAG_LIMIT_CHARS = 140
WORK_KINDS = ("deliverable", "decision", "blocker", "question", "task", "milestone", "idea")

_NAME = r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?"
# A letter somewhere; inside also what French and Japanese part words with, and what Persian joins them with.
_TAG = r"(?=[\w·・\u200c]*[^\W\d_])\w(?:[\w·・\u200c]*\w)?"
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?"
_MARKED = re.compile(
    rf"(?<![\w/@])@(?P<name>{_NAME})(?:@(?P<host>{_HOST}))?|(?<![\w/&#])#(?P<tag>{_TAG})",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>|</p>|</li>|</blockquote>|</pre>", re.IGNORECASE)

_CLEANER = nh3.Cleaner(
    tags={
        "p",
        "br",
        "span",
        "a",
        "del",
        "s",
        "pre",
        "blockquote",
        "code",
        "b",
        "strong",
        "u",
        "i",
        "em",
        "ul",
        "ol",
        "li",
        "ruby",
        "rt",
        "rp",
    },
    clean_content_tags={"script", "style"},
    attributes={
        "a": {"href", "translate"},
        "span": {"translate"},
        "ol": {"start", "reversed"},
        "li": {"value"},
    },
    allowed_classes={
        "a": {"mention", "u-url", "hashtag"},
        "span": {"h-card", "mention", "hashtag", "invisible", "ellipsis"},
    },
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)
_STRIPPER = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"}, attributes={}, link_rel=None)


class Handle(NamedTuple):
    """A handle as somebody wrote it, in lower case; `host` is empty in a bare one."""

    name: str
    host: str

    def __str__(self) -> str:
        return f"@{self.name}@{self.host}" if self.host else f"@{self.name}"


class Anchor(NamedTuple):
    """Whom a handle means: the actor's IRI and username."""

    iri: str
    username: str


def handles_in(source: str) -> tuple[Handle, ...]:
    """The handles in a text, each once, in order; not those in code and links."""
    return tuple(dict.fromkeys(_handle(token) for token in _marked(source) if token.type == "handle"))


def tags_in(source: str) -> tuple[str, ...]:
    """The hashtags in a text in lower case without the #, each once, in order; not those in code and links."""
    return tuple(dict.fromkeys(token.content.lower() for token in _marked(source) if token.type == "tag"))


def hashtags_in(source: str) -> tuple[str, ...]:
    """The hashtags in a text as they are written there, without the #, in order."""
    return tuple(dict.fromkeys(token.content for token in _marked(source) if token.type == "tag"))


def as_tag(written: str) -> str | None:
    """The hashtag that is meant, without its #; None when this can be none."""
    name = unicodedata.normalize("NFC", written[: 2 * TAG_LIMIT_CHARS].strip().removeprefix("#"))
    return name if len(name) <= TAG_LIMIT_CHARS and re.fullmatch(_TAG, name) else None


def work_kind(tags: Sequence[str]) -> str | None:
    """The kind of work item that the hashtags make of a post: the first that is one."""
    return next((tag for tag in tags if tag in WORK_KINDS), None)


def to_html(source: str, mentions: Mapping[Handle, Anchor]) -> str:
    """HTML of a text in light markdown. A handle in `mentions` becomes Mastodon's h-card, any other stays as written."""
    tokens = _parse(source)
    return _CLEANER.clean(
        _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {"mentions": mentions})
    ).strip()


def clean(content: str) -> str:
    """A partner's HTML, reduced to what may be shown."""
    return _CLEANER.clean(content).strip()


def plain(content: str) -> str:
    """The words of some HTML, with line breaks where blocks ended, and no markup."""
    return html.unescape(_STRIPPER.clean(_BREAK.sub("\n", content))).strip()


def from_plain(words: str) -> str:
    """HTML that shows plain words as they are; it makes no links."""
    paragraphs = html.escape(words.strip(), quote=False).split("\n\n")
    shown = (f"<p>{part.strip().replace(chr(10), '<br>')}</p>" for part in paragraphs if part.strip())
    return clean("".join(shown))  # a reader of HTML changes more than markup: NUL, carriage returns


def linked(words: str) -> str:
    """HTML of one line of plain words, in which web addresses are links."""
    parts, end = [], 0
    for match in _URL.finditer(words):
        address = html.escape(match[0])
        parts += [html.escape(words[end : match.start()], quote=False), f'<a href="{address}">{address}</a>']
        end = match.end()
    return clean("".join([*parts, html.escape(words[end:], quote=False)]))


def length(source: str) -> int:
    """Characters as Mastodon's apps count them: a link is 23, a handle counts without its host."""
    short = _URL.sub("x" * URL_LENGTH, source)
    return len(_MARKED.sub(lambda m: f"@{m['name']}" if m["name"] else m[0], short))


def _marked(source: str) -> Iterator[Token]:
    for block in _parse(source):
        yield from (token for token in block.children or () if token.type in {"handle", "tag"})


def _handle(token: Token) -> Handle:
    return Handle(token.content.lower(), str(token.meta["host"]).lower())


@lru_cache(maxsize=32)
def _parse(source: str) -> list[Token]:
    """A publication asks for handles, tags and HTML of one text in a row: it is parsed once."""
    return _MARKDOWN.parse(unicodedata.normalize("NFC", source))


def _mark(state: StateCore) -> None:
    """Split handles and hashtags out of the words, outside links."""
    for block in state.tokens:
        if block.children:
            depth, children = 0, []
            for token in block.children:
                depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
                children += _split(token) if token.type == "text" and not depth else [token]
            block.children = children


def _split(token: Token) -> list[Token]:
    parts: list[Token] = []
    end = 0
    for match in _MARKED.finditer(token.content):
        parts += _text(token.content[end : match.start()])
        kind = "tag" if match["tag"] else "handle"
        meta = {"host": match["host"] or "", "written": match[0]}
        parts.append(Token(kind, "", 0, content=match["tag"] or match["name"], meta=meta))
        end = match.end()
    return [*parts, *_text(token.content[end:])] if parts else [token]


def _text(words: str) -> list[Token]:
    return [Token("text", "", 0, content=words)] if words else []


def _linkify(state: StateCore) -> None:
    """Make links of addresses. Each begins with a scheme or with two slashes, and most texts have neither: nothing is searched in them."""
    if ":" in state.src or "//" in state.src:
        linkify(state)


def _render_handle(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, env: Any) -> str:
    token = tokens[at]
    anchor: Anchor | None = env["mentions"].get(_handle(token))
    if anchor is None:
        return html.escape(token.meta["written"])
    href, name = html.escape(anchor.iri), html.escape(anchor.username)
    card = f'<a href="{href}" class="u-url mention">@<span>{name}</span></a>'
    return f'<span class="h-card" translate="no">{card}</span>'


def _render_tag(_: RendererHTML, tokens: Sequence[Token], at: int, __: OptionsDict, ___: Any) -> str:
    return f'<span class="hashtag">{html.escape(tokens[at].meta["written"])}</span>'


def _markdown() -> MarkdownIt:
    """Bold, italics, code, links, lists, quotes and line breaks; nothing else is markup."""
    md = MarkdownIt("zero", {"linkify": True, "breaks": True, "html": False})
    md.enable(
        [
            "fence",
            "blockquote",
            "list",
            "newline",
            "escape",
            "backticks",
            "emphasis",
            "strikethrough",
            "link",
            "linkify",
        ]
    )
    md.enable(["balance_pairs", "fragments_join"])
    md.core.ruler.before("linkify", "marks", _mark)
    md.core.ruler.at("linkify", _linkify)
    assert md.linkify is not None
    md.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    md.add_render_rule("handle", _render_handle)
    md.add_render_rule("tag", _render_tag)
    return md


_MARKDOWN = _markdown()
