"""What guests have of us from before we took another name. The rule kept here: it is changed and taken back under the name that they have it by.

Servers outside believe an actor about what it said itself, and the one under the new name is another to them.
"""

from dataclasses import replace

from federation.letters import Draft
from instance import renaming
from instance.renaming import Renamings
from instance.storage import other_names
from instance.storage.database import Tx


def as_known(tx: Tx, draft: Draft, made_at_ms: int) -> Draft:
    """What is said about something that guests have since then, under the name of ours that they have it by: by that actor, with its key."""
    back = _name_at(tx, made_at_ms)
    if not back:
        return draft
    activity = renaming.document(back, draft.activity)
    return replace(draft, activity=activity, author=renaming.iri(back, draft.author))


def _name_at(tx: Tx, at_ms: int) -> Renamings:
    later = [row for row in other_names.former(tx, tx.home.host) if row.since_ms > at_ms]
    return (later[-1].renaming.back,) if later else ()
