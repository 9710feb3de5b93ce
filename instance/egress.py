"""The gate: whatever leaves this node is made here. The rule kept here: a document reaches no further than every name in it admits.

It asks the finished bytes, not the code that made them: all names in them are looked up, each says in which spaces it may be
named, and only the hosts of a space that all of them share get the letter. Each decision about a letter is a line of the ledger.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from federation.document import first_type, id_of
from federation.errors import Malformed
from federation.letters import ANYONE, Disclosure, Inquiry, L, Outbound, seal_of
from federation.origin import host_of
from federation.webpush import Message
from instance import ids, names, policy, renaming
from instance.alert import Alert
from instance.alert import render as render_alert
from instance.policy import INTERNAL, PUBLIC, Fact, Reach, Verdict, Withheld
from instance.renaming import Renamings
from instance.storage import guests, ledger, other_names, things
from instance.storage.database import Tx
from instance.storage.things import Opening

OFFER = "offer"  # the reason of an inquiry to a company that is about to be offered a charter
NOBODY = "*"  # the host of a withheld letter that could go to nobody

_NOT_FOUND = b'{"error":"Not found"}'
_BLIND = Verdict(False, "withheld_blind", INTERNAL, frozenset(), (), label=0)
_UNREADABLE = ("image/", "audio/", "video/", "application/octet-stream")

Fill = Callable[[bytes], Disclosure]
Finish = Callable[[dict[str, Any]], dict[str, Any]]


class LedgerProof(NamedTuple):
    """Whether the ledger is whole; `broken_at` is the first line that does not fit the one before."""

    ok: bool
    lines: int
    broken_at: int | None


class Pushed(NamedTuple):
    """A letter for a push service, and the headers that tell it and the app how to take it."""

    letter: Outbound
    headers: dict[str, str]


class _Asked(NamedTuple):
    """A document put to the question: the names in it, and how far they let it go."""

    named: frozenset[str]
    facts: tuple[Fact, ...]
    reach: Reach
    openings: dict[str, Opening]

    @property
    def terms(self) -> dict[str, policy.Terms]:
        return {space: opening.terms for space, opening in self.openings.items()}


class Gate:
    """The one maker of letters. `seal_key` is the node's own secret; whoever takes a letter checks its seal with it."""

    def __init__(self, seal_key: bytes) -> None:
        self._seal_key = seal_key

    def check_text(self, tx: Tx, strings: Iterable[str], space: str) -> Verdict:
        """May these words be said in that space? For the author, before anything is published; writes nothing."""
        asked = _ask(tx, list(strings))
        if space == INTERNAL:
            named = tuple(sorted({fact.iri for fact in asked.facts}))
            return Verdict(True, "kept_internal", INTERNAL, frozenset(), named, label=0)
        place = Fact(space, space, "space", frozenset({space}))
        asked = _asked(tx, asked.named, [place, *asked.facts])
        return policy.judge(asked.reach, asked.terms)

    def release(
        self,
        tx: Tx,
        document: dict[str, Any],
        *,
        author: str,
        finish: Finish | None = None,
        only: str | None = None,
        inbox: str | None = None,
    ) -> tuple[Outbound, ...]:
        """One sealed letter for each host that may have this activity; a ledger line for each host considered.

        `author` is the IRI of who says it: a name like any other. The document is sent as it is, or as what `finish` makes of it once
        it is known that some host may have it (a number in a log, a proof). It is what `finish` made that is decided about.
        `only` is the one host that it is for: of those that may have it no other gets it; `inbox` likewise the one inbox.
        """
        asked = _ask(tx, [document, author])
        verdicts = _by_host(asked, document, only)
        if finish is not None and any(verdict.allowed for verdict in verdicts.values()):
            document = finish(document)
            asked = _ask_again(tx, [document, author], asked)
            verdicts = _by_host(asked, document, only)
        body, what = orjson.dumps(document), id_of(document) or ""
        _write(tx, "outbound", what, body, verdicts or {NOBODY: _to_nobody(asked, body)})
        return tuple(
            self._outbound(tx, host, verdict, author=author, inbox=each, what=what, body=body)
            for host, verdict in verdicts.items()
            if verdict.allowed
            for each in asked.openings[verdict.space].inboxes[host]
            if inbox in {None, each}
        )

    def note(self, tx: Tx, withheld: Withheld) -> None:
        """A line for a draft that `check_text` held back: nothing was made of it, so it has an author and no bytes."""
        _write(tx, "outbound", withheld.author, b"", {NOBODY: withheld.verdict})

    def still_open(self, tx: Tx, *letters: Outbound) -> tuple[Outbound, ...]:
        """Those of these letters whose space is still open to their host. Asked again when they are about to go, once for each space.

        What was sealed under a name that is given up now goes where it was to go.
        """
        others = other_names.known(tx)
        openings = things.terms(tx, {renaming.iri(others, letter.space) for letter in letters} - {PUBLIC})
        return tuple(letter for letter in letters if _is_open_to(letter, openings, others))

    def disclose(
        self,
        tx: Tx,
        content: dict[str, Any] | bytes | str,
        *,
        viewer: str,
        media_type: str,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        of: str = "",
    ) -> Disclosure:
        """The answer to an outsider's GET, or the answer of an id that never was, to the byte.

        `of` is the IRI that was asked for, where the content does not say it. A partner's question is written to the
        ledger, so `tx` must be able to write; a stranger's is not: strangers get only what is public, and could fill the disk.
        """
        if media_type.startswith(_UNREADABLE):
            raise ValueError(f"Nothing can be read in {media_type}: ask for a permit")
        subject = of or (id_of(content) or "" if isinstance(content, dict) else "")
        verdict = _shown(tx, [content, of, *map(list, headers)], subject, viewer)
        body = _bytes(content)
        if viewer != ANYONE:
            _write(tx, "disclosure", subject, body, {viewer: verdict})
        if not verdict.allowed:
            return self.not_found(viewer)
        return self._sealed(Disclosure(viewer, status, media_type, body, headers))

    def admitted(self, tx: Tx, items: Sequence[Any], *, beside: str, viewer: str) -> list[bool]:
        """For each of these, whether the viewer may have it together with the thing `beside`, so that a list holds what is for who asks.

        Writes nothing: about the list itself `disclose` is asked.
        """
        named = [things.named_in(tx, [item, beside]) for item in items]
        facts: dict[str, list[Fact]] = {}
        for fact in things.facts(tx, frozenset().union(*named)):
            facts.setdefault(fact.name, []).append(fact)
        reaches = [policy.reach_of(fact for name in each for fact in facts.get(name, ())) for each in named]
        openings = things.terms(tx, frozenset().union(*(reach.spaces or () for reach in reaches)))
        terms = {space: opening.terms for space, opening in openings.items()}
        return [policy.decide(reach, terms, viewer).allowed for reach in reaches]

    def permit(
        self, tx: Tx, of: str, *, viewer: str, media_type: str, digest: str, size_bytes: int
    ) -> Fill | None:
        """The decision about a file that nothing can be read in (a picture), before its bytes are read; None when it is withheld.

        A line of the ledger as for `disclose`, with the SHA-256 (hex) that the file is known by. What is returned makes the Disclosure
        of the bytes with that digest, and of any others the answer of an id that never was. Large files are for a thread.
        """
        verdict = _shown(tx, [of], of, viewer)
        if viewer != ANYONE:
            _write_lines(tx, "disclosure", of, {viewer: verdict}, size_bytes=size_bytes, digest=digest)
        return partial(self._filled, viewer, media_type, digest) if verdict.allowed else None

    def _filled(self, viewer: str, media_type: str, digest: str, body: bytes) -> Disclosure:
        if hashlib.sha256(body).hexdigest() != digest:
            return self.not_found(viewer)
        return self._sealed(Disclosure(viewer, 200, media_type, body))

    def not_found(self, viewer: str) -> Disclosure:
        """The one answer for what is not there and for what is not for this viewer."""
        return self._sealed(Disclosure(viewer, 404, "application/json", _NOT_FOUND))

    def inquire(self, tx: Tx, url: str, *, reason: str, accept: str) -> Inquiry | None:
        """A GET of our own, or None when that host may not learn that we ask, or what the URL names. Written to the ledger.

        Asked are parties of a live charter, companies that a charter names, guest hosts (who their people are), and (reason OFFER) a company about to be offered one.
        An offer's inquiry and WebFinger are not signed: nothing is proven by them, and the other side cannot know us yet.
        """
        host = _host(url)
        verdict = _inquirable(tx, url, host, reason)
        _write(tx, "inquiry", url, b"", {host or NOBODY: verdict})
        if not verdict.allowed:
            return None
        unsigned = reason == OFFER or urlsplit(url).path.startswith("/.well-known/")
        return self._sealed(Inquiry(url, accept, "" if unsigned else tx.home.node, reason))

    def knock(self, tx: Tx, document: dict[str, Any], *, host: str, inbox: str) -> Outbound | None:
        """A letter that names nothing but what is public, to a company that a charter names, to see whether it takes our letters.

        None when it names more, or when no charter that we know names the host. Written to the ledger.
        """
        asked, body = _ask(tx, [document]), orjson.dumps(document)
        verdict = policy.decide(asked.reach, asked.terms, host)
        if verdict.allowed and not things.is_named(tx, host):
            verdict = verdict._replace(allowed=False, rule="withheld_not_party")
        what = id_of(document) or ""
        _write(tx, "outbound", what, body, {host: verdict})
        if not verdict.allowed:
            return None
        letter = Outbound(
            ids.snowflake(tx.now_ms), host, inbox, what, tx.home.node, verdict.rule, verdict.space, body
        )
        return self._sealed(letter)

    def push(
        self, tx: Tx, alert: Alert, *, endpoint: str, close: Callable[[bytes], Message]
    ) -> Pushed | None:
        """A word for an app, by way of the push service that it named: that something happened, and its kind. Written to the ledger.

        `close` makes of the text what that app alone can read. It is the text that is decided about, and the address, before it is
        closed; the words in it are fixed (instance/alert.py). None when either names what is not everybody's.
        """
        said, host = render_alert(alert, tx.home), _host(endpoint)
        asked = _ask(tx, [said, endpoint])
        verdict = policy.decide_push(asked.reach, host, own_host=tx.home.host)
        closed = close(orjson.dumps(said)) if verdict.allowed else Message(b"", {})
        what = str(alert.notification_id)
        _write(tx, "outbound", what, closed.body, {host or NOBODY: verdict})
        if not verdict.allowed:
            return None
        letter = Outbound(
            ids.snowflake(tx.now_ms), host, endpoint, what, "", verdict.rule, verdict.space, closed.body
        )
        return Pushed(self._sealed(letter), closed.headers)

    def verify_ledger(self, tx: Tx) -> LedgerProof:
        """Read the whole ledger and find the first line that was changed, moved, added or taken out."""
        seq, prev = 0, ledger.GENESIS
        for line in ledger.in_order(tx):
            fields = line._asdict()
            if fields.pop("hash") != ledger.hash_of(fields, prev) or line.seq != seq + 1:
                return LedgerProof(ok=False, lines=seq, broken_at=seq + 1)
            seq, prev = line.seq, line.hash
        return LedgerProof(ok=True, lines=seq, broken_at=None)

    def _outbound(
        self, tx: Tx, host: str, verdict: Verdict, *, author: str, inbox: str, what: str, body: bytes
    ) -> Outbound:
        letter = Outbound(
            id=ids.snowflake(tx.now_ms),
            host=host,
            inbox=inbox,
            activity=what,
            signer=_signer(tx, verdict.space, author),
            rule=verdict.rule,
            space=verdict.space,
            body=body,
        )
        return self._sealed(letter)

    def _sealed(self, letter: L) -> L:
        return replace(letter, seal=seal_of(letter, self._seal_key))


