"""Our own sequence after a backup was restored that is too old. The rule kept here: while a partner holds entries of ours that we lack, we number no new one.

A second entry with a number that is taken would be a fork, for ever. That we lack entries is known by what partners say they hold (Cordee-Heads). It
is a claim: the entries are fetched and taken in, for they carry our own people's proofs; who was asked and cannot show them is not
believed about our log for a day, so that nobody can keep us silent by a word. Who claims and does not answer keeps us silent in this project
until it does, or until the charter is suspended: a fork could not be undone.
"""

from collections.abc import Iterable, Mapping

from federation.log import Head
from instance.errors import Conflict
from instance.storage import charters
from instance.storage import log as entries
from instance.storage.database import Tx
from instance.storage.log import ReceiptRow

DISTRUST_MS = 24 * 3_600_000
_NOTHING = Head(0, "")  # the receipt of one who said more than it could show


def lacking(tx: Tx, project: str) -> ReceiptRow | None:
    """The claim, of a company still in the project, to hold the most of our entries past the end of our own log; None when all is well."""
    end = entries.head(tx, project, tx.home.host) or _NOTHING
    claims = entries.past(tx, project, tx.home.host, seq=end.seq)
    if not claims:
        return None
    open_hosts = charters.open_hosts(tx, project)
    return max((row for row in claims if row.holder in open_hosts), key=lambda row: row.seq, default=None)


def check_whole(tx: Tx, project: str) -> None:
    """Raise Conflict, in words for whoever wants to publish, while entries of ours are missing here."""
    row = lacking(tx, project)
    if row is not None:
        text = (
            "A backup was restored here that lacks what we published last in this project. It is being fetched from "
            f"{row.holder}; try again in a minute. (For IT: cordee check)"
        )
        raise Conflict("own_log_behind", text)


def forked(tx: Tx, project: str) -> ReceiptRow | None:
    """A partner's receipt for an entry of ours that is another than the one with that number here; None when all is well."""
    for row in entries.receipts(tx, project):
        if row.party == tx.home.host and row.seq > 0:
            ours = entries.hash_at(tx, project, row.party, seq=row.seq)
            if ours is not None and ours != row.hash:
                return row
    return None


def believable(tx: Tx, project: str, holder: str, theirs: Mapping[str, Head]) -> dict[str, Head]:
    """What a company says it holds, but nothing about our own log for a day after it could not show what it said."""
    host, before = tx.home.host, entries.receipt(tx, project, holder=holder, party=tx.home.host)
    is_distrusted = before is not None and before.seq == 0 and tx.now_ms - before.at_ms < DISTRUST_MS
    return {party: head for party, head in theirs.items() if party != host} if is_distrusted else dict(theirs)


def distrust(tx: Tx, project: str, holders: Iterable[str]) -> None:
    """Write that these were asked for the entries that they say they hold, and had none to show."""
    for holder in holders:
        claim = entries.receipt(tx, project, holder=holder, party=tx.home.host)
        if claim is not None and claim.seq > 0:
            entries.put_receipts(tx, project, holder, [(tx.home.host, _NOTHING)])
