"""What comes in about quotes (FEP-044f). The rule kept here: the author's own company answers for the author, and only an answer of the author's shows a quote."""

from typing import Any, NamedTuple

from federation.document import first_type, id_of
from federation.letters import Draft
from federation.origin import same_origin
from instance.domain import quote, quote_activities
from instance.domain.outcome import Incoming, Ruling
from instance.domain.post import draft_of, mint_activity
from instance.domain.post_inbound import NOTHING, known_post, refuse_author
from instance.domain.quote_activities import STAMP
from instance.storage import actors, quotes
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.quotes import QuoteRow


class _Meant(NamedTuple):
    """What an activity is about: the post quoted with its author, the post that quotes it, and the quote itself."""

    quoted: PostRow
    author: ActorRow
    quoting: PostRow
    row: QuoteRow


def verify_request(tx: Tx, incoming: Incoming) -> Ruling:
    """A member asks whether their own post may quote another one of the project."""
    refusal = refuse_author(tx, incoming)
    if refusal is not None:
        return refusal
    meant = _meant(
        tx, incoming, quoting=incoming.activity.document.get("instrument"), quoted=incoming.activity.object
    )
    if meant is None:
        return Ruling(taken=False, rule="quote_unknown")
    asker = actors.by_iri(tx, incoming.activity.actor)
    if asker is None or asker.id != meant.quoting.author_id:
        return Ruling(taken=False, rule="not_the_author")
    return Ruling(taken=True, rule="quote_asked_by_the_author")


def apply_request(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Answer for one of our people, as they said who may quote; of others the answer comes from their own company."""
    document = incoming.activity.document
    meant = _meant(tx, incoming, quoting=document.get("instrument"), quoted=incoming.activity.object)
    if meant is None or meant.author.host != tx.home.host or meant.row.state != "pending":
        return NOTHING
    quoted, author, quoting, row = meant
    may = quote.allows(tx, quoted, quoting.author_id)
    iri = mint_activity(tx, "quote_answer", quoted)
    said = quote_activities.answer(
        "Accept" if may else "Reject", document, quoted, author, iri=iri, at_ms=tx.now_ms
    )
    if may:
        stamp_iri = quote_activities.stamp_iri(iri)
        said["result"] = quote_activities.stamp(
            stamp_iri, author_iri=author.iri, quoting_iri=quoting.iri, quoted_iri=quoted.iri
        )
        quote.accept(tx, row, stamp_iri=stamp_iri)
    else:
        quote.settle(tx, row, state="rejected")
    return (draft_of(said, quoted.space),)


def verify_answer(tx: Tx, incoming: Incoming) -> Ruling:
    """The author of a post says whether another one may quote it; a yes carries its stamp."""
    meant = _asked(tx, incoming)
    if meant is None:
        return Ruling(taken=False, rule="quote_unknown")
    if not _is_author(incoming, meant):
        return Ruling(taken=False, rule="not_the_author")
    if incoming.activity.type == "Accept" and not _is_stamped(incoming, meant):
        return Ruling(taken=False, rule="quote_without_stamp")
    return Ruling(taken=True, rule="quote_answered_by_the_author")


def apply_accept(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Show the quote from now on."""
    meant = _asked(tx, incoming)
    if meant is not None:
        quote.accept(tx, meant.row, stamp_iri=id_of(incoming.activity.document.get("result")) or "")
    return NOTHING


def apply_reject(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Never show it."""
    meant = _asked(tx, incoming)
    if meant is not None and meant.row.state == "pending":
        quote.settle(tx, meant.row, state="rejected")
    return NOTHING


def verify_revoke(tx: Tx, incoming: Incoming) -> Ruling:
    """The author of a post takes it out of another one."""
    meant = _stamped(tx, incoming)
    if meant is None:
        return Ruling(taken=False, rule="quote_unknown")
    if not _is_author(incoming, meant):
        return Ruling(taken=False, rule="not_the_author")
    return Ruling(taken=True, rule="quote_revoked_by_the_author")


def apply_revoke(tx: Tx, incoming: Incoming) -> tuple[Draft, ...]:
    """Show it no longer."""
    meant = _stamped(tx, incoming)
    if meant is not None and meant.row.state != "revoked":
        quote.settle(tx, meant.row, state="revoked")
    return NOTHING


def _asked(tx: Tx, incoming: Incoming) -> _Meant | None:
    """What the request was about that is answered."""
    asked = incoming.activity.object
    if not isinstance(asked, dict):
        return None
    return _meant(tx, incoming, quoting=asked.get("instrument"), quoted=asked.get("object"))


def _stamped(tx: Tx, incoming: Incoming) -> _Meant | None:
    """What the stamp was about that is deleted."""
    stamp = incoming.activity.object
    if not isinstance(stamp, dict):
        return None
    return _meant(tx, incoming, quoting=stamp.get("interactingObject"), quoted=stamp.get("interactionTarget"))


def _meant(tx: Tx, incoming: Incoming, *, quoting: Any, quoted: Any) -> _Meant | None:
    """A quote of the project that is known here, with both its posts."""
    post = known_post(tx, id_of(quoting), incoming.project)
    target = known_post(tx, id_of(quoted), incoming.project)
    row = quotes.of_post(tx, post.id) if post is not None else None
    author = actors.by_id(tx, target.author_id) if target is not None else None
    if post is None or target is None or row is None or author is None or row.quoted_id != target.id:
        return None
    return _Meant(target, author, post, row)


def _is_author(incoming: Incoming, meant: _Meant) -> bool:
    return meant.author.iri == incoming.activity.actor and meant.author.host == incoming.host


def _is_stamped(incoming: Incoming, meant: _Meant) -> bool:
    """Whether the answer carries the very stamp: of this author, for this post, in that one."""
    stamp = incoming.activity.document.get("result")
    if not isinstance(stamp, dict) or first_type(stamp) != STAMP:
        return False
    return same_origin(id_of(stamp) or "", meant.author.iri) and (
        id_of(stamp.get("attributedTo")),
        id_of(stamp.get("interactingObject")),
        id_of(stamp.get("interactionTarget")),
    ) == (meant.author.iri, meant.quoting.iri, meant.quoted.iri)
