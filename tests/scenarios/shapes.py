"""Activities in the shapes that other kinds of server use, written for these tests: single values and lists, ids and objects, maps, short names and full ones."""

from typing import Any

AS = "https://www.w3.org/ns/activitystreams"
ME = "https://social.example/users/ann"


def create(thing: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A Create of a thing by ann."""
    return {
        "@context": AS,
        "id": "https://social.example/a/1",
        "type": "Create",
        "actor": ME,
        "object": {"id": "https://social.example/o/1", "attributedTo": ME, **thing},
        **more,
    }


def about(kind: str, what: Any, **more: Any) -> dict[str, Any]:
    """An activity of ann's about something."""
    return {
        "@context": AS,
        "id": "https://social.example/a/2",
        "type": kind,
        "actor": ME,
        "object": what,
        **more,
    }


SHAPES: list[dict[str, Any]] = [
    create({"type": "Note", "content": "<p>plain</p>"}),
    create({"type": ["Note"], "content": "a list of types"}, to=f"{AS}#Public"),
    create({"type": ["Article", "Note"], "name": "Two types", "content": "<p>x</p>"}, to="as:Public"),
    create({"type": "Note", "contentMap": {"en": "one", "fr": "un"}}, to=["Public"]),
    create({"type": "Note", "content": None, "contentMap": {"en": None}}),
    create({"type": "Note", "content": ["a", "b"], "summary": {"en": "x"}, "published": "yesterday"}),
    create({"type": "Note", "content": "x", "tag": {"type": "Mention", "href": ME}, "attachment": {}}),
    create(
        {"type": "Note", "content": "x", "tag": [None, 5, "x", {"type": "Hashtag"}], "attachment": [None]}
    ),
    create({"type": "Note", "content": "x", "inReplyTo": {"id": "https://social.example/o/9"}}),
    create({"type": "Note", "content": "x", "inReplyTo": ["https://social.example/o/9"]}),
    create(
        {"type": "Question", "content": "?", "oneOf": [{"type": "Note", "name": "yes"}], "endTime": "soon"}
    ),
    create({"type": "Question", "content": "?", "anyOf": "yes", "closed": True}),
    create({"type": "Article", "name": "Long", "content": "<h1>t</h1>" * 50}),
    create({"type": "Page", "name": "Page", "source": {"content": "x", "mediaType": "text/markdown"}}),
    create(
        {"type": "Event", "name": "Party", "startTime": "2026-12-01T10:00:00Z", "location": {"type": "Place"}}
    ),
    create(
        {"type": "Video", "name": "Film", "url": [{"type": "Link", "href": "https://social.example/v.mp4"}]}
    ),
    create({"type": "Audio", "name": "Sound", "url": {"type": "Link"}}),
    create({"type": "Image", "url": "https://social.example/i.png"}),
    create({"type": "Document", "name": 7}),
    create({}),
    about("Create", "https://social.example/o/3"),
    about(
        "Create", [{"id": "https://social.example/o/4", "type": "Note"}, {"id": "https://social.example/o/5"}]
    ),
    about(
        "Update", {"id": "https://social.example/o/1", "type": "Note", "content": "new", "attributedTo": ME}
    ),
    about("Update", {"id": ME, "type": "Person", "preferredUsername": "ann"}),
    about("Delete", {"id": "https://social.example/o/1", "type": "Tombstone"}),
    about("Delete", ME),
    about("Follow", "https://acme.example/projects/apollo"),
    about("Accept", {"id": "https://social.example/a/3", "type": "Follow", "actor": ME, "object": ME}),
    about("Reject", "https://social.example/a/3"),
    about(
        "Undo",
        {
            "id": "https://social.example/a/4",
            "type": "Like",
            "actor": ME,
            "object": "https://social.example/o/1",
        },
    ),
    about("Undo", "https://social.example/a/4"),
    about("Like", "https://social.example/o/1"),
    about("Like", {"type": "Note", "id": "https://social.example/o/1"}, content=":blobcat:"),
    about(
        "EmojiReact",
        "https://social.example/o/1",
        content="🎉",
        tag=[{"type": "Emoji", "name": ":x:", "icon": 1}],
    ),
    about("Dislike", "https://social.example/o/1"),
    about(
        "Announce",
        {"type": "Create", "id": "https://social.example/a/9", "actor": ME, "object": {"type": "Page"}},
    ),
    about("Announce", "https://social.example/o/1", cc=[None, f"{AS}#Public"]),
    about("Add", "https://social.example/o/1", target="https://social.example/users/ann/featured"),
    about(
        "Add", {"type": "Person", "id": ME}, target={"id": "https://social.example/c", "type": "Collection"}
    ),
    about("Remove", "https://social.example/o/1", target=f"{ME}/featured"),
    about("Block", "https://social.example/users/bob"),
    about("Flag", ["https://social.example/users/bob", "https://social.example/o/1"], content="spam"),
    about("Move", ME, target="https://elsewhere.example/users/ann"),
    about("Invite", "https://social.example/e/1", target=[ME]),
    about("Join", "https://social.example/e/1"),
    about("Leave", "https://social.example/e/1"),
    about("Offer", {"type": "Person", "id": ME}),
    about("Lock", "https://social.example/o/1"),
    about("QuoteRequest", "https://social.example/o/1", instrument="https://social.example/o/2"),
    about("https://www.w3.org/ns/activitystreams#Like", "https://social.example/o/1"),
    about("View", {"id": "https://social.example/o/1"}),
]
