"""Mastodon's entities, rendered. The rule kept here: pure functions of rows; every documented attribute is there, with its type.

Ids are decimal texts. A post of a project is shown as "private", since that is what apps show of something that only some may read.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from instance.domain import text
from instance.domain.about import About, Portrait, about_of
from instance.domain.access import Grant
from instance.domain.scopes import SCOPES
from instance.home import Home
from instance.policy import INTERNAL
from instance.storage.actors import ActorRow
from instance.storage.charters import CharterRow, PartyRow
from instance.storage.follows import FollowCounts
from instance.storage.logins import LoginRow
from instance.storage.marks import MarkerRow
from instance.storage.notifications import NotificationRow
from instance.storage.oauth import AppRow
from instance.storage.posts import EditRow, PostRow
from web.mastodon.quote_entities import FOR_ALL
from web.mastodon.tag_entities import status_tag, with_tag_links

Json = dict[str, Any]
_PARTIAL = ("id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot")
_COLOURS = ("#1f6f54", "#2d5b9a", "#7a3e8e", "#9a3b2f", "#6b5b16", "#0f6674", "#8a2f5c", "#4a5560")


class Trouble(NamedTuple):
    """A company of a project that is not reached since then, or (None) whose words are missing here."""

    company: str
    since_ms: int | None


class AccountFacts(NamedTuple):
    """What an account is shown from. `charter` and `parties` are those of a project."""

    row: ActorRow
    counts: FollowCounts = FollowCounts(0, 0)
    charter: CharterRow | None = None
    parties: tuple[PartyRow, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    emojis: tuple[Json, ...] = ()


class PictureLinks(NamedTuple):
    """Where a picture and its preview can be had for a while."""

    url: str
    preview_url: str


def timestamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def date(at_ms: int) -> str:
    """A date alone."""
    return timestamp(at_ms)[:10]


def acct(row: ActorRow, home: Home) -> str:
    """A handle as apps write it: bare for our own people, with its host for partners'."""
    return row.username if row.host == home.host else f"{row.username}@{row.host}"


def page_of(row: ActorRow, home: Home) -> str:
    """Where people look at an actor: a project has a page here, whoever hosts it."""
    return f"{home.base}/app/projects/{row.id}" if row.kind == "project" else row.iri


def account(facts: AccountFacts, home: Home, *, role: str = "") -> Json:
    """Account; `role` is what a person is in the project at hand."""
    row = facts.row
    kind, about = "project" if row.kind == "project" else "person", about_of(row)
    shown: Json = {
        "id": str(row.id),
        "username": row.username,
        "acct": acct(row, home),
        "display_name": row.display_name,
        "locked": row.kind == "project" or about.locked,
        "bot": row.kind == "node" or about.bot,
        "discoverable": about.discoverable,
        "indexable": about.indexable,
        "group": row.kind == "project",
        "created_at": f"{date(row.created_at_ms)}T00:00:00.000Z",
        "note": text.from_plain(row.summary) if row.host == home.host else row.summary,
        "url": page_of(row, home),
        "uri": row.iri,
        **portrait("avatar", about.avatar, home, without=f"{home.base}/static/{kind}.png"),
        **portrait("header", about.header, home, without=f"{home.base}/static/header.png"),
        "followers_count": facts.counts.followers,
        "following_count": facts.counts.following,
        "statuses_count": row.posts_count,
        "last_status_at": None if row.last_post_at_ms is None else date(row.last_post_at_ms),
        "hide_collections": about.hide_collections,
        "show_media": about.show_media,
        "show_media_replies": about.show_media_replies,
        "show_featured": about.show_featured,
        "feature_approval": _feature_approval(row),
        "noindex": True,
        "emojis": list(facts.emojis),
        "roles": _badges(facts, home, role),
        "fields": [_field(name, value) for name, value in _facts(facts, home)],
    }
    return shown if row.state == "active" else {**shown, "suspended": True}