def _signer(tx: Tx, space: str, author: str) -> str:
    """Our node; but what a project says to its guests it signs itself, under the name it says it by: who knows no charter believes an actor's own key only."""
    guest = policy.guest_of(space)
    if guest is None:
        return tx.home.node
    return author if renaming.iri(other_names.known(tx), author) == guest[1] else guest[1]


def _ask(tx: Tx, content: Any) -> _Asked:
    named = things.named_in(tx, content)
    return _asked(tx, named, things.facts(tx, named))


def _ask_again(tx: Tx, content: Any, before: _Asked) -> _Asked:
    """Ask about what was asked about before, in the same transaction, and has grown: every name is read, only new ones are looked up."""
    named = things.named_in(tx, content)
    if named == before.named:
        return before
    if not named > before.named:
        return _asked(tx, named, things.facts(tx, named))
    return _asked(tx, named, [*before.facts, *things.facts(tx, named - before.named)])


def _asked(tx: Tx, named: frozenset[str], facts: Iterable[Fact]) -> _Asked:
    facts = tuple(facts)
    reach = policy.reach_of(facts)
    return _Asked(named, facts, reach, things.terms(tx, reach.spaces or ()))


def _by_host(asked: _Asked, document: dict[str, Any], only: str | None) -> dict[str, Verdict]:
    """The decision for each host that comes into question; where nobody has an inbox (a guest that nobody follows from), none does."""
    if _is_blind(orjson.dumps(document)):
        return {}
    hosts = sorted(host for host in policy.candidates(asked.reach, asked.terms) if only in {None, host})
    verb = first_type(document)
    found = {host: policy.decide(asked.reach, asked.terms, host, verb=verb) for host in hosts}
    return {
        host: verdict
        for host, verdict in found.items()
        if not verdict.allowed or _is_reached(asked, verdict, host)
    }


