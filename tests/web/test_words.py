"""Every sentence has its French: those of the pages, of the tables of words, and of the refusals that pages and apps show."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from instance import errors
from instance.domain import charter_document, refusal
from instance.policy import RULES
from web import i18n
from web.pages import html

ROOT = Path(__file__).parents[2]
KEYWORDS: Any = {"_": None, "gettext": None, "ngettext": (1, 2), "phrase": None, "translate": (2,)}
METHODS = [("pages/templates/**.html", "jinja2"), ("**.py", "python")]
REFUSALS = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"GrantRefused"}


@cache
def shown() -> frozenset[str]:
    """Every sentence that templates and modules of the web ask a translation for."""
    found: set[str] = set()
    for _, _, message, _, _ in extract_from_dir(
        ROOT / "web", METHODS, {"**.html": {"newstyle_gettext": "true"}}, KEYWORDS
    ):
        found |= set(message) if isinstance(message, tuple) else {message}
    return frozenset(found)


@cache
def refusals() -> frozenset[str]:
    """The sentences of refusals that are the same every time; those with names in them come in both languages from their tables."""
    return frozenset(
        sentence
        for path in [*(ROOT / "instance").glob("**/*.py"), *(ROOT / "web").glob("**/*.py")]
        if "cli" not in path.parts and "migrations" not in path.parts
        for sentence in refused_in(path)
    ) | {words for _, words in charter_document.WORDS.values()}


def refused_in(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    for call in calls:
        if len(call.args) > 1 and is_refusal(call) and (sentence := fixed(call.args[1], path)):
            yield sentence


def is_refusal(call: ast.Call) -> bool:
    """One that is raised, or a kind of its own that says its sentence to the kind above."""
    if isinstance(call.func, ast.Name):
        return call.func.id in REFUSALS
    return ast.unparse(call.func) == "super().__init__" and isinstance(call.args[0], ast.Constant)


def fixed(node: ast.expr, path: Path) -> str | None:
    """The sentence, when it is a literal or made of constants of its module alone."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr | ast.Name):
        return None
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    if not all(name.strip("_").isupper() and hasattr(module, name) for name in names):
        return None
    return str(eval(compile(ast.Expression(node), str(path), "eval"), vars(module)))


@cache
def french() -> dict[str, str]:
    with (ROOT / "web/locale/fr.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale="fr") if entry.id}


def test_every_sentence_of_the_pages_has_its_french():
    assert {sentence for sentence in shown() if not french().get(sentence)} == set()


def test_every_refusal_has_its_french():
    assert {sentence for sentence in refusals() if not french().get(sentence)} == set()


def test_no_french_is_kept_that_nobody_asks_for():
    assert french().keys() - shown() - refusals() == set()


def test_french_has_the_same_places_to_fill_in():
    def places(sentence: str) -> list[str]:
        named = [name for _, name, _, _ in Formatter().parse(sentence) if name]
        return sorted(named + [part.partition(")")[0] for part in sentence.split("%(")[1:]])

    assert {key: value for key, value in french().items() if places(key) != places(value)} == {}


@pytest.mark.parametrize("table", [RULES, refusal.RULES], ids=["the gate", "composing"])
def test_every_rule_has_its_words_in_every_language(table: dict[str, dict[str, str]]):
    assert {rule for rule, words in table.items() if words.keys() != set(i18n.LOCALES)} == set()


@pytest.mark.parametrize(
    ("text", "english", "in_french"),
    [
        ("P1Y", "1 year", "1 an"),
        ("P1Y6M", "1 year, 6 months", "1 an, 6 mois"),
        ("P90D", "90 days", "90 jours"),
        ("for ever", "for ever", "for ever"),
    ],
)
def test_a_duration_is_said_in_words(text: str, english: str, in_french: str):
    assert i18n.duration(text, "en") == english
    assert i18n.duration(text, "fr").replace("\xa0", " ") == in_french


def test_days_come_before_months():
    assert i18n.day(1_795_608_000_000, "en") == "25 November 2026"
    assert i18n.day(1_795_608_000_000, "fr") == "25 novembre 2026"
    assert i18n.moment(1_795_608_000_000, "en") == "25 Nov 2026, 12:00"


@pytest.mark.parametrize(("n", "said"), [(0, "0 réponse"), (1, "1 réponse"), (2, "2 réponses")])
def test_nought_is_one_in_french(n: int, said: str):
    assert i18n.catalogue("fr").ngettext("%(n)s answer", "%(n)s answers", n) % {"n": n} == said


@pytest.mark.parametrize("template", sorted(path.name for path in (html.HERE / "templates").iterdir()))
def test_no_template_has_a_script_or_a_style_of_its_own(template: str):
    text = (html.HERE / "templates" / template).read_text("utf-8")
    assert "style=" not in text
    assert "<style" not in text
    assert "javascript:" not in text
    assert not [part for part in text.split("<script")[1:] if not part.startswith(' src="/static/')]