def _badges(facts: AccountFacts, home: Home, role: str) -> list[Json]:
    """AccountRoles: whose company it is, the same colour everywhere, and what the person is in the project at hand."""
    row = facts.row
    if row.kind != "person":
        return []
    company = home.company if row.host == home.host else _told_company(row)
    shown = [{"id": row.host, "name": company, "color": colour_of(row.host)}]
    return [*shown, {"id": role, "name": role.capitalize(), "color": ""}] if role else shown


def colour_of(host: str) -> str:
    """One colour of a few for each company, dark enough for white words."""
    return _COLOURS[crc32(host.encode()) % len(_COLOURS)]


def _told_company(row: ActorRow) -> str:
    told = dict(_told_facts(row.document))
    return text.plain(told.get("Company", "")) or row.host


def _feature_approval(row: ActorRow) -> Json:
    """FeatureApproval: colleagues recommend whom they like, and who does not want that leaves."""
    may = row.kind != "node" and row.state == "active"
    return {
        "automatic": ["public"] if may else [],
        "manual": [],
        "current_user": "automatic" if may else "denied",
    }


def partial_account(account: Json) -> Json:
    """PartialAccountWithAvatar, of an Account: what a face needs."""
    return {name: account[name] for name in _PARTIAL}


def portrait(name: str, shown: Portrait | None, home: Home, *, without: str | None) -> Json:
    """Avatar or header: its link, that of a still one, and what it shows; without a picture the link `without`."""
    place = f"{home.base}/app/media/{shown.media_id}" if shown else ""
    url = f"{place}/original?key={shown.link_key}" if shown else without
    moves = shown is not None and shown.media_type in {"image/gif", "image/webp"}
    still = f"{place}/small?key={shown.link_key}" if shown and moves else url
    return {
        name: url,
        f"{name}_static": still,
        f"{name}_description": shown.description if shown else "",
    }


def _field(name: str, value: str) -> Json:
    return {"name": name, "value": value, "verified_at": None}


def _facts(facts: AccountFacts, home: Home) -> list[tuple[str, str]]:
    row = facts.row
    if facts.charter is not None:
        return _charter_facts(facts.charter, facts.parties) + _troubles(facts.troubles)
    if row.host == home.host:
        title = [("Title", text.linked(row.title))] if row.title else []
        return [("Company", home.company), *title, *_own_words(about_of(row))]
    return _told_facts(row.document)


def _own_words(about: About) -> list[tuple[str, str]]:
    return [(field.name, text.linked(field.value)) for field in about.fields]


def _charter_facts(charter: CharterRow, parties: Iterable[PartyRow]) -> list[tuple[str, str]]:
    companies = ", ".join(party.company for party in parties if party.left_at_ms is None)
    until = date(charter.ends_at_ms) if charter.ends_at_ms is not None else "–"
    return [("Parties", text.plain(companies)), ("Until", until), ("Label", f"C{charter.ceiling}")]


def _troubles(troubles: Iterable[Trouble]) -> list[tuple[str, str]]:
    return [
        ("Incomplete", f"Words of {text.plain(one.company)} are missing; they are being fetched")
        if one.since_ms is None
        else ("Not reached", f"{text.plain(one.company)}, since {timestamp(one.since_ms)}; letters wait")
        for one in troubles
    ]


def _told_facts(document: str | None) -> list[tuple[str, str]]:
    """What a partner's person says in fields of its own document; plain words, whatever they send."""
    found = orjson.loads(document).get("attachment", []) if document else []
    rows = found if isinstance(found, list) else [found]
    pairs = [(row.get("name"), row.get("value")) for row in rows if isinstance(row, dict)]
    return [
        (text.plain(name)[:255], text.from_plain(text.plain(value)[:255]))
        for name, value in pairs[:8]
        if isinstance(name, str) and isinstance(value, str)
    ]


