"""Quotes in Mastodon's words, rendered. The rule kept here: pure; what a quote shows is one viewer's, so it stands in no part that others share."""

from typing import Any, NamedTuple

import orjson

from instance.storage.posts import PostRow
from instance.storage.quotes import QuoteSeen

Json = dict[str, Any]


class Quoted(NamedTuple):
    """How one viewer sees what a post quotes; `post_id` only where the quoted post is shown."""

    state: str
    post_id: int | None


def quoted(row: QuoteSeen) -> Quoted:
    """What a viewer is told of a quote."""
    if row.state != "accepted":
        return Quoted(row.state, None)
    if row.is_deleted or row.quoted_id is None:
        return Quoted("deleted", None)
    if not row.is_readable:
        return Quoted("unauthorized", None)
    hidden = {
        "blocked_account": row.is_blocked,
        "blocked_domain": row.is_domain_blocked,
        "muted_account": row.is_muted,
    }
    return Quoted(next((state for state, so in hidden.items() if so), "accepted"), row.quoted_id)


def whole(shown: Quoted, status: bytes | None) -> bytes:
    """Quote, as a member of its status; `status` is what is quoted, rendered for the viewer."""
    parts = (b',"quote":{"state":', orjson.dumps(shown.state), b',"quoted_status":', status or b"null", b"}")
    return b"".join(parts)


def shallow(shown: Quoted) -> bytes:
    """ShallowQuote, as a member of a status that is quoted itself."""
    quoted_id = None if shown.post_id is None else str(shown.post_id)
    return b',"quote":' + orjson.dumps({"state": shown.state, "quoted_status_id": quoted_id})


def approval(post: PostRow, viewer_id: int, *, is_follower: bool) -> Json:
    """QuoteApproval. Nobody is asked by hand here: the author has said it beforehand."""
    groups = [post.quote_policy] if post.quote_policy in {"public", "followers"} else []
    may = (
        post.author_id == viewer_id
        or post.quote_policy == "public"
        or (post.quote_policy == "followers" and is_follower)
    )
    return {"automatic": groups, "manual": [], "current_user": "automatic" if may else "denied"}


FOR_ALL: Json = {"automatic": ["public"], "manual": [], "current_user": "automatic"}
