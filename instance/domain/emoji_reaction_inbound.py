"""Partners' emojis on their way in. The rule kept here: who is in the project may put one under its posts; its picture is fetched as those in posts are (FEP-9098)."""

from federation.document import Document
from federation.letters import Draft
from instance import ids
from instance.domain import emoji, emoji_reaction
from instance.domain.note import clamped, told_emojis
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post_inbound import NOTHING, acted_on, known_post
from instance.storage import actors, emoji_reactions
from instance.storage.database import Tx
from instance.storage.emoji_reactions import EmojiReactionRow


def verify_react(tx: Tx, incoming: Incoming) -> Ruling:
    """An emoji by somebody in the project, under a post of the project."""
    found = acted_on(tx, incoming)
    if isinstance(found, Ruling):
        return found
    actor, post = found
    name = _name(incoming.activity.document, actor.host)
    if name is None:
        return Ruling(taken=False, rule="reaction_not_an_emoji")
    mine = {row.name for row in emoji_reactions.of_one(tx, post.id, actor.id)}
    if name not in mine and len(mine) >= emoji_reaction.OF_ONE_LIMIT:
        return Ruling(taken=False, rule="reactions_too_many")
    return Ruling(taken=True, rule="reaction_in_the_project")


def apply_react(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Write it, and ask for its picture when that is new."""
    activity = incoming.activity
    post = known_post(tx, activity.object_iri, incoming.project)
    actor = actors.by_iri(tx, activity.actor)
    name = _name(activity.document, actor.host) if actor is not None else None
    if post is None or actor is None or name is None:
        return NOTHING
    at_ms = clamped(activity.published_ms, tx.now_ms)
    emoji_reaction.enter(tx, EmojiReactionRow(post.id, actor.id, name, activity.iri, at_ms), post)
    emoji.receive(tx, actor, post.space, told_emojis(activity.document.get("tag"), activity.iri)[:1])
    ids.mint(tx, activity.iri, kind="emojireact", space=post.space, label=post.label)
    return NOTHING


def verify_undo_react(tx: Tx, incoming: Incoming) -> Ruling:
    """An emoji that its owner takes back."""
    if _own(tx, incoming) is None:
        return Ruling(taken=False, rule="reaction_unknown")
    return Ruling(taken=True, rule="undo_by_its_owner")


def apply_undo_react(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Remove it."""
    row = _own(tx, incoming)
    if row is not None:
        emoji_reaction.leave(tx, row)
    return NOTHING


def _name(document: Document, host: str) -> str | None:
    """The emoji as it is kept: a drawn one with the company that has drawn it."""
    said = emoji_reaction.emoji_of(document)
    return f"{said.strip(':')}@{host}" if said is not None and said.startswith(":") else said


def _own(tx: Tx, incoming: Incoming) -> EmojiReactionRow | None:
    """The one by its IRI, else the one under the post that the activity undone names (a second one left no row of its own)."""
    actor = actors.by_iri(tx, incoming.activity.actor)
    if actor is None or actor.host != incoming.host:
        return None
    row = emoji_reactions.by_iri(tx, incoming.activity.object_iri or "")
    inner = incoming.activity.inner
    if row is None and inner is not None:
        post = known_post(tx, inner.object_iri, incoming.project)
        named = _name(inner.document, actor.host)
        mine = emoji_reactions.of_one(tx, post.id, actor.id) if post is not None else []
        row = next((one for one in mine if one.name == named), None)
    return row if row is not None and row.actor_id == actor.id else None