def credential_account(facts: AccountFacts, login: LoginRow, home: Home, *, requests: int = 0) -> Json:
    """CredentialAccount: the account with what only its owner sees."""
    about = about_of(facts.row)
    role = {
        "id": "1" if login.is_admin else "-99",
        "name": "Admin" if login.is_admin else "",
        "permissions": "1" if login.is_admin else "0",
        "color": "",
        "highlighted": False,
    }
    source = {
        "privacy": about.privacy,
        "sensitive": about.sensitive,
        "language": about.language or login.locale,
        "note": facts.row.summary,
        "fields": [_field(*field) for field in about.fields],
        "follow_requests_count": requests,
        "hide_collections": about.hide_collections,
        "discoverable": about.discoverable,
        "indexable": about.indexable,
        "attribution_domains": list(about.attribution_domains),
        "quote_policy": about.quote_policy,
    }
    return {**account(facts, home), "source": source, "role": role}


def mention(row: ActorRow, home: Home) -> Json:
    """Status::Mention."""
    return {"id": str(row.id), "username": row.username, "url": page_of(row, home), "acct": acct(row, home)}


class StatusFacts(NamedTuple):
    """What a status is shown from. `account` is the author as rendered; `media` are MediaAttachments."""

    post: PostRow
    account: Json
    project: ActorRow | None = None
    mentions: Sequence[ActorRow] = ()
    tags: Sequence[str] = ()
    media: Sequence[Json] = ()
    parent_author_id: int | None = None
    emojis: Sequence[Json] = ()


def status(facts: StatusFacts, home: Home) -> Json:
    """Status, all but `reblog` and what depends on who looks (see `viewed`)."""
    post = facts.post
    return {
        "id": str(post.id),
        "uri": post.iri,
        "url": _status_url(facts, home),
        "created_at": timestamp(post.created_at_ms),
        "edited_at": None if post.edited_at_ms is None else timestamp(post.edited_at_ms),
        "account": facts.account,
        "content": with_tag_links(post.content, home),
        "visibility": shown_visibility(post),
        "sensitive": bool(post.sensitive),
        "spoiler_text": post.spoiler,
        "media_attachments": list(facts.media),
        "application": {"name": post.application, "website": None} if post.application else None,
        "mentions": [mention(row, home) for row in facts.mentions],
        "tags": [status_tag(name, home) for name in facts.tags],
        "emojis": list(facts.emojis),
        "reblogs_count": post.boosts_count,
        "favourites_count": post.favourites_count,
        "replies_count": post.replies_count,
        "quotes_count": post.quotes_count,
        "in_reply_to_id": _text_or_none(post.in_reply_to_id),
        "in_reply_to_account_id": _text_or_none(facts.parent_author_id),
        "poll": None,
        "card": None,
        "quote": None,
        "language": post.language,
    }


class Viewed(NamedTuple):
    """How a status looks to one viewer. `pinned` is None but for the viewer's own posts; `filtered` are FilterResults, `reactions` Reactions."""

    favourited: bool = False
    reblogged: bool = False
    bookmarked: bool = False
    muted: bool = False
    pinned: bool | None = None
    filtered: Sequence[Json] = ()
    quote_approval: Json = FOR_ALL
    reactions: Sequence[Json] = ()


def viewed(as_seen: Viewed) -> Json:
    """The part of a status that depends on who looks."""
    shown: Json = {
        "favourited": as_seen.favourited,
        "reblogged": as_seen.reblogged,
        "bookmarked": as_seen.bookmarked,
        "muted": as_seen.muted,
        "filtered": list(as_seen.filtered),
        "quote_approval": as_seen.quote_approval,
    }
    if as_seen.reactions:  # Mastodon has none: some apps read them by the one name, some by the other
        shown |= {"emoji_reactions": list(as_seen.reactions), "reactions": list(as_seen.reactions)}
    return shown if as_seen.pinned is None else {**shown, "pinned": as_seen.pinned}


