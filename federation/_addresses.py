"""Where our own requests may go: the internet, and the networks that the configuration names; never this machine's surroundings.

The rule kept here: an address is judged when its socket is made, whatever name, spelling, redirect or answer of a name
server led to it; so nothing can change between the check and the connection.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Not the internet, although Python 3.11 counts them as global.
_SPECIAL: Final = tuple(
    ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's host, as seen from its guests
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "2001::/23",  # IETF protocol assignments, Teredo among them: it carries an IPv4 address of the sender's choice
        "2002::/16",  # 6to4: the same
        "3fff::/20",  # documentation
    )
)


class ForbiddenAddress(PermissionError):
    """The name leads to an address that our requests may not go to."""


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """Makes the sockets of a connector, for permitted addresses only. `internet`: whether public addresses are permitted."""

    allowed: Sequence[Network]
    internet: bool

    def __call__(self, addr_info: AddrInfoType) -> socket.socket:
        """A socket for the address. Raises ForbiddenAddress."""
        family, kind, protocol, _, sockaddr = addr_info
        if not self.permits(ip_address(sockaddr[0])):
            raise ForbiddenAddress("a private address")
        return socket.socket(family, kind, protocol)

    def permits(self, address: Address) -> bool:
        """Whether a request may go to the address."""
        address = _as_ipv4(address) or address
        return any(address in network for network in self.allowed) or (self.internet and is_public(address))


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, unlike loopback, private networks, cloud metadata, multicast."""
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return (
        address.is_global and not address.is_multicast and not any(address in special for special in _SPECIAL)
    )


def _as_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address stands for when it is mapped or translated (NAT64)."""
    if isinstance(address, IPv4Address):
        return None
    return address.ipv4_mapped or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)


class LocalhostResolver(AbstractResolver):
    """Resolves localhost and *.localhost to this machine without asking anybody (RFC 6761); the guard judges it like any other."""

    def __init__(self, others: AbstractResolver) -> None:
        self._others = others

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host."""
        name = host.lower().rstrip(".")
        if name != "localhost" and not name.endswith(".localhost"):
            return await self._others.resolve(host, port, family)
        pairs = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
        return [
            _loopback(host, address, port, kind)
            for kind, address in pairs
            if family in (kind, socket.AF_UNSPEC)
        ]

    async def close(self) -> None:
        """Release what the inner resolver holds."""
        await self._others.close()


def _loopback(host: str, address: str, port: int, family: socket.AddressFamily) -> ResolveResult:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
