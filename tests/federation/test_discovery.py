"""Discovery: handles, WebFinger, NodeInfo and capabilities, as we write them and as others do."""

import xml.etree.ElementTree as ET

import pytest

from federation import discovery
from federation.errors import Malformed

ACTOR = "https://acme.example/actor"
APOLLO = "https://acme.example/projects/apollo"


@pytest.mark.parametrize(
    ("written", "name", "host"),
    [
        ("@apollo@acme.example", "apollo", "acme.example"),
        ("apollo@ACME.example", "apollo", "acme.example"),
        ("acct:apollo@acme.localhost:7001", "apollo", "acme.localhost:7001"),
        ("acct:a.b-c_d@acme.example:443", "a.b-c_d", "acme.example"),
        ("@zoé@acme.example".replace("é", "e"), "zoe", "acme.example"),
        ("@a@bücher.example", "a", "xn--bcher-kva.example"),
    ],
)
def test_a_handle_is_read_however_it_is_written(written: str, name: str, host: str) -> None:
    assert discovery.acct(written) == (name, host)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "apollo",
        "@apollo",
        "@@acme.example",
        "apollo@",
        "a@b@c",
        "a b@acme.example",
        "a@acme.example/x",
        "a@acme.example:x",
        "https://acme.example/a@b.example",
        "a@acme.example\n",
    ],
)
def test_what_is_no_handle_is_refused(written: str) -> None:
    with pytest.raises(Malformed):
        discovery.acct(written)


def test_a_handle_is_written_in_both_ways() -> None:
    handle = discovery.acct("acct:apollo@acme.localhost:7001")
    assert (str(handle), handle.acct) == ("@apollo@acme.localhost:7001", "acct:apollo@acme.localhost:7001")


@pytest.mark.parametrize(
    "resource",
    [
        "https://acme.example",
        "https://acme.example/",
        "acme.example",
        "acct:acme.example@acme.example",
        "acct:ACME.example@acme.example",
    ],
)
def test_the_server_itself_can_be_asked_for(resource: str) -> None:
    assert discovery.names_the_server(resource, origin="https://acme.example")


@pytest.mark.parametrize("resource", ["https://globex.example/", "acct:apollo@acme.example", APOLLO])
def test_another_resource_is_not_the_server(resource: str) -> None:
    assert not discovery.names_the_server(resource, origin="https://acme.example")


def test_webfinger_is_read_back_as_it_was_written() -> None:
    document = discovery.render_webfinger("acct:apollo@acme.example", actor=APOLLO, page=f"{APOLLO}.html")
    assert discovery.parse_webfinger(document) == ("acct:apollo@acme.example", APOLLO)


def test_webfinger_of_another_server_is_read() -> None:
    document = {
        "subject": "acct:bob@social.example",
        "links": [
            "nonsense",
            {"rel": "self", "type": "text/html", "href": "https://social.example/@bob"},
            {
                "rel": "self",
                "type": 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
                "href": "https://social.example/users/bob",
            },
        ],
    }
    assert discovery.parse_webfinger(document)[1] == "https://social.example/users/bob"


@pytest.mark.parametrize(
    "document", [{}, {"subject": "x"}, {"subject": "x", "links": {}}, {"subject": 1, "links": [None]}]
)
def test_webfinger_that_leads_nowhere_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(Malformed, match="bad_webfinger"):
        discovery.parse_webfinger(document)


def test_the_servers_actor_is_found_by_webfinger_of_its_origin() -> None:
    """FEP-d556."""
    document = discovery.render_webfinger("https://acme.example/", actor=ACTOR, is_server=True)
    assert discovery.parse_server_actor(document) == ACTOR


def test_the_servers_actor_is_found_by_nodeinfo() -> None:
    """FEP-2677."""
    links = discovery.render_nodeinfo_links("https://acme.example", actor=ACTOR)
    assert discovery.parse_server_actor(links) == ACTOR


def test_a_server_without_actor_is_told_so() -> None:
    with pytest.raises(Malformed, match="no_server_actor"):
        discovery.parse_server_actor({"links": []})


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_nodeinfo_tells_nothing_of_the_people_inside(version: discovery.NodeInfoVersion) -> None:
    document = discovery.render_nodeinfo(version, software_version="0.1.0", name="Acme")
    assert document["version"] == version
    assert document["usage"] == {"users": {}}
    assert document["openRegistrations"] is False
    assert f"{version}#" in discovery.nodeinfo_media_type(version)


def test_host_meta_is_xml_that_leads_to_webfinger() -> None:
    root = ET.fromstring(discovery.render_host_meta("https://acme.example"))
    assert root[0].attrib["template"] == "https://acme.example/.well-known/webfinger?resource={uri}"


def test_capabilities_are_read_back_as_they_were_written() -> None:
    assert discovery.RFC9421 in discovery.parse_implements({"implements": discovery.render_implements()})


@pytest.mark.parametrize(
    "actor",
    [
        {"generator": {"type": "Application", "implements": [{"href": discovery.RFC9421}]}},
        {"implements": [discovery.RFC9421]},
        {"implements": {"id": discovery.RFC9421}},
    ],
)
def test_capabilities_are_read_however_they_are_written(actor: dict[str, object]) -> None:
    assert discovery.parse_implements(actor) == {discovery.RFC9421}


@pytest.mark.parametrize(
    "actor", [{}, {"implements": [1, None, {"href": 2}]}, {"generator": "https://x.example/"}]
)
def test_capabilities_that_cannot_be_read_are_none(actor: dict[str, object]) -> None:
    assert discovery.parse_implements(actor) == frozenset()
