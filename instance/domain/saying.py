"""Makes the Draft of an activity about people and charters. The rule kept here: its id is minted in the space where it belongs."""

from collections.abc import Iterable
from typing import Any

from federation.letters import Draft
from federation.vocabulary import CONTEXT, POST_CONTEXT
from instance import ids, policy
from instance.domain.render import timestamp
from instance.storage.database import Tx


def in_log(tx: Tx, kind: str, carried: Any, *, author: str, project: str, **more: Any) -> Draft:
    """An activity that enters the log of `project`. `more` are further properties."""
    activity = _activity(tx, kind, carried, author=author, space=project)
    return Draft(activity | {"to": [project]} | more, author, project)


def in_handshake(tx: Tx, kind: str, carried: Any, *, charter: str, to: Iterable[str], **more: Any) -> Draft:
    """An activity of our node about the charter with this IRI, outside of any log, for the nodes in `to`."""
    activity = _activity(tx, kind, carried, author=tx.home.node, space=policy.handshake(charter))
    return Draft(activity | {"to": sorted(to)} | more, tx.home.node)


def to_one(tx: Tx, kind: str, carried: Any, *, author: str, space: str, host: str) -> Draft:
    """An activity in a project's space for one of its companies alone, outside of any log."""
    return Draft(_activity(tx, kind, carried, author=author, space=space), author, host=host)


def in_public(tx: Tx, kind: str, carried: Any) -> dict[str, Any]:
    """An activity of our node that names nothing but what anybody may know."""
    return _activity(tx, kind, carried, author=tx.home.node, space=policy.PUBLIC)


def to_guests(
    tx: Tx,
    kind: str,
    carried: Any,
    *,
    space: str,
    to: Iterable[str] = (),
    label: int = 0,
    iri: str = "",
) -> Draft:
    """An activity of a project's own actor in a space of its guests, outside of any log; for its followers, or for those in `to`.

    `iri` is its id where it has one already, or is called by a note that it is about.
    """
    project = policy.project_of_guests(space)
    activity = _activity(tx, kind, carried, author=project, space=space, label=label, iri=iri)
    said = {"@context": POST_CONTEXT, "to": sorted(to) or [f"{project}/followers"]}
    return Draft(activity | said, project)


def _activity(
    tx: Tx, kind: str, carried: Any, *, author: str, space: str, label: int = 1, iri: str = ""
) -> dict[str, Any]:
    if not iri:
        iri = tx.home.iri("activities", ids.snowflake(tx.now_ms))
        ids.mint(tx, iri, kind="activity", space=space, label=label)
    return {
        "@context": CONTEXT,
        "id": iri,
        "type": kind,
        "actor": author,
        "published": timestamp(tx.now_ms),
        "object": carried,
    }
