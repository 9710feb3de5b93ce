"""Files that are the same for everybody: style, script, pictures. The rule kept here: the list is read at start, no path comes from a request."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from aiohttp.web import Request

from federation.doors import Route
from federation.letters import Disclosure
from web.doors import CORS, NODE, anyone, disclose

DIRECTORY = Path(__file__).parent / "pages" / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_KEPT = (("Cache-Control", "public, max-age=3600"),)


def routes() -> Iterator[Route]:
    """A route for each file."""
    for path in sorted(DIRECTORY.iterdir()):
        if path.suffix in _TYPES:
            serve = _serving(path.name, _TYPES[path.suffix], path.read_bytes())
            yield anyone(
                "GET", f"/static/{path.name}", serve, headers=CORS, limit=lambda limits: limits.files
            )


def _serving(name: str, media_type: str, data: bytes) -> Callable[[Request], Awaitable[Disclosure]]:
    """A handler for one file, which the gate looks at once."""
    kept: dict[str, Disclosure] = {}

    async def handle(request: Request) -> Disclosure:
        if name not in kept:
            iri = f"{request.app[NODE].home.base}/static/{name}"
            kept[name] = await disclose(request, data, media_type=media_type, headers=_KEPT, of=iri)
        return kept[name]

    return handle
