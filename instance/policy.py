"""All that is permitted, as pure functions of facts. The rule kept here: what is not admitted by every name in it does not leave.

A *space* is where a thing belongs: INTERNAL, PUBLIC, a project (its IRI), the handshake of a charter, in which one version of
a project's charter is talked about with the companies that it names, or what a project says to one guest host. A *name* admits spaces; a document reaches those that all its names
admit (its *reach*); a host gets it in the first of these that is open to it. EGRESS.md says the same in words.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from federation.letters import ANYONE

INTERNAL = "internal"
PUBLIC = "public"
_HANDSHAKE = "handshake:"
_GUEST, _GUESTS, _TAKEBACK = "guest:", "guests:", "takeback:"
_OTHERS = (_HANDSHAKE, _GUEST, _GUESTS, _TAKEBACK)

# What everybody may know of any node: these paths of our own host name nothing that belongs to anybody.
PUBLIC_PATHS = frozenset(
    {
        "",
        "actor",
        "inbox",
        "log",
        "nodeinfo",
        "oauth",
        "app/sign-in",
        "api/v1/apps",
        "api/v1/streaming",
    }
)
PUBLIC_FAMILIES = frozenset({"static", ".well-known", "nodeinfo", "oauth"})

# Every release rule, with what it means for the person who hears of it and what to do next.
RULES: dict[str, dict[str, str]] = {
    "released_public": {
        "en": "It names nothing that belongs to anybody: everybody may read it.",
        "fr": "Rien de ce qui est nommé n’appartient à quelqu’un : tout le monde peut le lire.",
    },
    "released_project": {
        "en": "Everything it names belongs to the project, whose companies get it.",
        "fr": "Tout ce qui est nommé appartient au projet, dont les entreprises le reçoivent.",
    },
    "released_handshake": {
        "en": "It is about the charter of a project and goes to the companies that the charter names.",
        "fr": "Il s’agit de la charte d’un projet ; les entreprises qu’elle nomme le reçoivent.",
    },
    "released_guest": {
        "en": "It is what a project says to a server that IT lets in as its guest.",
        "fr": "C’est ce qu’un projet dit à un serveur que l’informatique admet comme invité.",
    },
    "released_takeback": {
        "en": "It takes back what a guest has of the project.",
        "fr": "Cela reprend ce qu’un invité a du projet.",
    },
    "kept_internal": {
        "en": "It stays in the company, where everything may be named.",
        "fr": "Cela reste dans l’entreprise, où tout peut être nommé.",
    },
    "withheld_internal": {
        "en": "It names what is known only inside the company: {names}. Take that out, or write it for the company only.",
        "fr": "Cela nomme ce que seule l’entreprise connaît : {names}. Retirez-le, ou écrivez pour l’entreprise seule.",
    },
    "withheld_other_project": {
        "en": "It names what belongs to another project: {names}. Take that out, or write it in that project.",
        "fr": "Cela nomme ce qui appartient à un autre projet : {names}. Retirez-le, ou écrivez dans ce projet-là.",
    },
    "withheld_label": {
        "en": "It names what is classified above the ceiling of the charter: {names}. Take that out, or ask IT to amend the charter.",
        "fr": "Cela nomme ce qui est classé au-dessus du plafond de la charte : {names}. "
        "Retirez-le, ou demandez à l’informatique d’amender la charte.",
    },
    "released_push": {
        "en": "It tells an app that there is something to look at; of which kind, and nothing of what it is.",
        "fr": "Cela signale à une application qu’il y a quelque chose à voir, de quel genre, et rien de ce que c’est.",
    },
    "withheld_push": {
        "en": "An app wants to be told at an address that names something of ours, or that is our own: {names}.",
        "fr": "Une application veut être prévenue à une adresse qui nomme quelque chose à nous, ou qui est la nôtre : {names}.",
    },
    "withheld_closed": {
        "en": "The project has no charter in force now, so nothing leaves for it. Ask IT to resume or renew it, then try again.",
        "fr": "Le projet n’a pas de charte en vigueur : rien ne part. Demandez à l’informatique de la reprendre ou de la renouveler.",
    },
    "withheld_blind": {
        "en": "It carries blind recipients (bto, bcc), which every reader would see. This is a fault of Cordée: report it.",
        "fr": "Il porte des destinataires cachés (bto, bcc), que chacun verrait. C’est une erreur de Cordée : signalez-la.",
    },
    "withheld_not_party": {
        "en": "That company is not a party of the project now. Ask IT to bring it into the charter, or write to the others only.",
        "fr": "Cette entreprise n’est pas partie au projet. Demandez à l’informatique de l’ajouter à la charte.",
    },
}

_RELEASED = {_HANDSHAKE: "released_handshake", _GUEST: "released_guest", _TAKEBACK: "released_takeback"}


def handshake(charter_iri: str) -> str:
    """The space in which this version of a charter is talked about."""
    return _HANDSHAKE + charter_iri


def charter_of(space: str) -> str | None:
    """The charter whose handshake this space is; None for every other space."""
    return space.removeprefix(_HANDSHAKE) if space.startswith(_HANDSHAKE) else None


def guest_space(host: str, project_iri: str) -> str:
    """The space of what a project says to one guest host."""
    return f"{_GUEST}{host}/{project_iri}"


def takeback_space(host: str, project_iri: str) -> str:
    """The space in which a project takes back from a host, guest no longer, what it had."""
    return f"{_TAKEBACK}{host}/{project_iri}"


def guests_space(project_iri: str) -> str:
    """Where a thing belongs that is for all guests of a project: it may be named in the space of each of them."""
    return _GUESTS + project_iri


def guest_of(space: str) -> tuple[str, str] | None:
    """Host and project of a guest's space, or of one in which things are taken back; None for every other space."""
    kind, _, rest = space.partition(":")
    if f"{kind}:" not in {_GUEST, _TAKEBACK}:
        return None
    host, _, project_iri = rest.partition("/")
    return host, project_iri


