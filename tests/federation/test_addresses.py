"""Where our own requests do not go, however the way there is written."""

from ipaddress import ip_address, ip_network

import pytest

from federation._addresses import AddressGuard, is_public
from federation.errors import Refused
from tests.fakes import FakeNames, an_inquiry, an_outbound
from tests.federation.peer import BOTH, a_wire, closing, globex, rule_of

TRICKS = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://acme.localhost/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
]


@pytest.mark.parametrize("url", TRICKS)
async def test_no_spelling_of_a_private_address_leads_inside(url: str) -> None:
    async with closing(a_wire(allowed_networks=[])) as wire:
        kind, rule = await rule_of(wire.get(an_inquiry(url, signer="")))
        assert kind is Refused
        assert rule in {"private_address", "url"}


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3", "192.168.1.1"],
        ["::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["fd00::1"],
    ],
)
async def test_a_name_that_resolves_to_private_addresses_is_refused(addresses: list[str]) -> None:
    async with closing(
        a_wire(allowed_networks=[], resolver=FakeNames({"evil.example": [addresses]}))
    ) as wire:
        assert await rule_of(wire.get(an_inquiry("https://evil.example/"))) == (Refused, "private_address")


async def test_a_name_that_changes_its_mind_is_refused_when_it_turns_private() -> None:
    """DNS rebinding: the first answer is harmless, the one that counts is not; each connection is judged by itself."""
    async with globex() as there:
        port = there.url.rpartition(":")[2]
        names = FakeNames({"evil.example": [["127.0.0.1"], ["10.0.0.1"]]})
        wires = [a_wire(resolver=names), a_wire(resolver=names)]
        letter = an_outbound(f"http://evil.example:{port}/inbox")
        assert (await wires[0].post(letter)).status == 202
        assert await rule_of(wires[1].post(letter)) == (Refused, "private_address")
        for wire in wires:
            await wire.close()


@pytest.mark.parametrize(
    "url",
    [
        "https://user@globex.example/",
        "https://user:word@globex.example/",
        "https://@globex.example/",
        "https://globex.example\\@127.0.0.1/",
        "https://globex.example /",
        "https://globex.example/\r\nX: y",
        "https://glöbex.example/",
        "https:///inbox",
        "https://globex.example:0/",
        "https://globex.example:99999/",
        "ftp://globex.example/",
        "unix:///var/run/x",
        "globex.example",
        "",
    ],
)
async def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    async with closing(a_wire()) as wire:
        assert await rule_of(wire.get(an_inquiry(url, signer=""))) == (Refused, "url")


async def test_plain_http_is_refused_where_no_network_is_allowed() -> None:
    async with closing(a_wire(allowed_networks=[])) as wire:
        assert await rule_of(wire.get(an_inquiry("http://globex.example/"))) == (Refused, "plain_http")


async def test_plain_http_does_not_reach_the_internet_even_where_a_network_is_allowed() -> None:
    async with closing(a_wire(resolver=FakeNames({"globex.example": [["93.184.215.14"]]}))) as wire:
        assert await rule_of(wire.get(an_inquiry("http://globex.example/"))) == (Refused, "private_address")


async def test_localhost_names_are_resolved_without_asking_anybody() -> None:
    async with globex() as there, closing(a_wire(resolver=FakeNames({}), allowed_networks=BOTH)) as wire:
        assert (await wire.post(an_outbound(f"{there.url}/inbox"))).status == 202


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "9.9.9.9", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001:801::200e"],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_translated_public_address_is_permitted() -> None:
    guard = AddressGuard([], internet=True)
    assert guard.permits(ip_address("64:ff9b::9.9.9.9"))
    assert not guard.permits(ip_address("64:ff9b::10.0.0.1"))


def test_an_allowed_network_is_permitted_however_its_address_is_written() -> None:
    guard = AddressGuard([ip_network("10.1.0.0/16")], internet=False)
    assert guard.permits(ip_address("::ffff:10.1.2.3"))
    assert not guard.permits(ip_address("::ffff:10.2.2.3"))
