"""Discovery, pure: WebFinger (RFC 7033), NodeInfo, host-meta, the server's actor (FEP-2677, FEP-d556), capabilities (FEP-844e).

The rule kept here: these documents tell strangers where to knock, and nothing of how many people are inside.
"""

import re
from typing import Any, Final, Literal, NamedTuple
from xml.sax.saxutils import quoteattr

from federation.document import Document, id_of, one_or_many
from federation.errors import Malformed
from federation.origin import host_of
from federation.vocabulary import ACTIVITY_JSON, is_activity_media_type

XRD_XML: Final = "application/xrd+xml; charset=utf-8"
RFC9421: Final = "https://datatracker.ietf.org/doc/html/rfc9421"
SERVER_REL: Final = "https://www.w3.org/ns/activitystreams#Service"  # FEP-d556
APPLICATION_REL: Final = "https://www.w3.org/ns/activitystreams#Application"  # FEP-2677
_PAGE_REL: Final = "http://webfinger.net/rel/profile-page"
_NODEINFO_SCHEMA: Final = "http://nodeinfo.diaspora.software/ns/schema/"
_HANDLE = re.compile(r"(?:acct:|@)?([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@([^@/?#\s]+)")
_IMPLEMENTS: Final = {
    RFC9421: "RFC 9421: HTTP Message Signatures",
    "https://w3id.org/fep/8b32": "FEP-8b32: Object Integrity Proofs",
    "https://w3id.org/fep/fe34": "FEP-fe34: Origin-based security model",
}
NodeInfoVersion = Literal["2.0", "2.1"]


class Handle(NamedTuple):
    """Whom one means: `name` as it was written, `host` as a node is named (lower case, with the port if there is one)."""

    name: str
    host: str

    def __str__(self) -> str:
        return f"@{self.name}@{self.host}"

    @property
    def acct(self) -> str:
        """As WebFinger writes it: "acct:apollo@acme.example"."""
        return f"acct:{self.name}@{self.host}"


def acct(handle: str) -> Handle:
    """Read "@apollo@acme.example", "apollo@acme.example" or "acct:apollo@acme.localhost:7001". Raises Malformed("bad_handle")."""
    match = _HANDLE.fullmatch(handle)
    if match is None:
        raise Malformed("bad_handle", handle[:200], safe="A handle is written @name@host.")
    return Handle(match[1], host_of(f"https://{match[2]}/"))


def names_the_server(resource: str, *, origin: str) -> bool:
    """Whether a WebFinger resource means the server itself: its origin, its host, or the handle host@host."""
    host = host_of(origin)
    return (
        resource.rstrip("/") in {origin, host} or resource.removeprefix("acct:").lower() == f"{host}@{host}"
    )


def render_webfinger(
    subject: str, *, actor: str, page: str | None = None, is_server: bool = False
) -> Document:
    """The answer for one actor. `subject` is "acct:name@host", or the origin when the server itself is meant."""
    links = [{"rel": "self", "type": ACTIVITY_JSON, "href": actor}]
    if is_server:
        links.append({"rel": SERVER_REL, "type": ACTIVITY_JSON, "href": actor})
    if page is not None:
        links.append({"rel": _PAGE_REL, "type": "text/html", "href": page})
    return {"subject": subject, "aliases": [actor], "links": links}


def parse_webfinger(document: Document) -> tuple[str, str]:
    """Subject, and IRI of the actor that it stands for. Raises Malformed("bad_webfinger").

    The actor has the last word: ask its host for the handle again when it differs from the one that was asked.
    """
    subject = document.get("subject")
    actor = _href(document, "self")
    if not isinstance(subject, str) or actor is None:
        raise Malformed("bad_webfinger", "no subject, or no link to an actor")
    return subject, actor


def parse_server_actor(document: Document) -> str:
    """IRI of a server's actor, from WebFinger of its origin or from its NodeInfo links. Raises Malformed("no_server_actor")."""
    actor = _href(document, SERVER_REL) or _href(document, APPLICATION_REL) or _href(document, "self")
    if actor is None:
        raise Malformed("no_server_actor", "neither FEP-d556 nor FEP-2677")
    return actor


def _href(document: Document, rel: str) -> str | None:
    for link in one_or_many(document.get("links")):
        if isinstance(link, dict) and link.get("rel") == rel and isinstance(link.get("href"), str):
            kind = link.get("type")
            if rel != "self" or (isinstance(kind, str) and is_activity_media_type(kind)):
                return str(link["href"])
    return None


def render_nodeinfo_links(origin: str, *, actor: str) -> Document:
    """/.well-known/nodeinfo: where the versions are, and who speaks for the server (FEP-2677)."""
    versions = [
        {"rel": f"{_NODEINFO_SCHEMA}{version}", "href": f"{origin}/nodeinfo/{version}"}
        for version in ("2.1", "2.0")
    ]
    return {"links": [*versions, {"rel": APPLICATION_REL, "type": ACTIVITY_JSON, "href": actor}]}


def render_nodeinfo(version: NodeInfoVersion, *, software_version: str, name: str) -> Document:
    """NodeInfo of either version. How many people and posts there are is the company's own business: `usage` is empty."""
    software = {"name": "cordee", "version": software_version}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {"nodeName": name},
    }


def nodeinfo_media_type(version: NodeInfoVersion) -> str:
    """The media type of a NodeInfo document, with its profile."""
    return f'application/json; profile="{_NODEINFO_SCHEMA}{version}#"'


def render_host_meta(origin: str) -> bytes:
    """/.well-known/host-meta (RFC 6415): where to ask WebFinger."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" template={template}/></XRD>\n'
    ).encode()


def render_implements() -> list[dict[str, str]]:
    """`implements` of the node's actor: what other servers may count on."""
    return [{"href": href, "name": name} for href, name in _IMPLEMENTS.items()]


def parse_implements(actor: Document) -> frozenset[str]:
    """What a server says it implements, from its actor or from the `generator` of one of its people."""
    generator = actor.get("generator")
    holders: list[Any] = [actor, *(one_or_many(generator) if generator else [])]
    listed = [
        item
        for holder in holders
        if isinstance(holder, dict)
        for item in one_or_many(holder.get("implements"))
    ]
    found = ((item.get("href") if isinstance(item, dict) else None) or id_of(item) for item in listed)
    return frozenset(iri for iri in found if isinstance(iri, str))
