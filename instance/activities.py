"""The table of everything this node understands. The rule kept here: what has no row here is recorded and ignored, never guessed.

For each pair of activity and object: `verify(tx, incoming)` decides and writes nothing, `apply(tx, incoming)` writes and returns what it
wants said in answer, `relay(incoming)` is pure and returns what is passed on. A type of object of "*" stands for any.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from federation.activity import Activity
from federation.document import first_type, id_of, types_of
from federation.letters import Draft
from federation.vocabulary import ACTOR_TYPES
from instance.domain import attendance_inbound as attendance
from instance.domain import charter_inbound as charter
from instance.domain import emoji_reaction_inbound as emoji
from instance.domain import follow_inbound as follow
from instance.domain import guest_answer, guest_moved, partner
from instance.domain import guest_inbound as guest
from instance.domain import member_inbound as member
from instance.domain import person_inbound as person
from instance.domain import pin_inbound as pin
from instance.domain import poll_inbound as poll
from instance.domain import post_inbound as post
from instance.domain import quote_inbound as quote
from instance.domain import reaction_inbound as reaction
from instance.domain import report_inbound as report
from instance.domain import undo_inbound as undo
from instance.domain.emoji_reaction import is_reaction
from instance.domain.outcome import Applies, Incoming, Ruling, Verifies
from instance.storage.database import Tx

ANY = "*"
EMOJI = "EmojiReact"  # a Like that says which emoji is meant is one too, as Misskey writes it
VOTE = "Vote"  # what we call a Note that names an answer of a Question, and says nothing else
# What is said in words besides a Note: it becomes a post with its name above its words.
# The last three are how a BookWyrm speaks of a book.
SAID = ("Article", "Page", "Event", "Image", "Audio", "Video", "Document", "Comment", "Review", "Quotation")
WORDS = ("Note", "Question", *SAID)
EVENT = "Event"  # what one joins or leaves in a project's log: nobody joins the project itself by saying so
FEATURED = "featured"  # what is put into, or taken out of, the collection of what somebody shows first
ANSWERS = ("Accept", "Reject", "TentativeAccept", "TentativeReject")
# What servers outside feel and count; also Misskey's and Pleroma's reactions with an emoji.
REACTIONS = ("Announce", "Dislike", "EmojiReact", "Like")
Relay = Callable[[Incoming], tuple[Draft, ...]]
Refused = Callable[[Tx, Incoming, Ruling], None]


def relay_nothing(_: Incoming) -> tuple[Draft, ...]:
    """Every node delivers its own words to every party itself, so nothing is passed on."""
    return ()


def note_nothing(_: Tx, __: Incoming, ___: Ruling) -> None:
    """What is not taken is written where all arrivals are, with its rule; the log keeps it as well."""


class Rule(NamedTuple):
    """How one kind of activity is taken in. `in_log`: only as an entry of a project's log; the others are a handshake's.

    `refused` writes down what was not taken, where somebody will look for it.
    """

    verify: Verifies
    apply: Applies
    relay: Relay = relay_nothing
    in_log: bool = True
    refused: Refused = note_nothing


def refusing(rule: str) -> Rule:
    """What has no sense between companies: refused by that rule, in words that people understand (instance/reasons.toml)."""
    return Rule(lambda _, __: Ruling(taken=False, rule=rule), lambda _, __: (), in_log=False)


def noting(rule: str) -> Rule:
    """What is taken, and written down where all arrivals are; nothing else comes of it."""
    return Rule(lambda _, __: Ruling(taken=True, rule=rule), lambda _, __: (), in_log=False)


OF_SEVERAL = ("Flag",)
SEVERAL = refusing("several_objects")  # acting on the first alone would drop the others without a word


def _handshake(verify: Verifies, apply: Applies) -> Rule:
    return Rule(verify, apply, in_log=False, refused=charter.refused)


RULES: Mapping[tuple[str, str], Rule] = {
    # charters, between nodes
    ("Offer", "Charter"): _handshake(charter.verify_offer, charter.apply_offer),
    ("Accept", "Charter"): _handshake(charter.verify_accept, charter.apply_accept),
    ("Reject", "Charter"): _handshake(charter.verify_reject, charter.apply_reject),
    ("Update", "Charter"): _handshake(charter.verify_update, charter.apply_update),
    ("Leave", ANY): _handshake(charter.verify_leave, charter.apply_leave),
    ("Suspend", ANY): _handshake(charter.verify_suspend, charter.apply_suspend),
    ("Undo", "Suspend"): _handshake(charter.verify_resume, charter.apply_resume),
    # people
    ("Add", "Person"): Rule(member.verify_add, member.apply_add),
    ("Remove", ANY): Rule(member.verify_remove, member.apply_remove),
    ("Delete", "Person"): Rule(person.verify_delete, person.apply_delete),
    ("Update", "Person"): Rule(partner.verify_update, partner.apply_update),
    ("Update", "Application"): Rule(partner.verify_update, partner.apply_update),
    # posts
    ("Create", "Note"): Rule(post.verify_create, post.apply_create),
    ("Update", "Note"): Rule(poll.verify_update, poll.apply_update),
    ("Create", "Question"): Rule(post.verify_create, poll.apply_create),
    ("Update", "Question"): Rule(poll.verify_update, poll.apply_update),
    ("Create", VOTE): Rule(poll.verify_vote, poll.apply_vote, in_log=False),
    **{("Create", kind): Rule(post.verify_create, post.apply_create) for kind in SAID},
    **{("Update", kind): Rule(post.verify_update, post.apply_update) for kind in SAID},
    ("Delete", ANY): Rule(post.verify_delete, post.apply_delete),
    ("Announce", ANY): Rule(post.verify_announce, post.apply_announce),
    ("Undo", "Announce"): Rule(post.verify_undo_announce, post.apply_undo_announce),
    # quotes
    ("QuoteRequest", ANY): Rule(quote.verify_request, quote.apply_request),
    ("Accept", "QuoteRequest"): Rule(quote.verify_answer, quote.apply_accept),
    ("Reject", "QuoteRequest"): Rule(quote.verify_answer, quote.apply_reject),
    ("Delete", "QuoteAuthorization"): Rule(quote.verify_revoke, quote.apply_revoke),
    # reactions
    ("Like", ANY): Rule(reaction.verify_like, reaction.apply_like),
    ("Undo", "Like"): Rule(undo.verify_like, undo.apply_like),
    (EMOJI, ANY): Rule(emoji.verify_react, emoji.apply_react),
    ("Undo", EMOJI): Rule(emoji.verify_undo_react, emoji.apply_undo_react),
    ("Undo", ANY): Rule(undo.verify, undo.apply),
    # what stands first
    ("Add", FEATURED): Rule(pin.verify_pin, pin.apply_pin),
    ("Remove", FEATURED): Rule(pin.verify_unpin, pin.apply_unpin),
    # who takes part in a milestone
    ("Join", EVENT): Rule(attendance.verify_join, attendance.apply_join),
    ("Leave", EVENT): Rule(attendance.verify_leave, attendance.apply_leave),
    ("Undo", "Join"): Rule(attendance.verify_leave, attendance.apply_leave),
    # between the IT of two companies
    ("Flag", ANY): Rule(report.verify_flag, report.apply_flag, in_log=False),
    # follows stay at home (docs/decisions/0005); who asks is answered
    ("Follow", ANY): Rule(follow.verify_follow, follow.apply_follow, in_log=False),
    ("Undo", "Follow"): refusing("no_follow_here"),
    # answers to what was never asked
    **{(answer, ANY): refusing("we_asked_nothing") for answer in ANSWERS},
    # what is nobody else's business, or has no sense in a project
    ("Block", ANY): refusing("block_stays_at_home"),
    ("Undo", "Block"): refusing("block_stays_at_home"),
    ("Ignore", ANY): refusing("block_stays_at_home"),
    ("Join", ANY): refusing("member_by_own_company_alone"),
    ("Invite", ANY): refusing("member_by_own_company_alone"),
    ("Offer", ANY): refusing("offer_of_no_charter"),
    ("Add", ANY): refusing("collection_not_kept"),
    ("Dislike", ANY): refusing("dislike_not_counted"),
    ("Undo", "Dislike"): refusing("dislike_not_counted"),
    ("Move", ANY): refusing("move_by_both_companies"),
    ("Lock", ANY): refusing("no_thread_is_locked"),
    ("Undo", "Lock"): refusing("no_thread_is_locked"),
    **{(f"{verb}Request", ANY): refusing("needs_no_asking") for verb in ("Like", "Reply", "Announce")},
    ("View", ANY): noting("view_noted"),
    **{(verb, ANY): refusing("reading_not_counted") for verb in ("Read", "Listen")},
    ("Create", ANY): refusing("no_post_of_ours"),
    ("Update", ANY): refusing("no_post_of_ours"),
}


def _guest(verify: Verifies, apply: Applies) -> Rule:
    return Rule(verify, apply, in_log=False)


# What guest hosts may bring, and nothing else of theirs counts: no entry of a log, no word about a charter.
GUEST_RULES: Mapping[tuple[str, str], Rule] = {
    ("Follow", ANY): _guest(guest.verify_follow, guest.apply_follow),
    ("Undo", "Follow"): _guest(guest.verify_unfollow, guest.apply_unfollow),
    ("Undo", ANY): _guest(guest.verify_unfollow, guest.apply_unfollow),
    **{("Update", kind): _guest(guest.verify_profile, guest.apply_profile) for kind in sorted(ACTOR_TYPES)},
    **{(kind, ANY): noting("guest_reacts") for kind in REACTIONS},
    **{("Undo", kind): noting("guest_reacts") for kind in REACTIONS},
    ("Flag", ANY): noting("guest_reports"),
    ("Block", ANY): _guest(guest.verify_block, guest.apply_block),
    ("Move", ANY): _guest(guest_moved.verify_move, guest_moved.apply_move),
    **{("Create", kind): _guest(guest_answer.verify_create, guest_answer.apply_create) for kind in WORDS},
    **{("Update", kind): _guest(guest_answer.verify_update, guest_answer.apply_update) for kind in WORDS},
    ("Delete", ANY): _guest(guest.verify_delete, guest.apply_delete),
}


def rule_for(activity: Activity, rules: Mapping[tuple[str, str], Rule] = RULES) -> Rule | None:
    """The rule for an activity: by its type and its object's (what an Undo undoes counts as the object), then by its type alone.

    Of an object with several types the first that has a rule counts.
    """
    if isinstance(activity.object, list) and activity.type not in OF_SEVERAL:
        return SEVERAL
    undone = activity.inner if activity.type == "Undo" else None
    kinds = (_verb(undone),) if undone else types_of(activity.object)
    if activity.type == "Create" and _is_vote(activity.object):
        kinds = (VOTE,)
    if activity.type == "Delete" and activity.object_iri == activity.actor:
        kinds = ("Person",)
    if activity.type in {"Join", "Leave"} and _is_in_its_log(activity):
        kinds = (EVENT,)
    if activity.type in {"Add", "Remove"} and (id_of(activity.target) or "").endswith(f"/{FEATURED}"):
        kinds = (FEATURED,)
    return next((rule for kind in (*kinds, ANY) if (rule := rules.get((_verb(activity), kind)))), None)


def _verb(activity: Activity) -> str:
    return EMOJI if activity.type == "Like" and is_reaction(activity.document) else activity.type


def _is_in_its_log(activity: Activity) -> bool:
    """Whether an activity is an entry of a project's log and about something in it, not the project."""
    place = activity.raw.get("log")
    return isinstance(place, dict) and place.get("project") != activity.object_iri


def _is_vote(carried: Any) -> bool:
    """Votes travel as Notes with a name and no content, that answer the Question."""
    if not isinstance(carried, dict) or first_type(carried) != "Note":
        return False
    return bool(carried.get("name") and carried.get("inReplyTo")) and not carried.get("content")
