"""Pages of a list and the links between them. The rule kept here: ids only, newest first, and a link keeps what the request said."""

from collections.abc import Sequence
from urllib.parse import urlencode

from aiohttp.web import Request

from instance.storage.window import LIMIT_MAX, Window
from web.mastodon.params import ID_LIMIT, Params

_CURSORS = frozenset({"max_id", "since_id", "min_id", "limit", "access_token"})


def window_of(params: Params, *, usual: int = 20, most: int = 40) -> Window:
    """The part of a list that a request asks for. Ids that are none count as absent, and a limit is cut to what is allowed."""
    limit = params.number("limit", usual)
    return Window(
        max_id=_cursor(params, "max_id"),
        since_id=_cursor(params, "since_id"),
        min_id=_cursor(params, "min_id"),
        limit=min(limit if limit > 0 else usual, most, LIMIT_MAX),
    )


def _cursor(params: Params, name: str) -> int | None:
    number = params.number(name, -1)
    return min(number, ID_LIMIT - 1) if number >= 0 else None


def within(ids: Sequence[int], window: Window) -> list[int]:
    """The part of ids, newest first, that a window asks for."""
    above = window.since_id if window.min_id is None else window.min_id
    found = [one for one in ids if (window.max_id is None or one < window.max_id) and one > (above or 0)]
    return found[: window.limit] if window.min_id is None else found[-window.limit :]


def links(request: Request, base: str, ids: Sequence[int], window: Window) -> dict[str, str]:
    """The Link header (RFC 8288) of a page: older ones behind "next" when the page is full, newer ones behind "prev"."""
    if not ids:
        return {}
    kept = [(name, value) for name, value in request.query.items() if name not in _CURSORS]
    query = f"{urlencode(kept)}&" if kept else ""
    place = f"{base}{request.path}?{query}limit={window.limit}"
    newer = f'<{place}&min_id={ids[0]}>; rel="prev"'
    if len(ids) < window.limit:
        return {"Link": newer}
    return {"Link": f'<{place}&max_id={ids[-1]}>; rel="next", {newer}'}
