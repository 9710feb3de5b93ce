"""Before a post is written: where it belongs, whom it names, and whether the gate would let it go there.

The rule kept here: nothing is published that the author was not told about; a refusal names its rule and loses no text. The space comes
from the thread, else from the project named, else from the one project shared with a partner's person, else it is INTERNAL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from instance import policy
from instance.domain import text
from instance.domain.text import Anchor, Handle
from instance.errors import CannotPublish
from instance.policy import INTERNAL, Verdict
from instance.storage import actors, logins, media, members, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.media import MediaRow
from instance.storage.members import MemberRow
from instance.storage.posts import PostRow

TEXT_LIMIT_CHARS = 5000
MEDIA_LIMIT = 4
VISIBILITIES = ("public", "unlisted", "private", "direct")


@dataclass(frozen=True, slots=True)
class PostDraft:
    """What a person wants to publish. `visibility` counts inside the company only; `project` is an IRI when chosen on a page."""

    text: str
    visibility: str = "public"
    in_reply_to_id: int | None = None
    media_ids: tuple[int, ...] = ()
    spoiler: str = ""
    sensitive: bool = False
    language: str | None = None
    project: str | None = None
    application: str | None = None


class Checked(NamedTuple):
    """A draft that can be published: where, as what, and whom it names."""

    draft: PostDraft
    space: str
    visibility: str
    html: str
    work_kind: str | None
    mentions: tuple[ActorRow, ...]
    media: tuple[MediaRow, ...]
    parent: PostRow | None
    verdict: Verdict


class AsksGate(Protocol):
    """The dry run of the gate."""

    def check_text(self, tx: Tx, strings: Iterable[str], space: str) -> Verdict: ...


class _Place(NamedTuple):
    """Where a draft goes, what it answers, whom its handles mean, and the post it changes."""

    space: str
    parent: PostRow | None
    meant: dict[Handle, ActorRow]
    changes: PostRow | None = None


def check_publish(
    tx: Tx, gate: AsksGate, author: ActorRow, draft: PostDraft, *, limit_chars: int = TEXT_LIMIT_CHARS
) -> Checked:
    """Decide about a new post; writes nothing. Raises CannotPublish."""
    _check_form(draft, limit_chars)
    mine = members.projects_of(tx, author.id)
    parent = _parent(tx, author, draft.in_reply_to_id)
    meant = _meant(tx, mine, text.handles_in(draft.text))
    space = parent.space if parent else _space(tx, draft, mine, tuple(meant.values()))
    if parent and draft.project and draft.project != space:
        raise CannotPublish(
            "thread_space", "An answer stays where its thread is; it cannot move to another project."
        )
    return _check(tx, gate, author, draft, place=_Place(space, parent, meant), mine=mine)


def check_edit(
    tx: Tx,
    gate: AsksGate,
    author: ActorRow,
    draft: PostDraft,
    *,
    post: PostRow,
    limit_chars: int = TEXT_LIMIT_CHARS,
) -> Checked:
    """Decide about new words for a post, which stays where it is; writes nothing. Raises CannotPublish."""
    _check_form(draft, limit_chars)
    mine = members.projects_of(tx, author.id)
    parent = posts.by_id(tx, post.in_reply_to_id) if post.in_reply_to_id else None
    meant = _meant(tx, mine, text.handles_in(draft.text))
    return _check(tx, gate, author, draft, place=_Place(post.space, parent, meant, post), mine=mine)


def check_may_post(tx: Tx, author_id: int, space: str) -> None:
    """Raise CannotPublish unless the author takes part in that project (INTERNAL: always)."""
    _check_takes_part(tx, space, members.projects_of(tx, author_id))


def _check(
    tx: Tx, gate: AsksGate, author: ActorRow, draft: PostDraft, *, place: _Place, mine: Sequence[MemberRow]
) -> Checked:
    _check_takes_part(tx, place.space, mine)
    mentions = tuple({actor.id: actor for actor in place.meant.values()}.values())
    _check_all_take_part(tx, place.space, mentions)
    pictures = _pictures(tx, author, draft.media_ids, place.changes)
    html = text.to_html(draft.text, {handle: Anchor(a.iri, a.username) for handle, a in place.meant.items()})
    parent_iri = [place.parent.iri] if place.parent else []
    words = [html, draft.spoiler, *(picture.description for picture in pictures), *parent_iri]
    verdict = gate.check_text(tx, words, place.space)
    if not verdict.allowed:
        raise CannotPublish(verdict.rule, _explain(tx, author, verdict))
    visibility = draft.visibility if place.space == INTERNAL else "unlisted"
    kind = text.work_kind(text.tags_in(draft.text))
    return Checked(draft, place.space, visibility, html, kind, mentions, pictures, place.parent, verdict)


def _check_form(draft: PostDraft, limit_chars: int) -> None:
    if not draft.text.strip() and not draft.media_ids:
        raise CannotPublish("empty", "Write something or attach a picture.")
    count = text.length(draft.text) + len(draft.spoiler)
    if count > limit_chars:
        raise CannotPublish("too_long", f"A post has at most {limit_chars} characters; this one has {count}.")
    if len(draft.media_ids) > MEDIA_LIMIT:
        raise CannotPublish(
            "too_many_media", f"A post has at most {MEDIA_LIMIT} pictures.", field="media_ids"
        )
    if draft.visibility not in VISIBILITIES:
        raise CannotPublish(
            "bad_visibility", f"Visibility is one of {', '.join(VISIBILITIES)}.", field="visibility"
        )


def _parent(tx: Tx, author: ActorRow, parent_id: int | None) -> PostRow | None:
    if parent_id is None:
        return None
    parent = posts.seen_by(tx, author.id, parent_id)
    if parent is not None and parent.boost_of_id is not None:
        parent = posts.seen_by(tx, author.id, parent.boost_of_id)
    if parent is None:
        raise CannotPublish(
            "no_parent", "The post that you answer is no longer there.", field="in_reply_to_id"
        )
    return parent


def _meant(tx: Tx, mine: Sequence[MemberRow], handles: Iterable[Handle]) -> dict[Handle, ActorRow]:
    """Whom the handles mean; those that mean nobody stay words."""
    found = {handle: _whom(tx, mine, handle) for handle in handles}
    return {handle: actor for handle, actor in found.items() if actor is not None}


def _whom(tx: Tx, mine: Sequence[MemberRow], handle: Handle) -> ActorRow | None:
    """A full handle means that actor; a bare one a colleague, else my one project of that name, else our own project."""
    actor = actors.by_username(tx, handle.name, handle.host or tx.home.host)
    if handle.host or (actor is not None and actor.kind == "person"):
        return actor if actor is not None and actor.state == "active" and actor.kind != "node" else None
    projects = actors.by_iris(tx, [member.project_iri for member in mine]).values()
    named = [project for project in projects if project.username.lower() == handle.name]
    if len(named) > 1:
        handles = _listed(f"@{project.username}@{project.host}" for project in named)
        raise CannotPublish(
            "ambiguous_project", f"{handle} is the name of several of your projects: write {handles}."
        )
    return named[0] if named else actor


def _space(tx: Tx, draft: PostDraft, mine: Sequence[MemberRow], named: Sequence[ActorRow]) -> str:
    """The space of a post that opens a thread."""
    chosen = [draft.project] if draft.project else []
    projects = list(dict.fromkeys(chosen + [actor.iri for actor in named if actor.kind == "project"]))
    if len(projects) > 1:
        names = _listed(_name(tx, iri) for iri in projects)
        raise CannotPublish("two_projects", f"A post belongs to one project, and this one names {names}.")
    if projects:
        return projects[0]
    partners = [actor for actor in named if actor.kind == "person" and actor.host != tx.home.host]
    return _shared(tx, mine, partners) if partners and draft.visibility == "direct" else INTERNAL


def _shared(tx: Tx, mine: Sequence[MemberRow], partners: Sequence[ActorRow]) -> str:
    """The one project that the author and all these partners' people take part in."""
    shared = {member.project_iri for member in mine}
    for partner in partners:
        shared &= {member.project_iri for member in members.projects_of(tx, partner.id)}
    names = _listed(actor.display_name for actor in partners)
    if not shared:
        raise CannotPublish("no_shared_project", f"You have no project in common with {names}.")
    if len(shared) > 1:
        projects = _listed(f"@{a.username}@{a.host}" for a in actors.by_iris(tx, sorted(shared)).values())
        raise CannotPublish(
            "several_projects", f"You share several projects with {names}: name one of {projects}."
        )
    return shared.pop()


