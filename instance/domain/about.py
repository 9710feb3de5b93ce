"""What a person says of themselves to colleagues, and how their apps should write for them.

The rule kept here: it stays in the company (partners learn name, title and company: `domain.profile`), and it is bounded before it is kept.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from instance.domain import media
from instance.domain.picture import Picture
from instance.errors import BadInput, NotFound
from instance.events import ActorChanged
from instance.storage import actors
from instance.storage import media as pictures
from instance.storage.actors import ActorRow
from instance.storage.database import Tx

FIELDS_LIMIT = 4
FIELD_LIMIT_CHARS = 255
DOMAINS_LIMIT = 10
PRIVACIES = ("public", "unlisted", "private")
QUOTE_POLICIES = ("public", "followers", "nobody")
SHAPES = {"avatar": (400, 400), "header": (1500, 500)}  # pixels, at most
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Field(NamedTuple):
    """A line of a profile, in plain words."""

    name: str
    value: str


class Portrait(NamedTuple):
    """A picture of a profile: its row, what opens its link, and what it shows for those who do not see it."""

    media_id: int
    link_key: str
    media_type: str
    description: str = ""


class About(NamedTuple):
    """All of it, as it is before anybody said anything. `language` is empty for the language the person is spoken to in."""

    fields: tuple[Field, ...] = ()
    locked: bool = False
    bot: bool = False
    discoverable: bool = False
    indexable: bool = False
    hide_collections: bool = False
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    attribution_domains: tuple[str, ...] = ()
    privacy: str = "public"
    sensitive: bool = False
    language: str = ""
    quote_policy: str = "public"
    avatar: Portrait | None = None
    header: Portrait | None = None


class Change(NamedTuple):
    """What is to be otherwise; None leaves a part as it is."""

    fields: tuple[Field, ...] | None = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    show_media: bool | None = None
    show_media_replies: bool | None = None
    show_featured: bool | None = None
    attribution_domains: tuple[str, ...] | None = None
    privacy: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None


def about_of(row: ActorRow) -> About:
    """What the actor says of themselves; a project or a partner's person says nothing of this kind."""
    return _read(row.about)


@lru_cache(maxsize=4096)
def _read(kept: str) -> About:
    if not kept:
        return About()
    found: dict[str, Any] = orjson.loads(kept)
    found["fields"] = tuple(Field(*field) for field in found.get("fields", ()))
    found["attribution_domains"] = tuple(found.get("attribution_domains", ()))
    portraits = {name: Portrait(*found[name]) for name in SHAPES if found.get(name)}
    return About(**found | portraits)


def change(tx: Tx, actor_id: int, wanted: Change) -> About:
    """Write what one of our people says otherwise from now on. Raises NotFound, BadInput."""
    row = _ours(tx, actor_id)
    told = {name: value for name, value in wanted._asdict().items() if value is not None}
    if not told:
        return about_of(row)
    return keep(tx, actor_id, check(about_of(row)._replace(**told)))


def set_portrait(tx: Tx, actor_id: int, which: str, picture: Picture) -> About:
    """Show a picture (cut to its shape and saved already) as the person's avatar or header. Raises NotFound."""
    row = _ours(tx, actor_id)
    stored = media.store_for(tx, row, picture, purpose=which)
    before = _portrait(about_of(row), which)
    description = before.description if before else ""
    return _put(tx, row, which, Portrait(stored.id, stored.link_key, stored.media_type, description))


def drop_portrait(tx: Tx, actor_id: int, which: str) -> About:
    """Show the avatar or header no longer; when there is none, nothing changes. Raises NotFound."""
    return _put(tx, _ours(tx, actor_id), which, None)


def describe_portrait(tx: Tx, actor_id: int, which: str, description: str) -> About:
    """Say what the avatar or header shows; of one that is not there nothing is said. Raises NotFound, BadInput."""
    if len(description) > media.DESCRIPTION_LIMIT_CHARS:
        raise BadInput(
            f"{which}_description", f"A description has at most {media.DESCRIPTION_LIMIT_CHARS} characters."
        )
    row = _ours(tx, actor_id)
    before = _portrait(about_of(row), which)
    if before is None:
        return about_of(row)
    return _put(tx, row, which, before._replace(description=description.strip()))


def _put(tx: Tx, row: ActorRow, which: str, portrait: Portrait | None) -> About:
    about = about_of(row)
    before = _portrait(about, which)
    if before is not None and (portrait is None or portrait.media_id != before.media_id):
        pictures.drop(tx, before.media_id)
    changed = about._replace(avatar=portrait) if which == "avatar" else about._replace(header=portrait)
    return keep(tx, row.id, changed)


def _portrait(about: About, which: str) -> Portrait | None:
    return about.avatar if which == "avatar" else about.header


def _ours(tx: Tx, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind != "person" or row.host != tx.home.host:
        raise NotFound("person")
    return row


def keep(tx: Tx, actor_id: int, about: About) -> About:
    """Write all of it, checked already."""
    actors.set_about(tx, actor_id, orjson.dumps(about._asdict(), default=tuple).decode())
    tx.emit(ActorChanged(actor_id))
    return about


def check(about: About) -> About:
    """The same, tidied. Raises BadInput, naming the field."""
    _check_one_of("privacy", about.privacy, PRIVACIES)
    _check_one_of("quote_policy", about.quote_policy, QUOTE_POLICIES)
    if about.language and not _LANGUAGE.fullmatch(about.language):
        raise BadInput("language", "A language is the two letters of ISO 639-1.")
    domains = tuple(domain.strip().lower() for domain in about.attribution_domains if domain.strip())
    if len(domains) > DOMAINS_LIMIT or not all(map(_DOMAIN.fullmatch, domains)):
        raise BadInput("attribution_domains", f"{DOMAINS_LIMIT} names of hosts at most.")
    return about._replace(fields=_checked_fields(about.fields), attribution_domains=domains)


def _check_one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise BadInput(field, f"One of {', '.join(known)}.")


def _checked_fields(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    told = [Field(*(" ".join(words.split()) for words in field)) for field in fields]
    told = [field for field in told if field.name or field.value]
    if len(told) > FIELDS_LIMIT:
        raise BadInput("fields", f"A profile has {FIELDS_LIMIT} lines at most.")
    if any(not field.name for field in told):
        raise BadInput("fields", "A line of a profile needs a name.")
    if any(len(words) > FIELD_LIMIT_CHARS for field in told for words in field):
        raise BadInput("fields", f"{FIELD_LIMIT_CHARS} characters at most.")
    return tuple(told)
