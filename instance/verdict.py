"""What the answer to a letter means, and how long its lane waits. The rule kept here: pure; a letter is given up only for what its receiver says of that letter.

What a proxy may say while the node behind it is down (404, 401, 403, 410, 5xx) keeps the letter: it is tried again, for hours at least.
"""

from contextlib import suppress
from typing import Final, NamedTuple

import orjson

from federation import httpdate
from federation.errors import FederationError, Refused
from federation.wire import Answer
from instance.storage.delivery import DONE, QUEUED, REFUSED

FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 6 * 3600.0
SLOW: Final = 12  # a host that does not know us is asked again at a twelfth of the pace
REASON_LIMIT: Final = 200
GONE: Final = 410
TRIES: Final = 10  # over an hour and a half; slowly, over some eight hours
_UNKNOWN: Final = frozenset({401, 403})
_TRY_LATER: Final = frozenset({408, 425, 429})
_OUR_FAULT: Final = frozenset({"seal", "host", "url"})


class Verdict(NamedTuple):
    """What an answer means: the letter's new state, why, and how long (s) its lane waits; 0 when it goes on."""

    state: str
    why: str = ""
    wait_s: float = 0.0
    status: int | None = None


def retry_after(attempt: int, *, chance: float) -> float:
    """Seconds to wait after the attempt-th failure in a row (attempt >= 1): doubles from 5 s, a fifth more or less by `chance` (0..1), never over 6 h."""
    return min(FIRST_WAIT_S * 2.0 ** min(attempt - 1, 30) * (0.8 + 0.4 * chance), LONGEST_WAIT_S)


def judge(outcome: Answer | FederationError, *, attempt: int, failures: int, chance: float) -> Verdict:
    """What the outcome of the attempt-th try of a letter means, in a lane that has failed `failures` times in a row before."""
    wait = retry_after(failures + 1, chance=chance)
    if isinstance(outcome, FederationError):
        return _judge_error(outcome, wait)
    status = outcome.status
    if status < 300:
        return Verdict(DONE, status=status)
    why = f"{status} {_reason(outcome)}".strip()
    if status >= 500 or status in _TRY_LATER:
        return Verdict(QUEUED, why, max(wait, asked_wait_s(outcome)), status)
    if status == 404 and attempt < TRIES:
        return Verdict(QUEUED, why, max(wait, asked_wait_s(outcome)), status)
    if status in _UNKNOWN and attempt < TRIES:
        return Verdict(QUEUED, why, max(_slowly(wait), asked_wait_s(outcome)), status)
    return Verdict(REFUSED, why, status=status)


def asked_wait_s(answer: Answer) -> float:
    """Retry-After (RFC 9110, section 10.2.3) in seconds, never over 6 h: a number, or a date, which counts from the answer's own Date, so that no clock need be right."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(float(value), LONGEST_WAIT_S)
    until, now = httpdate.read(value), httpdate.read(answer.headers.get("Date", ""))
    return min(max(until - now, 0.0), LONGEST_WAIT_S) if until is not None and now is not None else 0.0


def _judge_error(error: FederationError, wait: float) -> Verdict:
    if error.status == GONE:  # whether the actor is gone as well is asked before its mail is stopped
        return Verdict(QUEUED, error.rule, _slowly(wait), GONE)
    if isinstance(error, Refused) and error.rule in _OUR_FAULT:
        return Verdict(REFUSED, error.rule)
    return Verdict(QUEUED, error.rule, wait)


def _slowly(wait: float) -> float:
    return min(wait * SLOW, LONGEST_WAIT_S)


def _reason(answer: Answer) -> str:
    """What the host said, for the one who looks after our node: rule and title of problem details (RFC 9457), else its first printable characters."""
    with suppress(ValueError):
        problem = orjson.loads(answer.body)
        if isinstance(problem, dict) and isinstance(problem.get("rule"), str):
            return _printable(f"{problem['rule']}: {problem.get('title', '')}")
    return _printable(answer.body[:REASON_LIMIT].decode("utf-8", "replace"))


def _printable(text: str) -> str:
    return "".join(character for character in text[:REASON_LIMIT] if character.isprintable())
