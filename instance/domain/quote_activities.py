"""What is said on the wire about quotes (FEP-044f): the request, the answer with its stamp, and the taking back. The rule kept here: pure.

The stamp travels inside the answer, which carries its author's proof: nobody has to fetch it, and at its own address the answer is found.
"""

from federation.document import Document
from federation.vocabulary import POST_CONTEXT
from instance.domain.render import Json, audience, timestamp
from instance.storage.actors import ActorRow
from instance.storage.posts import PostRow

STAMP = "QuoteAuthorization"
REQUEST = "QuoteRequest"


def stamp_iri(answer_iri: str) -> str:
    """The IRI of the stamp in an answer."""
    return f"{answer_iri}#authorization"


def stamp(iri: str, *, author_iri: str, quoting_iri: str, quoted_iri: str) -> Json:
    """QuoteAuthorization: this author lets that post quote this one."""
    return {
        "id": iri,
        "type": STAMP,
        "attributedTo": author_iri,
        "interactingObject": quoting_iri,
        "interactionTarget": quoted_iri,
    }


def request(post: PostRow, author: ActorRow, *, quoted_iri: str, iri: str, at_ms: int) -> Json:
    """QuoteRequest: whether this post may quote that one."""
    asked = {
        "id": iri,
        "type": REQUEST,
        "actor": author.iri,
        "object": quoted_iri,
        "instrument": post.iri,
    }
    return {"@context": POST_CONTEXT, **asked, **_told(post, author, at_ms)}


def answer(kind: str, asked: Document, quoted: PostRow, author: ActorRow, *, iri: str, at_ms: int) -> Json:
    """Accept, with the stamp, or Reject of a QuoteRequest."""
    kept = {name: asked[name] for name in ("id", "type", "actor", "object", "instrument") if name in asked}
    told = {"id": iri, "type": kind, "actor": author.iri, "object": kept}
    return {"@context": POST_CONTEXT, **told, **_told(quoted, author, at_ms)}


def revocation(quoted: PostRow, author: ActorRow, *, revoked: Json, iri: str, at_ms: int) -> Json:
    """Delete of a stamp."""
    told = {"id": iri, "type": "Delete", "actor": author.iri, "object": revoked}
    return {"@context": POST_CONTEXT, **told, **_told(quoted, author, at_ms)}


def _told(post: PostRow, author: ActorRow, at_ms: int) -> Json:
    to, cc = audience(post, author)
    return {"published": timestamp(at_ms), "to": list(to), "cc": list(cc)}
