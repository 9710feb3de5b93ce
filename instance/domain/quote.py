"""Posts that quote posts (FEP-044f): who may, what becomes of it, and how it is taken back.

The rule kept here: a quote stays in the space of what it quotes. The author's own company answers for the author: for a colleague at
once, for a partner's person when asked on the wire, and the answer is a stamp that every company of the project gets.
"""

from instance.domain.notification import notify
from instance.domain.place import Writer
from instance.domain.refusal import cannot
from instance.errors import NotAllowed, NotFound
from instance.events import PostChanged
from instance.policy import INTERNAL
from instance.storage import actors, follows, notifications, posts, quotes
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.posts import PostRow
from instance.storage.quotes import QuoteRow

POLICIES = ("public", "followers", "nobody")
KIND = "quote"


def policy_for(wanted: str, *, usual: str, space: str, visibility: str) -> str:
    """Who may quote a new post: as the author says, else as usual; what only some colleagues may read, nobody."""
    if space == INTERNAL and visibility not in {"public", "unlisted"}:
        return "nobody"
    return wanted or usual


def allows(tx: Tx, quoted: PostRow, quoter_id: int) -> bool:
    """Whether that person may quote a post which they may read. One's own always."""
    if quoted.author_id == quoter_id or quoted.quote_policy == "public":
        return True
    if quoted.quote_policy != "followers":
        return False
    return quoted.author_id in follows.marks_of(tx, quoter_id, [quoted.author_id]).following


def quoted_of(tx: Tx, writer: Writer, post_id: int) -> PostRow:
    """The post that the writer wants to quote; of a boost, what it boosts. Raises NotFound, CannotPublish."""
    found = posts.meant_by(tx, writer.actor.id, post_id)
    if found is None:
        raise NotFound("post")
    if not allows(tx, found, writer.actor.id):
        raise cannot("quote_not_allowed", writer.locale, field="quoted_status_id")
    return found


def enter(tx: Tx, post: PostRow, author: ActorRow, *, quoted: PostRow | None, quoted_iri: str) -> QuoteRow:
    """Write what a new post quotes, ours or a partner's. Among people of one company nobody else has to be asked."""
    is_settled = quoted is not None and _is_of_company(tx, quoted, author.host)
    row = QuoteRow(post.id, quoted.id if quoted else None, quoted_iri, "pending", "")
    if quotes.add(tx, row) and is_settled:
        accept(tx, row, stamp_iri="")
    return quotes.of_post(tx, post.id) or row


def adopt(tx: Tx, post: PostRow, author: ActorRow) -> None:
    """Link the quotes that came before the post they quote."""
    for row in quotes.waiting(tx, post.iri):
        quoting = posts.by_id(tx, row.post_id)
        if quoting is None or quoting.space != post.space:
            continue
        linked = row._replace(quoted_id=post.id)
        quotes.put(tx, linked)
        tx.emit(PostChanged(quoting.id))
        if _is_of_company(tx, quoting, author.host):
            accept(tx, linked, stamp_iri="")


def accept(tx: Tx, row: QuoteRow, *, stamp_iri: str) -> None:
    """Show what is quoted from now on, count it, and tell its author."""
    if row.state != "pending" or row.quoted_id is None:
        return
    quotes.put(tx, row._replace(state="accepted", stamp_iri=stamp_iri))
    posts.count(tx, row.quoted_id, "quotes_count", by=1)
    tx.emit(PostChanged(row.post_id))
    tx.emit(PostChanged(row.quoted_id))
    quoted, quoting = posts.by_id(tx, row.quoted_id), posts.by_id(tx, row.post_id)
    if quoted is not None and quoting is not None and _is_of_company(tx, quoted, tx.home.host):
        notify(tx, KIND, [quoted.author_id], actor_id=quoting.author_id, post_id=quoting.id)


def settle(tx: Tx, row: QuoteRow, *, state: str) -> None:
    """Show no longer, or never, what is quoted: "rejected" or "revoked"."""
    quotes.put(tx, row._replace(state=state))
    tx.emit(PostChanged(row.post_id))
    if row.state == "accepted" and row.quoted_id is not None:
        _uncount(tx, row.post_id, row.quoted_id)


def forget(tx: Tx, post: PostRow) -> None:
    """A post is deleted: it quotes nothing any more, and who quoted it shows that it is gone."""
    row = quotes.of_post(tx, post.id)
    if row is not None:
        quotes.drop(tx, post.id)
        if row.state == "accepted" and row.quoted_id is not None:
            _uncount(tx, row.post_id, row.quoted_id)
    for quoting in quotes.quoting(tx, post.id):
        tx.emit(PostChanged(quoting.post_id))


def tell_update(tx: Tx, post: PostRow) -> None:
    """Tell our people who quote a post that it says something else now."""
    accepted = [row.post_id for row in quotes.quoting(tx, post.id) if row.state == "accepted"]
    found = posts.by_ids(tx, accepted) if accepted else {}
    authors = actors.by_ids(tx, {row.author_id for row in found.values()}) if found else {}
    for quoting in found.values():
        if quoting.deleted_at_ms is None and authors[quoting.author_id].host == tx.home.host:
            notify(tx, "quoted_update", [quoting.author_id], actor_id=post.author_id, post_id=quoting.id)


def check_revoke(tx: Tx, author: ActorRow, quoted_id: int, quoting_id: int) -> tuple[PostRow, QuoteRow]:
    """The author's own post and its quote, when it can be taken out of the other post. Raises NotFound, NotAllowed."""
    quoted, row = posts.seen_by(tx, author.id, quoted_id), quotes.of_post(tx, quoting_id)
    seen = posts.seen_by(tx, author.id, quoting_id)
    if quoted is None or row is None or seen is None or row.quoted_id != quoted.id:
        raise NotFound("quote")
    if quoted.author_id != author.id:
        raise NotAllowed("not_the_author", "Only who wrote a post takes it out of another one.")
    return quoted, row


def set_policy(tx: Tx, post: PostRow, policy: str) -> PostRow:
    """Write anew who may quote a post, ours or a partner's. What quotes it already stays."""
    wanted = policy_for(policy, usual=policy, space=post.space, visibility=post.visibility)
    if wanted != post.quote_policy:
        quotes.set_policy(tx, post.id, wanted)
        tx.emit(PostChanged(post.id))
    return post._replace(quote_policy=wanted)


def _uncount(tx: Tx, post_id: int, quoted_id: int) -> None:
    posts.count(tx, quoted_id, "quotes_count", by=-1)
    tx.emit(PostChanged(quoted_id))
    quoting = posts.by_id(tx, post_id)
    if quoting is not None:
        notifications.take_back(tx, KIND, actor_id=quoting.author_id, post_id=post_id)


def _is_of_company(tx: Tx, post: PostRow, host: str) -> bool:
    author = actors.by_id(tx, post.author_id)
    return author is not None and author.host == host