def guests_of(space: str) -> str | None:
    """The project whose guests this space is for; None for every other space."""
    return space.removeprefix(_GUESTS) if space.startswith(_GUESTS) else None


def project_of_guests(space: str) -> str:
    """The project that speaks in a space of its guests, of one or of all. Raises ValueError for every other space."""
    found = guest_of(space)
    project = guests_of(space) if found is None else found[1]
    if project is None:
        raise ValueError(f"{space} is no space of guests")
    return project


def is_takeback(space: str) -> bool:
    """True for a space in which things are taken back."""
    return space.startswith(_TAKEBACK)


def is_project(space: str) -> bool:
    """True for the space of a project, which is its IRI."""
    return space not in {INTERNAL, PUBLIC} and not space.startswith(_OTHERS)


def is_public_path(path: str) -> bool:
    """True for a path of our own host (no slash in front) that everybody may know of."""
    family, _, rest = path.partition("/")
    return path in PUBLIC_PATHS or (bool(rest) and family in PUBLIC_FAMILIES)


class Fact(NamedTuple):
    """What is known of one name: the spaces it admits, and its label.

    `shown` is set where the thing itself may be shown in fewer spaces than it may be named in.
    """

    name: str
    iri: str
    kind: str
    spaces: frozenset[str]
    label: int = 0
    shown: frozenset[str] | None = None


class Terms(NamedTuple):
    """To whom one space is open: `hosts` now, up to label `ceiling`; `named` are all whom its charters name; never we ourselves.

    `verbs` are the types of activity that it is open for; without any, it is open for every activity and answer.
    """

    project_iri: str
    hosts: frozenset[str]
    ceiling: int
    named: frozenset[str] = frozenset()
    live: bool = True
    verbs: frozenset[str] = frozenset()


class Reach(NamedTuple):
    """The spaces that all names of a document admit (None: every space), and the facts that narrow it."""

    spaces: frozenset[str] | None
    facts: tuple[Fact, ...]


class Verdict(NamedTuple):
    """A decision: allowed or not, by which rule, in which space, to which hosts.

    `names` are those in the way of a withheld document, or those that narrow a released one.
    """

    allowed: bool
    rule: str
    space: str
    hosts: frozenset[str]
    names: tuple[str, ...]
    label: int


class Withheld(NamedTuple):
    """A draft that the gate would not let go: its decision, and the IRI of who wrote it."""

    verdict: Verdict
    author: str


class Viewer(NamedTuple):
    """One of our own people, and the IRIs of the projects that person takes part in or reads."""

    actor_id: int
    projects: frozenset[str]


def reach_of(facts: Iterable[Fact]) -> Reach:
    """How far a document that names these goes."""
    narrowing = tuple(fact for fact in facts if PUBLIC not in fact.spaces)
    if not narrowing:
        return Reach(None, ())
    return Reach(frozenset.intersection(*(fact.spaces for fact in narrowing)), narrowing)