def _is_open_to(letter: Outbound, openings: Mapping[str, Opening], others: Renamings) -> bool:
    opening = openings.get(renaming.iri(others, letter.space))
    is_open = opening is not None and renaming.host(others, letter.host) in opening.terms.hosts
    return letter.space == PUBLIC or is_open


def _is_reached(asked: _Asked, verdict: Verdict, host: str) -> bool:
    return bool(asked.openings[verdict.space].inboxes.get(host))


def _to_nobody(asked: _Asked, body: bytes) -> Verdict:
    verdict = _BLIND if _is_blind(body) else policy.judge(asked.reach, asked.terms)
    if verdict.allowed:  # to somebody, but not to the one that it is for, or nobody there can be written to
        return verdict._replace(allowed=False, rule="withheld_not_party")
    return verdict


def _shown(tx: Tx, said: list[Any], subject: str, viewer: str) -> Verdict:
    """The decision about an answer. A thing may be named for longer than it is shown: who left a project has no profile there."""
    own, asked = things.named_in(tx, [subject]), _ask(tx, said)
    facts = [
        fact._replace(spaces=fact.shown) if fact.name in own and fact.shown is not None else fact
        for fact in asked.facts
    ]
    asked = _asked(tx, asked.named, facts)
    return policy.decide(asked.reach, asked.terms, viewer)


