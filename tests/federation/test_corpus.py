"""What other servers send is read, or refused by our own errors; nothing else is ever raised."""

import json
from collections.abc import Iterator

import pytest

from federation.activity import Activity
from federation.audience import Audience
from federation.document import first_type, parse
from federation.errors import FederationError
from federation.origin import check_speaks_for
from tests.federation.activities import an_activity
from tests.federation.vectors import CORPUS


def captured() -> Iterator[object]:
    for path in sorted(CORPUS.rglob("*.json")) if CORPUS.exists() else []:
        yield pytest.param(path.read_bytes(), id=f"{path.parent.name}/{path.stem[-60:]}")
    for kind in ("Create", "Update", "Announce", "Like", "Follow", "Undo", "Delete"):
        yield pytest.param(json.dumps(an_activity(kind)).encode(), id=f"own/{kind}")


@pytest.mark.parametrize("body", list(captured()))
def test_what_other_servers_send_is_read_or_refused_by_our_own_errors(body: bytes):
    try:
        document = parse(body)
        activity = Activity.parse(document)
        check_speaks_for(activity.actor, activity)
        assert Audience.of(document).all is not None
    except FederationError as error:
        assert error.status in {400, 401, 403}
        assert error.rule
    else:
        assert activity.type == first_type(document)
