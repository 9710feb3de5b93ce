"""Reports that partners send about our people. The rule kept here: IT of a company reports to IT of another, about what both have; it says so and nothing happens by itself."""

from federation.document import ids_of, text_of
from federation.letters import Draft
from instance.domain import report, text
from instance.domain.outcome import Incoming, Ruling
from instance.storage import actors, charters, members, posts, reports
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.window import Window

OPEN_LIMIT = 40  # of one company: whoever sends more has to wait until some are closed


def verify_flag(tx: Tx, incoming: Incoming) -> Ruling:
    """A partner's node, about somebody of ours who is in an open project with that partner."""
    node = _node(tx, incoming)
    if node is None:
        return Ruling(taken=False, rule="flag_not_by_its_node")
    if _target(tx, incoming) is None:
        return Ruling(taken=False, rule="flag_of_nobody_here")
    if len(reports.page(tx, Window(limit=OPEN_LIMIT), reporter_id=node.id)) >= OPEN_LIMIT:
        return Ruling(taken=False, rule="flags_too_many")
    return Ruling(taken=True, rule="flag_to_our_it")


def apply_flag(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it where our IT reads what our own people report."""
    node, target = _node(tx, incoming), _target(tx, incoming)
    if node is not None and target is not None:
        said = text.plain(
            text_of(incoming.activity.document.get("content"))[: 4 * report.COMMENT_LIMIT_CHARS]
        )
        meant = [row.id for row in _meant(tx, incoming, target)]
        report.receive(tx, node, target, comment=said[: report.COMMENT_LIMIT_CHARS], post_ids=meant)
    return ()


def _node(tx: Tx, incoming: Incoming) -> ActorRow | None:
    row = actors.by_iri(tx, incoming.activity.actor)
    return row if row is not None and row.kind == "node" and row.host == incoming.host else None


def _named(incoming: Incoming) -> list[str]:
    return ids_of(incoming.activity.object)[: report.POSTS_LIMIT + 1]


def _target(tx: Tx, incoming: Incoming) -> ActorRow | None:
    """Whom it is about: the first of our people that it names, where the partner knows them from a project."""
    for row in actors.by_iris(tx, _named(incoming)).values():
        if row.host == tx.home.host and row.kind == "person" and _projects(tx, row, incoming.host):
            return row
    return None


def _projects(tx: Tx, person: ActorRow, host: str) -> set[str]:
    """The open projects with that company in which it knows the person."""
    known = [row.project_iri for row in members.projects_of(tx, person.id)]
    return {one for one in known if host in charters.open_hosts(tx, one)}


def _meant(tx: Tx, incoming: Incoming, target: ActorRow) -> list[PostRow]:
    """The posts of that person that it names, of projects that the partner has; what else it names is not looked for."""
    found = (posts.by_iri(tx, iri) for iri in _named(incoming))
    shared = _projects(tx, target, incoming.host)
    return [row for row in found if row is not None and row.author_id == target.id and row.space in shared]
