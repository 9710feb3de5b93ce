"""Who may speak for which id (FEP-fe34). The rule kept here: a host speaks for its own ids only, an actor for its own words only."""

from functools import lru_cache
from urllib.parse import urlsplit

from federation.activity import Activity
from federation.document import Document, id_of
from federation.errors import Malformed, Refused

Origin = tuple[str, str, int]
_DEFAULT_PORTS = {"https": 443, "http": 80}
_CARRIES_ITS_OBJECT = frozenset({"Create", "Update"})


@lru_cache(maxsize=4096)
def origin_of(iri: str) -> Origin:
    """Scheme, host and port of an IRI, normalised (RFC 6454). Raises Malformed("bad_iri")."""
    try:
        parts = urlsplit(iri)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise Malformed("bad_iri", iri[:200]) from error
    if scheme not in _DEFAULT_PORTS or not host or parts.username is not None or parts.password is not None:
        raise Malformed("bad_iri", iri[:200], safe="An id must be an http(s) address without user name.")
    return scheme, _ascii_host(host.rstrip(".")), port or _DEFAULT_PORTS[scheme]


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode().lower()
    except UnicodeError as error:
        raise Malformed("bad_iri", host[:200]) from error


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
    if activity.type in _CARRIES_ITS_OBJECT and isinstance(activity.object, dict):
        _check_carried(activity, activity.object)
    if activity.type == "Delete" and not same_origin(activity.object_iri or "", activity.actor):
        raise Refused("deletes_of_another_host", activity.object_iri or "")
    if activity.type == "Undo" and activity.inner is not None and activity.inner.actor != activity.actor:
        raise Refused("undoes_anothers", activity.inner.iri)


def _check_carried(activity: Activity, carried: Document) -> None:
    iri = id_of(carried)
    if iri is None or not same_origin(iri, activity.actor):
        raise Refused("object_of_another_host", iri or "an object without id")
    author = id_of(carried.get("attributedTo"))
    if author is not None and author != activity.actor:
        raise Refused("object_of_another_author", f"{author} in {activity.iri}")
