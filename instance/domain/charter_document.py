"""The charter as a document: written, read and compared. The rule kept here: pure; a document is read whole or refused by the rule it breaks.

    {"@context", "id", "type": "Charter", "attributedTo": node that offers it, "name", "summary": purpose, "published", "version",
     "previous": fingerprint of the version before, "project": {id, type, name, preferredUsername, summary},
     "parties": [{"type": "Party", node, host, inbox, name, role, "assertionMethod": [Multikey of the node],
                  "formerly": [{node, inbox}] of a company that had other names, the latest first}],
     "labelCeiling": "C1", "startTime", "endTime", "retention": "P1Y", "indicators": […],
     "guests": "read", "proof": one a party}

The keys of the parties stand in it so that each can check the proofs of all others without asking anybody. They serve for these
proofs only: a key that a charter names is never taken for the key of a node that we have not met (see `charter_proofs.check_known`).
"""

import re
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from federation import keys
from federation.activity import moment_ms
from federation.document import Document, first_type, id_of, one_or_many
from federation.errors import FederationError, Refused
from federation.jcs import canonical
from federation.origin import host_of, same_origin
from federation.vocabulary import CONTEXT
from instance.domain.render import timestamp

LABELS = ("C0", "C1", "C2", "C3")
ROLES = ("host", "client", "supplier", "partner")
# What a project's guests may do: not be there, read, or read and answer. A charter that does not say allows none.
NO_GUESTS, GUESTS_READ, GUESTS_ANSWER = "none", "read", "answer"
GUESTS = (NO_GUESTS, GUESTS_READ, GUESTS_ANSWER)
LEAST_PARTIES, MOST_PARTIES = 2, 50
FORMER_MOST = 8
INDICATORS_LIMIT = 50
NAME_LIMIT_CHARS, PURPOSE_LIMIT_CHARS = 200, 5000
YEAR_MS = 366 * 24 * 3_600_000
LONGEST_MS = 20 * YEAR_MS
CLOCK_MARGIN_MS = 5 * 60_000

# Every rule that a charter can break: the field of our own form that it belongs to, and what to say to who fills that in.
WORDS: dict[str, tuple[str, str]] = {
    "not_a_charter": ("charter", "This is not a charter."),
    "charter_id": ("charter", "The charter has no address."),
    "charter_of_another_host": (
        "charter",
        "The charter's address is not on the host of the company that offers it.",
    ),
    "charter_author": ("charter", "The charter does not say which node offers it."),
    "charter_project": ("project", "The project's address, name or handle is missing or not well formed."),
    "charter_version": ("version", "The version must be a whole number from 1 on."),
    "charter_previous": ("version", "The version before is not named properly."),
    "charter_purpose": (
        "purpose",
        f"Say what the project is for, in {PURPOSE_LIMIT_CHARS} characters at most.",
    ),
    "charter_party": ("parties", "A company needs a node, a host, an inbox and a name."),
    "charter_retention": ("retention", "Write a duration such as P1Y, P18M or P90D."),
    "charter_dates": ("ends_at", "It must end after it starts, in the future, and within twenty years."),
    "charter_indicators": (
        "indicators",
        f"At most {INDICATORS_LIMIT} names of letters, 0-9, _ and -, such as I1.",
    ),
    "ceiling_out_of_scale": ("ceiling", f"The label ceiling is one of {', '.join(LABELS)}."),
    "charter_guests": ("guests", f"What guests may do is one of {', '.join(GUESTS)}."),
    "number_of_parties": ("parties", f"A charter ties {LEAST_PARTIES} to {MOST_PARTIES} companies."),
    "party_listed_twice": ("parties", "A company is listed twice."),
    "party_of_two_hosts": ("parties", "A company's node, host and inbox are not at one place."),
    "party_role": ("parties", f"A role is one of {', '.join(ROLES)}."),
    "party_key": ("parties", "A company's node has not shown its key yet: meet it first."),
    "proposer_is_no_party": ("parties", "The company that offers the charter is not in it."),
    "project_host_is_no_party": ("parties", "The company that hosts the project is not in it."),
    "drops_a_party": ("parties", "An amendment cannot drop a company: it leaves by itself."),
    "version_order": ("version", "The version is not newer than those that are known."),
    "previous_differs": ("version", "It does not follow the version that is in force here."),
    "charter_is_over": ("ends_at", "Its end has passed."),
    "key_contradicts": ("parties", "A company's key is not the one that its node showed us."),
    "moved_by_another": ("parties", "Only a company itself says that it has another name."),
    "name_taken": ("parties", "The new name of a company is the name of somebody else here."),
    "name_given_up": ("parties", "A company is listed under a name that was given up."),
    "not_known_as": ("parties", "The node at the new name does not say that it is that company's."),
    "node_contradicts": ("parties", "A company's node or inbox is not the one that we know."),
}

