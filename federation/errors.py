"""The error tree of the wire: every failure says whose fault it is and carries one text that is safe for strangers.

FederationError
├── Malformed     400  the sender's document or request cannot be read
├── Unauthentic   401  the sender could not be proven
├── Refused       403  read and proven, but not allowed (a limit, a rule of origin, an address guard)
├── TooFast       429  the sender comes faster than is taken, and is told how long to wait
├── Unavailable   503  nothing is wrong with it, and we cannot take it at the moment
├── Gone          410  the peer says the thing no longer exists
└── Unreachable   502  the peer did not answer, or not in time, or not in form
"""

from typing import ClassVar, Literal

Fault = Literal["sender", "peer", "us"]


class FederationError(Exception):
    """A federated exchange failed. `rule` names what failed; `str(error)` is for our log, `safe` for strangers.

    `header` is the header of the request that it is about, where it is about one.
    """

    status: ClassVar[int] = 500
    fault: ClassVar[Fault] = "us"
    safe_default: ClassVar[str] = "The exchange failed."

    def __init__(self, rule: str, detail: str = "", *, safe: str | None = None, header: str = "") -> None:
        super().__init__(f"{rule}: {detail}" if detail else rule)
        self.rule = rule
        self.detail = detail
        self.safe = safe or self.safe_default
        self.header = header


class Malformed(FederationError):
    """The document or request cannot be read."""

    status = 400
    fault = "sender"
    safe_default = "The request could not be read."


class Unauthentic(FederationError):
    """The sender could not be proven."""

    status = 401
    fault = "sender"
    safe_default = "The signature could not be verified."


class Refused(FederationError):
    """The exchange was understood and is not allowed."""

    status = 403
    fault = "sender"
    safe_default = "This is not allowed here."


class TooFast(FederationError):
    """The sender comes faster than is taken. `wait_s`: after how many seconds it may come again."""

    status = 429
    fault = "sender"
    safe_default = "Your server sends faster than we take: wait as long as Retry-After says."

    def __init__(self, rule: str, detail: str = "", *, wait_s: int, safe: str | None = None) -> None:
        super().__init__(rule, detail, safe=safe)
        self.wait_s = wait_s


class Unavailable(FederationError):
    """We cannot do it at the moment, and nothing of it was done. `wait_s`: after how many seconds it may come again."""

    status = 503
    fault = "us"
    safe_default = "We cannot take it at the moment: send it again after the time in Retry-After."

    def __init__(self, rule: str, detail: str = "", *, wait_s: int, safe: str | None = None) -> None:
        super().__init__(rule, detail, safe=safe)
        self.wait_s = wait_s


class Gone(FederationError):
    """The peer says that the thing no longer exists."""

    status = 410
    fault = "peer"
    safe_default = "It no longer exists."


class Unreachable(FederationError):
    """The peer did not answer, or not in time, or not in form."""

    status = 502
    fault = "peer"
    safe_default = "The other server could not be reached."
