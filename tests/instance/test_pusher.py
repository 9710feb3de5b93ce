"""What becomes of a push message by what was answered, and what the gate lets into one."""

from dataclasses import replace

import orjson
import pytest
from multidict import CIMultiDict

from federation.errors import FederationError, Gone, Malformed, Refused, Unreachable
from federation.letters import check_seal
from federation.webpush import Message
from federation.wire import Answer
from instance import alert
from instance.alert import Alert
from instance.egress import Pushed
from instance.policy import PUBLIC
from instance.pusher import ATTEMPTS, Fate, judge
from instance.storage.notifications import KINDS
from tests.instance.acme import GATE, KEY, World

TOLD = Alert(17, "mention", "en", "the-token")
ENDPOINT = "https://push.example/for/alice"


def answered(status: int, **headers: str) -> Answer:
    return Answer(
        status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), b"", ""
    )


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [
        (answered(201), Fate.TOLD),
        (answered(200), Fate.TOLD),
        (answered(404), Fate.GONE),
        (Gone("gone"), Fate.GONE),
        (Refused("private_address"), Fate.GONE),
        (Refused("plain_http"), Fate.GONE),
        (Refused("redirect"), Fate.GONE),
        (Refused("seal"), Fate.LOST),
        (answered(400), Fate.LOST),
        (answered(403), Fate.LOST),
        (answered(413), Fate.LOST),
        (Malformed("too_large"), Fate.LOST),
        (answered(429), Fate.LATER),
        (answered(408), Fate.LATER),
        (answered(500), Fate.LATER),
        (Unreachable("timeout"), Fate.LATER),
    ],
    ids=str,
)
def test_what_an_answer_means(outcome: Answer | FederationError, fate: Fate):
    assert judge(outcome, attempt=1, chance=0.5).fate is fate


@pytest.mark.parametrize("outcome", [answered(503), Unreachable("dns")], ids=["busy", "away"])
def test_nobody_is_asked_for_ever(outcome: Answer | FederationError):
    waits = [judge(outcome, attempt=attempt, chance=0.5) for attempt in range(1, ATTEMPTS + 1)]
    assert [one.fate for one in waits] == [*[Fate.LATER] * (ATTEMPTS - 1), Fate.LOST]
    assert 5 <= waits[0].wait_s < waits[1].wait_s
    assert sum(one.wait_s for one in waits) > 600


def test_a_push_service_says_itself_how_long_to_wait():
    assert judge(answered(429, Retry_After="120"), attempt=1, chance=0.5).wait_s == 120


@pytest.fixture
def world() -> World:
    return World()


def pushed(world: World, endpoint: str = ENDPOINT, told: Alert = TOLD) -> tuple[Pushed | None, list[bytes]]:
    """What the gate makes of it, and the texts that were closed."""
    texts: list[bytes] = []

    def close(text: bytes) -> Message:
        texts.append(text)
        return Message(b"closed", {"Content-Encoding": "aes128gcm"})

    return GATE.push(world.tx, told, endpoint=endpoint, close=close), texts


def test_a_push_message_is_a_sealed_letter_for_the_push_service(world: World):
    made, texts = pushed(world)
    assert made is not None
    letter = check_seal(made.letter, KEY)
    assert (letter.host, letter.inbox, letter.body) == ("push.example", ENDPOINT, b"closed")
    assert (letter.signer, letter.rule, letter.space) == ("", "released_push", PUBLIC)
    assert orjson.loads(texts[0]) == alert.render(TOLD, world.tx.home)


def test_a_push_message_does_not_leave_for_another_address(world: World):
    made, _ = pushed(world)
    assert made is not None
    with pytest.raises(Refused, match="seal"):
        check_seal(replace(made.letter, inbox="https://evil.example/"), KEY)


@pytest.mark.parametrize("named", ["secret", "post", "plan", "carol", "alice", "bob", "apollo"])
def test_an_address_names_nothing_that_is_not_everybodys(world: World, named: str):
    made, texts = pushed(world, f"{ENDPOINT}?{getattr(world, named)}")
    assert (made, texts) == (None, [])
    assert (world.last().rule, world.last().size_bytes) == ("withheld_push", 0)


@pytest.mark.parametrize(
    "endpoint", ["https://acme.example/inbox", "https://ACME.example:443/log", "nowhere", ""]
)
def test_nothing_is_pushed_to_ourselves_or_nowhere(world: World, endpoint: str):
    assert pushed(world, endpoint)[0] is None
    assert world.last().verdict == "withheld"


def test_a_kind_that_would_name_something_internal_is_withheld(world: World):
    assert pushed(world, told=TOLD._replace(kind=world.secret))[0] is None


@pytest.mark.parametrize("kind", [*KINDS, "poll", "quote", "something new"])
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_kind_has_its_words_and_no_body(world: World, kind: str, locale: str):
    said = alert.render(TOLD._replace(kind=kind, locale=locale), world.tx.home)
    assert said["title"]
    assert said["body"] == ""
    assert (kind == "something new") == (said["title"] in {"New notification", "Nouvelle notification"})


def test_a_language_that_we_do_not_speak_is_answered_in_english(world: World):
    assert alert.render(TOLD._replace(locale="de"), world.tx.home)["title"] == "New mention"
