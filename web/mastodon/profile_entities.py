"""A person's own profile, rendered. The rule kept here: the words as they were typed, no HTML."""

from collections.abc import Iterable

from instance.domain.about import about_of
from instance.home import Home
from instance.storage.actors import ActorRow
from instance.storage.tags import Featured
from web.mastodon.entities import Json, portrait
from web.mastodon.tag_entities import featured_tag


def profile(row: ActorRow, featured: Iterable[Featured], home: Home) -> Json:
    """Profile."""
    about = about_of(row)
    return {
        "id": str(row.id),
        "display_name": row.display_name,
        "note": row.summary,
        "fields": [{"name": field.name, "value": field.value, "verified_at": None} for field in about.fields],
        **portrait("avatar", about.avatar, home, without=None),
        **portrait("header", about.header, home, without=None),
        "locked": about.locked,
        "bot": about.bot,
        "hide_collections": about.hide_collections,
        "discoverable": about.discoverable,
        "indexable": about.indexable,
        "show_media": about.show_media,
        "show_media_replies": about.show_media_replies,
        "show_featured": about.show_featured,
        "attribution_domains": list(about.attribution_domains),
        "featured_tags": [featured_tag(one, home) for one in featured],
    }
