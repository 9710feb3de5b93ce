"""Who may speak for which id (FEP-fe34).

The rule kept here: a host speaks for its own ids only, an actor for its own words only. So that a host has one name for everybody who reads
an IRI (this module, the resolver, a browser), an IRI that two of them could read differently is refused, never mended.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from federation.activity import Activity
from federation.document import Document, id_of, one_or_many
from federation.errors import Malformed, Refused

Origin = tuple[str, str, int]
IRI_LIMIT_CHARS = 2048  # what is read is remembered, so a stranger must not choose how much
_DEFAULT_PORTS = {"https": 443, "http": 80}
# Readers differ in these: some take "\\" for "/", some leave out tabs and line ends.
_AMBIGUOUS = re.compile(r'[\s\\<>"\x00-\x1f\x7f]')
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_CARRIES_ITS_OBJECT = frozenset({"Create", "Update"})


@lru_cache(maxsize=4096)
def origin_of(iri: str) -> Origin:
    """Scheme, host and port of an IRI, normalised (RFC 6454). Raises Malformed("bad_iri")."""
    if len(iri) > IRI_LIMIT_CHARS or _AMBIGUOUS.search(iri):
        raise _bad(iri)
    try:
        parts = urlsplit(iri)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad(iri) from error
    if scheme not in _DEFAULT_PORTS or port == 0 or parts.username is not None or parts.password is not None:
        raise _bad(iri)
    return scheme, _host_name(host), port or _DEFAULT_PORTS[scheme]


def _host_name(host: str) -> str:
    """The host in its one form: lower case, ASCII, no dot at the end; an IPv6 address compressed."""
    try:
        name = (host if host.isascii() else _punycode(host)).removesuffix(".")
        name = IPv6Address(name).compressed if ":" in name else name
    except ValueError as error:
        raise _bad(host) from error
    if ":" not in name and not _HOST.fullmatch(name):
        raise _bad(host)
    return name


def _punycode(host: str) -> str:
    """IDNA of a host that is its own normal form: the editions of IDNA disagree on every other ("ß" is "ss" to one, itself to the next)."""
    name = host.encode("idna")
    if name.decode("idna") != host:
        raise _bad(host)
    return name.decode()


def _bad(iri: str) -> Malformed:
    return Malformed("bad_iri", iri[:200], safe="An id must be an http(s) address without user name.")


@lru_cache(maxsize=4096)
def host_of(iri: str) -> str:
    """The host of an IRI as the whole program names a node: lower case, with the port where it is not the scheme's own."""
    scheme, host, port = origin_of(iri)
    name = f"[{host}]" if ":" in host else host
    return name if port == _DEFAULT_PORTS[scheme] else f"{name}:{port}"


def same_origin(a: str, b: str) -> bool:
    """Whether two IRIs have one origin; an IRI that cannot be read has none."""
    try:
        return origin_of(a) == origin_of(b)
    except Malformed:
        return False


def check_speaks_for(signer_iri: str, activity: Activity, *, proven: str | None = None) -> None:
    """Raise Refused unless `signer_iri`, who signed the transport, may bring this activity.

    The signer is the actor, or of the actor's host and the activity carries the actor's own proof (`proven` is the actor whose
    integrity proof was checked). What the activity carries belongs to the actor (FEP-fe34).
    Raises Malformed when an id cannot be read.
    """
    if origin_of(activity.iri) != origin_of(activity.actor):
        raise Refused("id_of_another_host", f"{activity.iri} by {activity.actor}")
    if signer_iri != activity.actor and not (
        same_origin(signer_iri, activity.actor) and proven == activity.actor
    ):
        raise Refused("signer_is_not_the_actor", f"{signer_iri} for {activity.actor}")
    check_owns(activity)


def check_owns(activity: Activity) -> None:
    """Raise Refused when the activity acts on what its actor does not own."""
    for carried in one_or_many(activity.object):
        if activity.type in _CARRIES_ITS_OBJECT and isinstance(carried, dict):
            _check_carried(activity, carried)
        if activity.type == "Delete" and not same_origin(id_of(carried) or "", activity.actor):
            raise Refused("deletes_of_another_host", id_of(carried) or "")
        if activity.type == "Undo" and isinstance(carried, dict) and not _is_own(activity, carried):
            raise Refused("undoes_anothers", id_of(carried) or "")


def _check_carried(activity: Activity, carried: Document) -> None:
    iri = id_of(carried)
    if iri is None or not same_origin(iri, activity.actor):
        raise Refused("object_of_another_host", iri or "an object without id")
    author = carried.get("attributedTo")
    authors = [id_of(one) or "" for one in one_or_many(author)]
    if author is not None and not (
        activity.actor in authors and all(same_origin(one, activity.actor) for one in authors)
    ):
        raise Refused("object_of_another_author", f"{authors[:2]} in {activity.iri}")


def _is_own(activity: Activity, undone: Document) -> bool:
    """Whether the actor of an Undo is who did what it undoes; one that is named by its id alone is looked up by who applies it."""
    return id_of(undone.get("actor", activity.actor)) == activity.actor and same_origin(
        id_of(undone) or "", activity.actor
    )
