"""Policy: what every name admits, and only that, is permitted; and each decision can be said in words."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.letters import ANYONE
from instance import policy
from instance.policy import INTERNAL, PUBLIC, Fact, Reach, Terms, Verdict, Viewer, handshake

APOLLO, GEMINI = "https://acme.example/projects/apollo", "https://acme.example/projects/gemini"
GLOBEX, INITECH = "globex.example", "initech.example"
OPEN = {APOLLO: Terms(APOLLO, frozenset({GLOBEX}), ceiling=1, named=frozenset({GLOBEX, INITECH}))}


def a_fact(name: str, *spaces: str, label: int = 1) -> Fact:
    return Fact(name, f"https://{name}", "post", frozenset(spaces), label)


def decide(*facts: Fact, host: str = GLOBEX, terms: dict[str, Terms] = OPEN) -> Verdict:
    return policy.decide(policy.reach_of(facts), terms, host)


def test_what_belongs_to_a_project_goes_to_its_open_parties():
    verdict = decide(a_fact("a/1", APOLLO), a_fact("a/2", APOLLO, GEMINI))
    assert (verdict.rule, verdict.space, verdict.hosts) == ("released_project", APOLLO, {GLOBEX})


def test_one_internal_name_among_many_withholds_and_is_told():
    verdict = decide(a_fact("a/1", APOLLO), a_fact("a/2", INTERNAL))
    assert (verdict.allowed, verdict.rule, verdict.names) == (False, "withheld_internal", ("https://a/2",))


def test_names_of_two_projects_go_to_neither_and_the_odd_one_is_told():
    verdict = decide(a_fact("a/1", APOLLO), a_fact("a/2", APOLLO), a_fact("a/3", GEMINI))
    assert (verdict.rule, verdict.names) == ("withheld_other_project", ("https://a/3",))


def test_a_name_that_admits_nothing_withholds():
    assert decide(a_fact("a/1")).rule == "withheld_other_project"


def test_public_names_narrow_nothing():
    assert decide(a_fact("a/1", APOLLO), a_fact("a", PUBLIC)).allowed


def test_what_names_nothing_narrow_is_for_everybody():
    assert decide(a_fact("a", PUBLIC), host=ANYONE).rule == "released_public"


def test_a_stranger_is_nobodys_party():
    assert decide(a_fact("a/1", APOLLO), host=ANYONE).rule == "withheld_not_party"


def test_a_label_above_the_ceiling_withholds_and_is_told():
    verdict = decide(a_fact("a/1", APOLLO, label=1), a_fact("a/2", APOLLO, label=2))
    assert (verdict.rule, verdict.names) == ("withheld_label", ("https://a/2",))


def test_a_company_that_is_not_an_open_party_gets_nothing():
    assert decide(a_fact("a/1", APOLLO), host=INITECH).rule == "withheld_not_party"


@pytest.mark.parametrize("terms", [{}, {APOLLO: OPEN[APOLLO]._replace(live=False, hosts=frozenset())}])
def test_without_a_charter_in_force_nothing_goes(terms: dict[str, Terms]):
    assert decide(a_fact("a/1", APOLLO), terms=terms).rule == "withheld_closed"


def test_what_is_about_the_charter_goes_even_when_the_charter_is_not_in_force():
    named = frozenset({GLOBEX, INITECH})
    terms = {handshake(APOLLO): Terms(APOLLO, named, ceiling=1000, named=named)}
    verdict = decide(a_fact("a/1", APOLLO, handshake(APOLLO)), host=INITECH, terms=terms)
    assert (verdict.rule, verdict.space) == ("released_handshake", handshake(APOLLO))


def test_a_judgement_names_every_host_that_may_have_it():
    terms = {
        APOLLO: Terms(
            APOLLO,
            frozenset({GLOBEX, INITECH}),
            ceiling=1,
            named=frozenset({GLOBEX, INITECH, "left.example"}),
        )
    }
    verdict = policy.judge(policy.reach_of([a_fact("a/1", APOLLO)]), terms)
    assert verdict.hosts == {GLOBEX, INITECH}


def test_a_judgement_about_an_internal_thing_says_internal():
    assert policy.judge(policy.reach_of([a_fact("a/1", INTERNAL)]), {}).rule == "withheld_internal"


GUEST, TAKEBACK = policy.guest_space("hooli.example", APOLLO), policy.takeback_space("hooli.example", APOLLO)
SPACES = st.sampled_from(
    [INTERNAL, PUBLIC, APOLLO, GEMINI, handshake(APOLLO), handshake(GEMINI), GUEST, TAKEBACK]
)
VERBS = st.sampled_from(["", "Create", "Delete"])
HOSTS = st.sampled_from([GLOBEX, INITECH, "hooli.example", ANYONE])
FACTS = st.lists(
    st.builds(
        Fact,
        name=st.sampled_from(["a/1", "a/2", "@x@a"]),
        iri=st.just("https://a/1"),
        kind=st.just("post"),
        spaces=st.frozensets(SPACES, max_size=4),
        label=st.integers(0, 3),
    ),
    max_size=6,
)
PARTIES = st.frozensets(st.sampled_from([GLOBEX, INITECH, "hooli.example"]))
TERMS = st.dictionaries(
    SPACES.filter(lambda space: space not in {INTERNAL, PUBLIC}),
    st.builds(
        Terms,
        project_iri=st.just(APOLLO),
        hosts=PARTIES,
        ceiling=st.integers(0, 3),
        named=PARTIES,
        live=st.booleans(),
        verbs=st.frozensets(VERBS, max_size=2),
    ),
)


@given(facts=FACTS, terms=TERMS, host=HOSTS, verb=VERBS)
def test_nobody_outside_what_all_names_admit_is_ever_allowed(
    facts: list[Fact], terms: dict[str, Terms], host: str, verb: str
):
    verdict = policy.decide(policy.reach_of(facts), terms, host, verb=verb)
    narrow = [fact for fact in facts if PUBLIC not in fact.spaces]
    open_to_host = {
        space
        for space, each in terms.items()
        if each.live
        and host in each.hosts
        and (not each.verbs or verb in each.verbs)
        and all(space in fact.spaces and fact.label <= each.ceiling for fact in narrow)
    }
    assert verdict.allowed == (not narrow or bool(open_to_host))
    assert not verdict.allowed or verdict.space in open_to_host | {PUBLIC}


@given(facts=FACTS, more=FACTS, terms=TERMS, host=HOSTS)
def test_naming_more_never_lets_more_out(
    facts: list[Fact], more: list[Fact], terms: dict[str, Terms], host: str
):
    assert (
        decide(*facts, host=host, terms=terms).allowed
        or not decide(*facts, *more, host=host, terms=terms).allowed
    )


@given(facts=FACTS, terms=TERMS)
def test_the_judgement_is_the_sum_of_the_decisions(facts: list[Fact], terms: dict[str, Terms]):
    reach = policy.reach_of(facts)
    allowed = {host for host in policy.candidates(reach, terms) if policy.decide(reach, terms, host).allowed}
    verdict = policy.judge(reach, terms)
    assert verdict.hosts - {ANYONE} == allowed
    assert verdict.allowed == (reach.spaces is None or bool(allowed))


@given(facts=FACTS, terms=TERMS, host=HOSTS)
def test_every_decision_has_a_rule_with_words(facts: list[Fact], terms: dict[str, Terms], host: str):
    verdict = decide(*facts, host=host, terms=terms)
    assert policy.explain(verdict, "en") != policy.explain(verdict, "fr-CA") != ""


def test_an_explanation_names_what_is_in_the_way():
    assert "https://a/2" in policy.explain(decide(a_fact("a/2", INTERNAL)), "en")


def test_an_unknown_language_gets_english():
    verdict = decide(a_fact("a/2", INTERNAL))
    assert policy.explain(verdict, "tlh") == policy.explain(verdict, "en")


@pytest.mark.parametrize("rule", policy.RULES)
def test_a_rule_has_words_in_every_language_with_the_same_gaps(rule: str):
    gaps = {
        locale: {gap for _, gap, _, _ in Formatter().parse(text) if gap}
        for locale, text in policy.RULES[rule].items()
    }
    assert set(gaps) == {"en", "fr"}
    assert gaps["en"] == gaps["fr"] <= {"names"}


@pytest.mark.parametrize(
    ("path", "public"),
    [
        ("", True),
        ("actor", True),
        ("static/app.css", True),
        (".well-known/webfinger", True),
        ("static", False),
        ("posts/17", False),
        ("actor/17", False),
        ("people", False),
    ],
)
def test_only_what_any_node_has_is_public_by_its_path(path: str, public: bool):
    assert policy.is_public_path(path) is public


ALICE = Viewer(1, frozenset({APOLLO}))


@pytest.mark.parametrize(
    ("space", "visibility", "seen"),
    [
        (INTERNAL, "public", True),
        (INTERNAL, "unlisted", True),
        (INTERNAL, "private", False),
        (INTERNAL, "direct", False),
        (APOLLO, "direct", True),
        (GEMINI, "public", False),
        (PUBLIC, "public", True),
    ],
)
def test_a_colleague_sees_what_is_for_the_company_or_for_a_project_of_hers(
    space: str, visibility: str, seen: bool
):
    assert policy.may_see(ALICE, space, visibility=visibility, author_id=2) is seen


def test_a_follower_sees_private_posts_but_not_direct_ones():
    seen = [
        policy.may_see(ALICE, INTERNAL, visibility=v, author_id=2, follows=True)
        for v in ("private", "direct")
    ]
    assert seen == [True, False]


def test_an_author_and_who_is_mentioned_see_a_direct_post():
    assert policy.may_see(ALICE, INTERNAL, visibility="direct", author_id=1)
    assert policy.may_see(ALICE, INTERNAL, visibility="direct", author_id=2, mentioned=True)


def test_being_mentioned_opens_no_project():
    assert not policy.may_see(ALICE, GEMINI, visibility="public", author_id=1, mentioned=True)


def test_a_reach_of_nothing_narrow_is_everywhere():
    assert policy.reach_of([]) == Reach(None, ())