_DURATION = re.compile(r"P(?=\d)(\d{1,3}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,5}D)?")
_INDICATOR = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_HANDLE = re.compile(r"[a-z0-9_]{1,30}")


class Former(NamedTuple):
    """A name that a company had, or has until the charter that says so is in force: its node and inbox there."""

    node: str
    inbox: str

    @property
    def host(self) -> str:
        """The host given up."""
        return host_of(self.node)


class Party(NamedTuple):
    """A company in a charter. `key_id` and `key` are the id and the publicKeyMultibase of its node's Ed25519 key.

    `formerly` are the names it had before, the latest first; the key is the same under all of them.
    """

    host: str
    node: str
    inbox: str
    company: str
    role: str
    key_id: str
    key: str
    formerly: tuple[Former, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that it has or had."""
        return (self.host, *(former.host for former in self.formerly))

    @property
    def places(self) -> tuple[Former, ...]:
        """Its node and inbox under every name that it has or had."""
        return (Former(self.node, self.inbox), *self.formerly)


class Terms(NamedTuple):
    """What a charter says. `offered_by` is the node that wrote it, `previous` the fingerprint of the version before."""

    iri: str
    project_iri: str
    handle: str
    title: str
    version: int
    offered_by: str
    purpose: str
    parties: tuple[Party, ...]
    ceiling: int
    starts_at_ms: int
    ends_at_ms: int | None
    retention: str
    indicators: tuple[str, ...]
    previous: str | None
    published_ms: int
    guests: str = NO_GUESTS

    def party(self, host: str) -> Party | None:
        """The company that has this host, or had it before."""
        return next((party for party in self.parties if host in party.hosts), None)


def render_charter(terms: Terms) -> Document:
    """The document of these terms, without proofs."""
    document: Document = {
        "@context": CONTEXT,
        "id": terms.iri,
        "type": "Charter",
        "attributedTo": terms.offered_by,
        "name": terms.title,
        "summary": terms.purpose,
        "published": timestamp(terms.published_ms),
        "version": terms.version,
        "project": {
            "id": terms.project_iri,
            "type": "Group",
            "name": terms.title,
            "preferredUsername": terms.handle,
        },
        "parties": [_render_party(party) for party in terms.parties],
        "labelCeiling": LABELS[terms.ceiling],
        "startTime": timestamp(terms.starts_at_ms),
        "retention": terms.retention,
        "indicators": list(terms.indicators),
    }
    if terms.ends_at_ms is not None:
        document["endTime"] = timestamp(terms.ends_at_ms)
    if terms.previous is not None:
        document["previous"] = terms.previous
    if terms.guests != NO_GUESTS:  # else as charters were before there were guests
        document["guests"] = terms.guests
    return document


def _render_party(party: Party) -> Document:
    key = {"id": party.key_id, "type": "Multikey", "controller": party.node, "publicKeyMultibase": party.key}
    document: Document = {
        "type": "Party",
        "node": party.node,
        "host": party.host,
        "inbox": party.inbox,
        "name": party.company,
        "role": party.role,
        "assertionMethod": [key],
    }
    if party.formerly:
        document["formerly"] = [former._asdict() for former in party.formerly]
    return document


def public_key(party: Party) -> Ed25519PublicKey:
    """The key with which the party's node signs. Raises Refused("party_key")."""
    try:
        key = keys.from_multikey(party.key)
    except FederationError as error:
        raise Refused("party_key", party.host) from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused("party_key", party.host)
    return key


def fingerprint(document: Document) -> str:
    """The hash by which the next version names this one: SHA-256 in hex over its canonical form without proofs."""
    return sha256(canonical({name: value for name, value in document.items() if name != "proof"})).hexdigest()


def read_charter(document: Any) -> Terms:
    """The terms in a charter document that somebody sent. Raises Refused, naming the rule that it breaks."""
    if first_type(document) != "Charter":
        raise Refused("not_a_charter")
    project = document.get("project")
    if first_type(project) != "Group":
        raise Refused("charter_project")
    terms = Terms(
        iri=_iri(document, "id", "charter_id"),
        project_iri=_iri(project, "id", "charter_project"),
        handle=_text(project, "preferredUsername", "charter_project", limit=30),
        title=_text(project, "name", "charter_project", limit=NAME_LIMIT_CHARS),
        version=_whole(document.get("version")),
        offered_by=_iri(document, "attributedTo", "charter_author"),
        purpose=_text(document, "summary", "charter_purpose", limit=PURPOSE_LIMIT_CHARS),
        parties=_parties(document.get("parties")),
        ceiling=_ceiling(document.get("labelCeiling")),
        starts_at_ms=_moment(document, "startTime"),
        ends_at_ms=_moment(document, "endTime") if document.get("endTime") is not None else None,
        retention=_text(document, "retention", "charter_retention", limit=30),
        indicators=_indicators(document.get("indicators")),
        previous=_text(document, "previous", "charter_previous", limit=64)
        if "previous" in document
        else None,
        published_ms=_moment(document, "published"),
        guests=_guests(document.get("guests", NO_GUESTS)),
    )
    check_terms(terms)
    return terms


def check_terms(terms: Terms) -> None:
    """Raise Refused unless the terms are sound in themselves, whoever offers them and whenever."""
    _check_parties(terms)
    if not same_origin(terms.iri, terms.offered_by):
        raise Refused("charter_of_another_host", terms.iri)
    if terms.party(host_of(terms.offered_by)) is None:
        raise Refused("proposer_is_no_party", terms.offered_by)
    if terms.party(host_of(terms.project_iri)) is None:
        raise Refused("project_host_is_no_party", terms.project_iri)
    if not _HANDLE.fullmatch(terms.handle):
        raise Refused("charter_project", terms.handle)
    if terms.guests not in GUESTS:
        raise Refused("charter_guests", terms.guests[:20])
    if not _DURATION.fullmatch(terms.retention):
        raise Refused("charter_retention", terms.retention)
    _check_dates(terms)


def _check_parties(terms: Terms) -> None:
    if not LEAST_PARTIES <= len(terms.parties) <= MOST_PARTIES:
        raise Refused("number_of_parties", str(len(terms.parties)))
    named = [host for party in terms.parties for host in party.hosts]
    if len(set(named)) < len(named):
        raise Refused("party_listed_twice")
    for party in terms.parties:
        at_home = all(same_origin(each.node, each.inbox) for each in party.places)
        if party.host != host_of(party.node) or not at_home:
            raise Refused("party_of_two_hosts", party.host)
        if party.role not in ROLES:
            raise Refused("party_role", party.role)
        public_key(party)


def _check_dates(terms: Terms) -> None:
    if terms.starts_at_ms < terms.published_ms - YEAR_MS or terms.starts_at_ms > terms.published_ms + YEAR_MS:
        raise Refused("charter_dates", "it starts more than a year away from when it was written")
    if terms.ends_at_ms is not None and not 0 < terms.ends_at_ms - terms.starts_at_ms <= LONGEST_MS:
        raise Refused("charter_dates", "it ends before it starts, or lasts too long")


def _text(thing: Document, name: str, rule: str, *, limit: int) -> str:
    value = thing.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise Refused(rule, name)
    return value


def _iri(thing: Document, name: str, rule: str) -> str:
    iri = id_of(thing.get(name)) if name != "id" else id_of(thing)
    try:
        host_of(iri or "")
    except FederationError as error:
        raise Refused(rule, name) from error
    return iri or ""


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 < value < 10_000:
        raise Refused("charter_version", str(value)[:20])
    return value


def _ceiling(value: Any) -> int:
    if value not in LABELS:
        raise Refused("ceiling_out_of_scale", str(value)[:20])
    return LABELS.index(value)


def _guests(value: Any) -> str:
    if value not in GUESTS:
        raise Refused("charter_guests", str(value)[:20])
    return str(value)


def _moment(document: Document, name: str) -> int:
    at_ms = moment_ms(document.get(name))
    if at_ms is None:
        raise Refused("charter_dates", name)
    return at_ms


def _indicators(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    names = tuple(name for name in listed if isinstance(name, str) and _INDICATOR.fullmatch(name))
    if len(names) != len(listed) or len(names) > INDICATORS_LIMIT or value is not listed:
        raise Refused("charter_indicators")
    return names


def _parties(value: Any) -> tuple[Party, ...]:
    if not isinstance(value, list) or len(value) > MOST_PARTIES:
        raise Refused("number_of_parties")
    return tuple(_party(item) for item in value)


def _party(item: Any) -> Party:
    if first_type(item) != "Party":
        raise Refused("charter_party")
    node = _iri(item, "node", "charter_party")
    key = next((key for key in keys.public_keys_of({**item, "id": node}) if key.kind == "ed25519"), None)
    if key is None or not same_origin(key.id, node):
        raise Refused("party_key", node)
    assert isinstance(key.key, Ed25519PublicKey)
    return Party(
        host=_text(item, "host", "charter_party", limit=255),
        node=node,
        inbox=_iri(item, "inbox", "charter_party"),
        company=_text(item, "name", "charter_party", limit=NAME_LIMIT_CHARS),
        role=_text(item, "role", "party_role", limit=20),
        key_id=key.id,
        key=keys.to_multikey(key.key),
        formerly=_formerly(item.get("formerly")),
    )


def _formerly(value: Any) -> tuple[Former, ...]:
    listed = one_or_many(value)
    if len(listed) > FORMER_MOST or not all(isinstance(item, dict) for item in listed):
        raise Refused("charter_party", "formerly")
    rule = "charter_party"
    return tuple(Former(_iri(item, "node", rule), _iri(item, "inbox", rule)) for item in listed)