def _check_takes_part(tx: Tx, space: str, mine: Sequence[MemberRow]) -> None:
    if space == INTERNAL:
        return
    role = next((member.role for member in mine if member.project_iri == space), None)
    if role is None:
        raise CannotPublish("not_a_member", f"You are not a member of {_name(tx, space)}.")
    if role == "follower":
        raise CannotPublish(
            "only_follows", f"You follow {_name(tx, space)}; only its members can post there."
        )


def _check_all_take_part(tx: Tx, space: str, mentions: Sequence[ActorRow]) -> None:
    """In a project only its members are named: another person is a name that must not leave, or one that nobody there knows."""
    if space == INTERNAL:
        return
    known = {member.actor_id for member in members.of_project(tx, space) if member.state == "active"}
    strangers = [actor for actor in mentions if actor.kind == "person" and actor.id not in known]
    if strangers:
        names = _listed(f"{actor.display_name} (@{actor.username}@{actor.host})" for actor in strangers)
        raise CannotPublish(
            "mentions_a_stranger", f"{names}: not in {_name(tx, space)}, so not to be named there."
        )


def _pictures(
    tx: Tx, author: ActorRow, media_ids: Sequence[int], changes: PostRow | None
) -> tuple[MediaRow, ...]:
    found = media.owned(tx, author.id, media_ids)
    taken_by = changes.id if changes else None
    free = [row for row in found if row.state == "ready" and row.post_id in {None, taken_by}]
    if len(free) != len(set(media_ids)):
        raise CannotPublish(
            "no_such_media", "A picture is missing or already in another post.", field="media_ids"
        )
    return tuple(free)


def _explain(tx: Tx, author: ActorRow, verdict: Verdict) -> str:
    """Why the gate would hold it back, with the names that the author knows things by."""
    known = actors.by_iris(tx, verdict.names)
    login = logins.login_of(tx, author.id)
    names = tuple(known[name].display_name if name in known else name for name in verdict.names)
    return policy.explain(verdict._replace(names=names), login.locale if login else "en")


def _name(tx: Tx, iri: str) -> str:
    return next(
        (actor.display_name for actor in actors.by_iris(tx, [iri]).values()), "a project you are not in"
    )


def _listed(names: Iterable[str]) -> str:
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last