def shown_visibility(post: PostRow) -> str:
    """Visibility as apps read it."""
    return post.visibility if post.space == INTERNAL else "private"


def _status_url(facts: StatusFacts, home: Home) -> str:
    if facts.project is None:
        return facts.post.iri
    return f"{page_of(facts.project, home)}#p{facts.post.id}"


def _text_or_none(row_id: int | None) -> str | None:
    return None if row_id is None else str(row_id)


def status_source(post: PostRow) -> Json:
    """StatusSource."""
    return {"id": str(post.id), "text": post.source, "spoiler_text": post.spoiler}


def status_edits(post: PostRow, edits: Sequence[EditRow], account: Json, media: Sequence[Json]) -> list[Json]:
    """StatusEdit, oldest first, what stands now last. An earlier wording is known by when it was replaced."""
    begins = [post.created_at_ms, *(edit.at_ms for edit in edits)]
    wordings = [(edit.content, edit.spoiler, edit.sensitive) for edit in edits]
    wordings.append((post.content, post.spoiler, post.sensitive))
    return [
        {
            "content": content,
            "spoiler_text": spoiler,
            "sensitive": bool(sensitive),
            "created_at": timestamp(at_ms),
            "account": account,
            "media_attachments": list(media),
            "emojis": [],
            "poll": None,
        }
        for at_ms, (content, spoiler, sensitive) in zip(begins, wordings, strict=True)
    ]


def notification(row: NotificationRow, account: Json, status: Any) -> Json:
    """Notification; `status` is a rendered one, or None."""
    shown: Json = {
        "id": str(row.id),
        "type": row.kind,
        "created_at": timestamp(row.created_at_ms),
        "group_key": row.group_key or f"ungrouped-{row.id}",
        "account": account,
    }
    if row.is_filtered:
        shown["filtered"] = True
    return shown if status is None else {**shown, "status": status}


def project_list(project: ActorRow) -> Json:
    """List: a project of the viewer's."""
    return {
        "id": str(project.id),
        "title": project.display_name,
        "replies_policy": "list",
        "exclusive": False,
    }


def application(row: AppRow) -> Json:
    """Application."""
    return {
        "id": str(row.id),
        "name": row.name,
        "website": row.website or None,
        "scopes": row.scopes.split(),
        "redirect_uri": "\n".join(row.redirect_uris.split()),
        "redirect_uris": row.redirect_uris.split(),
    }


def credential_application(row: AppRow, secret: str) -> Json:
    """CredentialApplication, told once."""
    told = {"client_id": row.client_id, "client_secret": secret, "client_secret_expires_at": 0}
    return application(row) | told


def token(grant: Grant) -> Json:
    """Token, told once."""
    return {
        "access_token": grant.token,
        "token_type": "Bearer",
        "scope": grant.scopes,
        "created_at": grant.created_at_ms // 1000,
    }


def marker(row: MarkerRow) -> Json:
    """Marker."""
    return {
        "last_read_id": row.last_read_id,
        "version": row.version,
        "updated_at": timestamp(row.updated_at_ms),
    }


def preferences(about: About, locale: str) -> Json:
    """Preferences."""
    return {
        "posting:default:visibility": about.privacy,
        "posting:default:sensitive": about.sensitive,
        "posting:default:language": about.language or locale,
        "posting:default:quote_policy": about.quote_policy,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


def authorization_server(home: Home) -> Mapping[str, Any]:
    """Metadata of the authorization server (RFC 8414)."""
    return {
        "issuer": f"{home.base}/",
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": f"{home.base}/oauth/authorize",
        "token_endpoint": f"{home.base}/oauth/token",
        "revocation_endpoint": f"{home.base}/oauth/revoke",
        "userinfo_endpoint": f"{home.base}/oauth/userinfo",
        "app_registration_endpoint": f"{home.base}/api/v1/apps",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    }
