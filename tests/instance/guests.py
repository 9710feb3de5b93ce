"""What the tests of guests share: Acme with project Apollo, whose charter lets guests read and answer, and a guest host."""

from typing import Any

from federation.document import Document
from instance.domain import guest, saying
from instance.policy import guest_space, guests_space
from instance.storage import guests
from instance.storage.guests import FollowerRow, GuestActorRow
from tests.builders import a_thing
from tests.instance.companies import ACME, APOLLO, TWO, Companies, in_force

MASTODON, PLEROMA = "mastodon.example", "pleroma.example"
ANN = f"https://{MASTODON}/users/ann"
SHARED = f"https://{MASTODON}/inbox"


def with_guests(*hosts: str, may: str = "answer", **terms: Any) -> Companies:
    """Acme and Globex with Apollo, and these hosts let in."""
    net = in_force(*TWO, guests=may, **terms)
    for host in hosts:
        net.perform(ACME, lambda tx, host=host: guest.allow(tx, APOLLO, host=host))
    return net


def a_follower(net: Companies, iri: str = ANN, *, host: str = MASTODON, inbox: str = SHARED) -> FollowerRow:
    """Somebody at a guest host who follows Apollo."""
    tx = net[ACME]
    guests.know(tx, GuestActorRow(iri, host, "ann", "Ann", inbox, inbox, tx.now_ms))
    row = FollowerRow(APOLLO, iri, host, inbox, f"{iri}/follows/1", tx.now_ms, None)
    guests.follow(tx, row)
    return row


def for_guests(net: Companies, kind: str = "Create", *, label: int = 1, **note: Any) -> Document:
    """An activity of Apollo about a note of its own."""
    tx = net[ACME]
    iri = a_thing(tx, "notes/1", space=guests_space(APOLLO), kind="note", label=label)
    carried = {"id": iri, "type": "Note", "attributedTo": APOLLO, "content": "<p>Bob, Globex: up.</p>"} | note
    return saying.to_guests(tx, kind, carried, space=guests_space(APOLLO), label=label).activity


def to_one(net: Companies, kind: str = "Accept", *, host: str = MASTODON) -> Document:
    """An activity of Apollo for one guest host."""
    carried = {"id": f"{ANN}/follows/1", "type": "Follow", "actor": ANN, "object": APOLLO}
    space = guest_space(host, APOLLO)
    return saying.to_guests(net[ACME], kind, carried, space=space, to=[ANN]).activity
