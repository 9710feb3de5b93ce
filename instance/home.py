"""Where this node lives. The rule kept here: host and IRIs of our own are written in one way, and it is decided here."""

from dataclasses import dataclass

from federation.origin import host_of


@dataclass(frozen=True, slots=True)
class Home:
    """Where this node lives: its base URL without a slash at the end ("https://acme.example"), and the company's name."""

    base: str
    company: str

    @property
    def host(self) -> str:
        """The host as the whole program writes it: lower case, in ASCII, with the port where it is not the scheme's own."""
        return host_of(self.base)

    @property
    def node(self) -> str:
        """IRI of the node's Application actor."""
        return f"{self.base}/actor"

    @property
    def inbox(self) -> str:
        """IRI of the shared inbox."""
        return f"{self.base}/inbox"

    def iri(self, kind: str, name: str | int) -> str:
        """The IRI of a thing of ours: "posts" and 17 give https://…/posts/17."""
        return f"{self.base}/{kind}/{name}"