def _bytes(content: dict[str, Any] | bytes | str) -> bytes:
    if isinstance(content, dict):
        return orjson.dumps(content)
    return content.encode() if isinstance(content, str) else content


def _is_blind(body: bytes) -> bool:
    return b'"bto":' in body or b'"bcc":' in body


def _host(url: str) -> str:
    try:
        return host_of(url)
    except Malformed:
        return ""


def _inquirable(tx: Tx, url: str, host: str, reason: str) -> Verdict:
    """A host may be told its own names; any other name in the URL must admit it, and we must have to do with it."""
    named, there = things.named_in(tx, [url]), renaming.host(other_names.known(tx), host)
    facts = [fact for fact in things.facts(tx, named) if not names.is_own(fact.name, there)]
    asked = _asked(tx, named, facts)
    if asked.reach.spaces is not None:
        return policy.decide(asked.reach, asked.terms, host)
    named_in_charter, guest = things.is_named(tx, host), guests.is_let_in(tx, host)
    known = reason == OFFER or named_in_charter or guest
    released = "released_guest" if guest and not named_in_charter else "released_handshake"
    rule = released if known else "withheld_not_party"
    hosts = frozenset({host}) if known else frozenset()
    return Verdict(bool(known and host), rule, PUBLIC, hosts, (), label=0)


def _write(tx: Tx, letter: str, what: str, body: bytes, verdicts: dict[str, Verdict]) -> None:
    _write_lines(tx, letter, what, verdicts, size_bytes=len(body), digest=hashlib.sha256(body).hexdigest())


def _write_lines(
    tx: Tx, letter: str, what: str, verdicts: dict[str, Verdict], *, size_bytes: int, digest: str
) -> None:
    ledger.append(
        tx,
        [
            ledger.Entry(
                at_ms=tx.now_ms,
                verdict="released" if verdict.allowed else "withheld",
                letter=letter,
                rule=verdict.rule,
                host=host,
                space=verdict.space,
                what=what,
                names=orjson.dumps(verdict.names).decode(),
                label=verdict.label,
                size_bytes=size_bytes,
                digest=digest,
            )
            for host, verdict in verdicts.items()
        ],
    )