def decide(reach: Reach, terms: Mapping[str, Terms], host: str, *, verb: str = "") -> Verdict:
    """May this host have a document of that reach? `terms` by space; `host` may be ANYONE; `verb` is the type of an activity."""
    if reach.spaces is None:
        return Verdict(
            allowed=True, rule="released_public", space=PUBLIC, hosts=frozenset({host}), names=(), label=0
        )
    if not reach.spaces - {INTERNAL}:
        return _unreachable(reach)
    asked = [_in_space(reach, terms.get(space), space, host, verb) for space in _ordered(reach.spaces)]
    return next((verdict for verdict in asked if verdict.allowed), None) or min(asked, key=_bluntness)


def judge(reach: Reach, terms: Mapping[str, Terms]) -> Verdict:
    """The decision about a document as a whole: allowed when any host may have it, `hosts` being all of these."""
    verdicts = [decide(reach, terms, host) for host in sorted(candidates(reach, terms))]
    allowed = [verdict for verdict in verdicts if verdict.allowed]
    if allowed:
        return allowed[0]._replace(hosts=frozenset().union(*(verdict.hosts for verdict in allowed)))
    return verdicts[0] if verdicts else decide(reach, terms, ANYONE)


def decide_push(reach: Reach, host: str, *, own_host: str) -> Verdict:
    """May this host be told, by an app's wish, that something happened? Names that are not everybody's stay here, whoever may read them."""
    if host and host != own_host and reach.spaces is None:
        return Verdict(True, "released_push", PUBLIC, frozenset({host}), (), label=0)
    return _verdict(reach, "withheld_push", INTERNAL)


def candidates(reach: Reach, terms: Mapping[str, Terms]) -> frozenset[str]:
    """Every host that a charter of a space in reach names, whatever became of it."""
    spaces = (reach.spaces or frozenset()) & terms.keys()
    return frozenset().union(*(terms[space].named | terms[space].hosts for space in spaces))


def may_see(
    viewer: Viewer,
    space: str,
    *,
    visibility: str,
    author_id: int,
    follows: bool = False,
    mentioned: bool = False,
    blocked: bool = False,
) -> bool:
    """May one of our people read a post? `follows`: the viewer follows its author; `mentioned`: it mentions the viewer.

    `blocked`: the author has blocked the viewer. What is said in a project belongs to the project: no block hides it.
    """
    if space != INTERNAL:
        return space == PUBLIC or space in viewer.projects
    if author_id == viewer.actor_id:
        return True
    if blocked:
        return False
    if visibility in {"public", "unlisted"} or mentioned:
        return True
    return visibility == "private" and follows


def explain(verdict: Verdict, locale: str) -> str:
    """The decision in plain words ("en", "fr"), with what to do next."""
    texts = RULES[verdict.rule]
    return texts.get(locale[:2], texts["en"]).format(names=", ".join(verdict.names))


def _in_space(reach: Reach, terms: Terms | None, space: str, host: str, verb: str) -> Verdict:
    if terms is None or not terms.live:
        return _verdict(reach, "withheld_closed", space)
    if host not in terms.hosts or (terms.verbs and verb not in terms.verbs):
        return _verdict(reach, "withheld_not_party", space)
    above = [fact.iri for fact in reach.facts if fact.label > terms.ceiling]
    if above:
        return _verdict(reach, "withheld_label", space, names=above)
    kind = f"{space.partition(':')[0]}:"
    return _verdict(reach, _RELEASED.get(kind, "released_project"), space)._replace(
        allowed=True, hosts=frozenset({host})
    )


def _unreachable(reach: Reach) -> Verdict:
    """Nobody outside may have it: something internal is named, or things that have no space in common."""
    internal = [fact.iri for fact in reach.facts if INTERNAL in fact.spaces]
    if internal:
        return _verdict(reach, "withheld_internal", INTERNAL, names=internal)
    counts = Counter(space for fact in reach.facts for space in fact.spaces)
    common = min(counts, key=lambda space: (-counts[space], space), default="")
    foreign = [fact.iri for fact in reach.facts if common not in fact.spaces]
    return _verdict(reach, "withheld_other_project", common, names=foreign)


def _verdict(reach: Reach, rule: str, space: str, *, names: Collection[str] | None = None) -> Verdict:
    listed = [fact.iri for fact in reach.facts] if names is None else names
    label = max((fact.label for fact in reach.facts), default=0)
    return Verdict(False, rule, space, frozenset(), tuple(sorted(set(listed))), label)


def _ordered(spaces: frozenset[str]) -> list[str]:
    """The handshake first: what is about the charter must arrive even when the charter is not in force."""
    return sorted(spaces - {INTERNAL}, key=lambda space: (not space.startswith(_HANDSHAKE), space))


def _bluntness(verdict: Verdict) -> int:
    """Of several refusals the one that says most comes first."""
    return ("withheld_label", "withheld_closed", "withheld_not_party").index(verdict.rule)
