"""Who speaks in what came, and by what right. The rule kept here: proofs are checked on what came; what it means is read under the names that things have now."""

from federation import log, origin
from federation.activity import Activity
from federation.errors import Refused
from federation.origin import host_of
from instance import inbox, renaming
from instance.domain import guest
from instance.inbox import Arrival
from instance.keyring import KeyRing
from instance.storage.database import Database


async def arrival(
    keyring: KeyRing, database: Database, came: Activity, *, signer: str, heads: str | None
) -> Arrival:
    """An activity whose transport `signer` has signed, as it is taken in. Raises FederationError."""
    entry, others = log.entry_of(came.raw), await keyring.names()
    if entry is None and await _needs_no_proof(database, came, signer):
        await keyring.check_known(came)
        proven = None
    else:
        proven = await keyring.prove(came)
    activity = inbox.present_words(came, others)
    entry = None if entry is None else inbox.present(entry, others)
    said = came if entry is None else activity  # a charter is left as its companies signed it
    speaker = signer if entry is None else renaming.iri(others, signer)
    origin.check_speaks_for(speaker, said, proven=None if proven is None else said.actor)
    if entry is not None and proven is None:
        raise Refused("no_proof", activity.iri, safe="A project's activity carries its author's proof.")
    host = renaming.host(others, host_of(signer))
    theirs = inbox.heads_in(heads, entry.project, others) if entry is not None and heads else None
    return Arrival(activity, host, host, proven, entry, theirs)


async def _needs_no_proof(database: Database, activity: Activity, signer: str) -> bool:
    """Whether somebody at a guest host brings their own words, of no log: a proof adds nothing, and its key need not be had. One by a key that we know has to hold all the same."""
    if signer != activity.actor:
        return False
    return await database.read(lambda tx: guest.is_guest(tx, host_of(signer)))
