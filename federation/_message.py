"""What both signature forms speak about: a request as it was sent, and what its signature claims.

The rule kept here: a header that a signature may cover is read once, or not at all.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from multidict import CIMultiDict, MultiMapping

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
            raise refusal("written_twice", f"the header {name} stands more than once", header=name)
        if not _FIELD_VALUE.fullmatch(values[0]):
            raise refusal(
                "syntax", f"the header {name} holds characters that no header may hold", header=name
            )
        return values[0]

    def covered_header(self, name: str) -> str:
        """The value of a header that the signature covers. Raises Unauthentic("coverage") when it was not sent."""
        value = self.header(name)
        if value is None:
            raise refusal(
                "coverage", f"the signature covers the header {name}, which was not sent", header=name
            )
        return value

    def as_called(self) -> "Request":
        """The request with the Host that it has to be signed for, whatever a proxy made of that header, or left of it."""
        headers = CIMultiDict(self.headers)
        headers["Host"] = self.authority
        return replace(self, headers=headers)

    @property
    def is_for_us(self) -> bool:
        """Whether the header Host, where there is one, names the server that the request is for."""
        value = self.header("host")
        port = _DEFAULT_PORTS.get(self.origin.partition("://")[0], "")
        return value is None or value.lower().removesuffix(port) == self.authority


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

    @property
    def header(self) -> str:
        """The header that says what the signature covers."""
        return "signature" if self.form is Form.CAVAGE else "signature-input"


_DEFAULT_PORTS = {"https": ":443", "http": ":80"}
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")


def refusal(rule: str, detail: str, *, header: str = "") -> Unauthentic:
    """An Unauthentic that tells strangers which part failed, and in which header: it names only what they sent themselves."""
    safe = f"The request's signature was refused: {detail}."
    return Unauthentic(rule, detail, safe=safe, header=header)
