"""Memberships as partners say them. The rule kept here: host of the person, of the node that says it and of the sender are one.

What a company said before it left may arrive after: then its people go in and out as they did, and are out in the end.
"""

from typing import Any

from federation.document import id_of
from federation.errors import FederationError
from federation.letters import Draft
from federation.origin import same_origin
from instance.domain.member import ROLES
from instance.domain.outcome import Incoming, Ruling
from instance.domain.partner import check_partner, upsert_partner
from instance.events import MembershipChanged
from instance.storage import actors, charters, fanout, members
from instance.storage.database import Tx
from instance.storage.members import MemberRow


def verify_add(tx: Tx, incoming: Incoming) -> Ruling:
    """A person of the speaking company, with its document, into the project whose log the entry stands in."""
    refusal = _refuse(tx, incoming)
    if refusal is not None:
        return refusal
    if incoming.activity.document.get("memberRole") not in ROLES:
        return Ruling(taken=False, rule="member_role")
    if incoming.host == tx.home.host:
        return _our_own(tx, incoming)
    try:
        person = check_partner(tx, incoming.activity.object)
    except FederationError as error:
        return Ruling(taken=False, rule=error.rule)
    known = actors.by_iri(tx, person.iri)
    if person.kind != "person" or (known is not None and known.kind != "person"):
        return Ruling(taken=False, rule="not_a_person")
    return Ruling(taken=True, rule="member_by_own_company")


def _our_own(tx: Tx, incoming: Incoming) -> Ruling:
    """What we said ourselves, and come to know again from a partner: an old backup was restored."""
    person = actors.by_iri(tx, incoming.activity.object_iri or "")
    if person is None or person.kind != "person" or person.state != "active":
        return Ruling(taken=False, rule="not_a_person")
    return Ruling(taken=True, rule="member_as_we_said")


def apply_add(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write the person and the membership."""
    is_ours = incoming.host == tx.home.host
    ours = actors.by_iri(tx, incoming.activity.object_iri or "") if is_ours else None
    person = ours or upsert_partner(tx, incoming.activity.object)
    project, role = _project(incoming), str(incoming.activity.document["memberRole"])
    before = members.one(tx, project, person.id)
    since_ms = before.since_ms if before is not None and before.state == "active" else tx.now_ms
    company = charters.last_party(tx, project, incoming.host)
    left_at_ms = company.left_at_ms if company is not None else None
    state = "active" if left_at_ms is None else "left"
    members.put(tx, MemberRow(project, person.id, incoming.host, role, state, since_ms, left_at_ms))
    if is_ours:
        fanout.put_space(tx, person.id, project)
    tx.emit(MembershipChanged(project, person.id))
    return ()


def verify_remove(tx: Tx, incoming: Incoming) -> Ruling:
    """A person of the speaking company, out of the project."""
    refusal = _refuse(tx, incoming)
    if refusal is not None:
        return refusal
    person = actors.by_iri(tx, incoming.activity.object_iri or "")
    row = None if person is None else members.one(tx, _project(incoming), person.id)
    if row is None or not members.spoke_for_project(tx, row):
        return Ruling(taken=False, rule="not_a_member")
    return Ruling(taken=True, rule="left_by_own_company")


def apply_remove(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write that the person left."""
    person = actors.by_iri(tx, incoming.activity.object_iri or "")
    assert person is not None
    row = members.one(tx, _project(incoming), person.id)
    assert row is not None
    until_ms = tx.now_ms if row.until_ms is None else row.until_ms - 1  # before the company did
    members.put(tx, row._replace(state="left", until_ms=until_ms))
    tx.emit(MembershipChanged(_project(incoming), person.id))
    return ()


def _project(incoming: Incoming) -> str:
    assert incoming.project is not None
    return incoming.project


def _refuse(tx: Tx, incoming: Incoming) -> Ruling | None:
    """Why the sender may not say this of that person, if so."""
    activity: Any = incoming.activity
    if incoming.project is None or id_of(activity.target) != f"{incoming.project}/members":
        return Ruling(taken=False, rule="members_of_another_project")
    if not same_origin(activity.object_iri or "", activity.actor):
        return Ruling(taken=False, rule="person_of_another_company")
    company = charters.last_party(tx, incoming.project, incoming.host)
    if company is None or activity.actor != company.node_iri:
        return Ruling(taken=False, rule="not_said_by_its_node")
    return None
