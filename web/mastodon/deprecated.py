"""What apps should no longer ask for, since something better came. The rule kept here: it goes on working, and the header says since when it is old (RFC 9745).

The days are those of the Mastodon that brought the better way.
"""

from datetime import UTC, date, datetime, time

from aiohttp.web import Request

_OLD = {
    date(2020, 4, 5): ("POST /api/v1/media",),
    date(2021, 5, 16): ("GET /api/v1/suggestions",),
    date(2022, 3, 30): ("GET /api/v1/accounts/{id}/identity_proofs",),
    date(2022, 11, 14): (
        "GET /api/v1/instance",
        "GET /api/v1/filters",
        "POST /api/v1/filters",
        "GET /api/v1/filters/{id}",
        "PUT /api/v1/filters/{id}",
        "DELETE /api/v1/filters/{id}",
    ),
    date(2025, 7, 8): ("POST /api/v1/accounts/{id}/pin", "POST /api/v1/accounts/{id}/unpin"),
}
OLD_SINCE = {endpoint: day for day, endpoints in _OLD.items() for endpoint in endpoints}


def deprecation(request: Request) -> dict[str, str]:
    """The header of an answer to what is old, nothing for all else."""
    resource = request.match_info.route.resource
    path = resource.canonical.removesuffix("/") if resource is not None else ""
    day = OLD_SINCE.get(f"{request.method} {path}")
    if day is None:
        return {}
    return {"Deprecation": f"@{int(datetime.combine(day, time(), UTC).timestamp())}"}
