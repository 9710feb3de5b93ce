"""What can be wrong with what our own people ask for: each error names its rule and says in plain words what to do.

The rule kept here: `text` is for the person who asked; it names only what that person may see.

InstanceError
├── ConfigError          a setting is wrong
├── NotNow        503    nothing is wrong with it, and it cannot be done at the moment
└── Refusal       422    read and understood, and not done
    ├── BadInput  422    a field is wrong; `field` names it
    ├── CannotPublish    what was written cannot be published there; `field` names what to change
    ├── NotAllowed 403   this person may not do it
    ├── NotFound  404    there is no such thing for this person
    └── Conflict  409    it does not fit what is so already
"""

from typing import ClassVar

from instance.policy import Withheld

BUSY_S, FULL_S = 5, 60  # after so long it may go again


class InstanceError(Exception):
    """Something asked of this node cannot be done."""


class ConfigError(InstanceError):
    """A setting is unknown, missing or wrong; the text names it and says what to write."""


class NotNow(InstanceError):
    """Nothing is wrong with what was asked, nothing of it was done, and it may be asked again after `wait_s` seconds."""

    status: ClassVar[int] = 503

    def __init__(self, rule: str, text: str, *, wait_s: int) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule
        self.text = text
        self.wait_s = wait_s


def disk_full() -> NotNow:
    """The disk takes no more."""
    return NotNow("disk_full", "The disk of this node is full. Nothing was changed.", wait_s=FULL_S)


def disk_error() -> NotNow:
    """The disk gives an error, or may only be read."""
    return NotNow("disk_error", "The disk of this node fails. Nothing was changed.", wait_s=FULL_S)


def database_busy() -> NotNow:
    """Another process is in the middle of a write, for too long."""
    return NotNow("database_busy", "Another process is writing. Nothing was changed.", wait_s=BUSY_S)


class Refusal(InstanceError):
    """Read and understood, and not done. `rule` names why, `text` says it to the person who asked."""

    status: ClassVar[int] = 422

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule
        self.text = text


class BadInput(Refusal):
    """A field is wrong; `field` names it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"bad_{field}", text)
        self.field = field


class CannotPublish(Refusal):
    """What was written cannot be published there. Nothing is lost: the author changes `field` and tries again.

    `withheld` is set when it was the gate that said so.
    """

    def __init__(
        self, rule: str, text: str, *, field: str = "status", withheld: Withheld | None = None
    ) -> None:
        super().__init__(rule, text)
        self.field = field
        self.withheld = withheld


class NotAllowed(Refusal):
    """The person who asked may not do it."""

    status = 403


class NotFound(Refusal):
    """There is no such thing for this person."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__("not_found", f"There is no such {what}.")


class Conflict(Refusal):
    """It does not fit the state in which the thing is; `text` says which that is."""

    status = 409
