"""What another company's IT reports of our people: taken from its node, about who it knows, and about nothing else."""

import pytest

from instance.domain import report_inbound
from instance.storage import reports
from instance.storage.window import Window

from .posting import GLOBEX, _actor, a_person, a_project, an_activity, incoming, publish, take

FLAG = (report_inbound.verify_flag, report_inbound.apply_flag)


@pytest.fixture
def node(tx):
    return _actor(tx, "node", "globex", GLOBEX)


def filed(tx):
    return reports.page(tx, Window())


def flag(tx, by, *about, **more):
    return take(tx, FLAG, incoming(an_activity("Flag", by, list(about), **more), None))


def test_a_report_names_the_person_and_those_posts_that_are_theirs_and_shared(tx, alice, bob, apollo, node):
    theirs, inside = publish(tx, alice, "@apollo go"), publish(tx, alice, "internal")
    named = (theirs.iri, inside.iri, "https://acme.example/posts/1", "https://elsewhere.example/x")
    assert flag(tx, node, alice.iri, *named, content="<b>Rude</b> & loud") == (True, "flag_to_our_it")
    (row,) = filed(tx)
    assert (row.reporter_id, row.target_id, row.category) == (node.id, alice.id, "other")
    assert row.comment == "Rude & loud"
    assert reports.posts_of(tx, [row.id]) == {row.id: [theirs.id]}


@pytest.mark.parametrize(
    "shape", [lambda iri: iri, lambda iri: [iri], lambda iri: {"type": "Person", "id": iri}]
)
def test_the_person_is_found_however_named(tx, alice, apollo, node, shape):
    assert take(tx, FLAG, incoming(an_activity("Flag", node, shape(alice.iri)), None)).taken


def test_only_the_node_of_a_company_reports(tx, alice, bob, apollo, node):
    assert flag(tx, bob, alice.iri) == (False, "flag_not_by_its_node")
    forged = incoming(an_activity("Flag", node, alice.iri), None, host="initech.example")
    assert take(tx, FLAG, forged) == (False, "flag_not_by_its_node")


def test_who_shares_no_project_and_who_never_was_are_refused_alike(tx, apollo, node):
    carol = a_person(tx, "carol")
    a_project(tx, "gemini", carol, parties=("initech.example",))
    for iri in (carol.iri, "https://acme.example/people/nobody", apollo.iri):
        assert flag(tx, node, iri) == (False, "flag_of_nobody_here")
    assert filed(tx) == []


def test_a_company_that_reports_without_end_has_to_wait(tx, alice, apollo, node):
    for _ in range(report_inbound.OPEN_LIMIT):
        assert flag(tx, node, alice.iri).taken
    assert flag(tx, node, alice.iri) == (False, "flags_too_many")


def test_a_long_reason_is_cut(tx, alice, apollo, node):
    assert flag(tx, node, alice.iri, content="x" * 100_000).taken
    assert len(filed(tx)[0].comment) == 1000
