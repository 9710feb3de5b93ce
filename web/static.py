"""Files that are the same for everybody: style, script, pictures. The rule kept here: the list is read at start, no path comes from a request."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path

from aiohttp.web import Request

from federation.doors import Route
from federation.letters import ANYONE, Disclosure
from web.doors import CORS, NODE, anyone, disclose

DIRECTORY = Path(__file__).parent / "pages" / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_KEPT = {"Cache-Control": "public, max-age=3600"}


def routes() -> Iterator[Route]:
    """A route for each file."""
    for path in sorted(DIRECTORY.iterdir()):
        if path.suffix in _TYPES:
            serve = _serving(path.name, _TYPES[path.suffix], path.read_bytes())
            headers = {**CORS, **_KEPT}
            yield anyone(
                "GET", f"/static/{path.name}", serve, headers=headers, limit=lambda limits: limits.files
            )


def _serving(name: str, media_type: str, data: bytes) -> Callable[[Request], Awaitable[Disclosure]]:
    """A handler for one file, which the gate looks at once."""
    kept: dict[str, Disclosure] = {}
    decide = _picture if media_type.startswith("image/") else _text

    async def handle(request: Request) -> Disclosure:
        if name not in kept:
            kept[name] = await decide(
                request, data, media_type, f"{request.app[NODE].home.base}/static/{name}"
            )
        return kept[name]

    return handle


async def _text(request: Request, data: bytes, media_type: str, iri: str) -> Disclosure:
    return await disclose(request, data, media_type=media_type, of=iri)


async def _picture(request: Request, data: bytes, media_type: str, iri: str) -> Disclosure:
    """Nothing can be read in a picture, so the gate decides by its name and its digest."""
    node, digest = request.app[NODE], hashlib.sha256(data).hexdigest()
    ask = partial(
        node.gate.permit, of=iri, viewer=ANYONE, media_type=media_type, digest=digest, size_bytes=len(data)
    )
    fill = await node.read(ask)
    return fill(data) if fill else node.gate.not_found(ANYONE)
