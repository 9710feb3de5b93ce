"""What both signature forms speak about: a request as it was sent, and what its signature claims.

The rule kept here: a header that a signature may cover is read once, or not at all.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from multidict import MultiMapping

from federation.errors import Unauthentic


class Form(StrEnum):
    """The two ways in which servers sign requests."""

    CAVAGE = "cavage"  # draft-cavage-http-signatures-12: what every server reads
    RFC9421 = "rfc9421"  # HTTP Message Signatures: what the newer ones read as well


@dataclass(frozen=True, slots=True)
class Request:
    """A request, apart from any server or client.

    `origin` is scheme and authority of the server it is for ("https://acme.example"), from our own settings and
    never from the request; `target` is the path with the query, exactly as sent. To be signed, `headers` are those
    that the signature shall cover besides what it always covers; to be verified, they are all that were sent.
    """

    method: str
    origin: str
    target: str
    headers: MultiMapping[str]
    body: bytes = b""

    @property
    def authority(self) -> str:
        """Host, with the port where it is not the scheme's own: "acme.example", "acme.localhost:7001"."""
        return self.origin.partition("://")[2]

    def header(self, name: str) -> str | None:
        """The value of a header that may stand once. Raises Unauthentic("written_twice" | "syntax")."""
        values = self.headers.getall(name, None)
        if values is None:
            return None
        if len(values) > 1:
            raise refusal("written_twice", f"the header {name} stands more than once")
        if not _FIELD_VALUE.fullmatch(values[0]):
            raise refusal("syntax", f"the header {name} holds characters that no header may hold")
        return values[0]

    def covered_header(self, name: str) -> str:
        """The value of a header that the signature covers. Raises Unauthentic("coverage") when it was not sent."""
        value = self.header(name)
        if value is None:
            raise refusal("coverage", f"the signature covers the header {name}, which was not sent")
        return value


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signature says of itself, before anything is proven.

    `covered` are the names of what it covers, in order and in lower case. `date` (of a covered Date header), `created`
    and `expires` are seconds since the epoch; at least one of `date` and `created` is there. `parameters` is the text
    of RFC 9421's @signature-params.
    """

    key_id: str
    form: Form
    covered: tuple[str, ...]
    signature: bytes
    date: float | None = None
    created: int | None = None
    expires: int | None = None
    parameters: str = ""


_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")


def refusal(rule: str, detail: str) -> Unauthentic:
    """An Unauthentic that tells strangers which part failed: it names only what they sent themselves."""
    return Unauthentic(rule, detail, safe=f"The request's signature was refused: {detail}.")
