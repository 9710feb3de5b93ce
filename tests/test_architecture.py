"""The house as it is described: who may import whom, who makes letters, and how long anything may be."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("federation", "instance", "web")
LETTERS = {"Outbound", "Disclosure", "Inquiry"}
MAKERS = {
    "instance/egress.py",  # the gate
    "instance/storage/delivery.py",  # puts a stored letter together again, seal included
}
FUNCTION_LIMIT_LINES, FILE_LIMIT_LINES = 60, 500


def modules(*below: str) -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for package in below
        for path in (ROOT / package).rglob("*.py")
        if not {"migrations", "node_modules"} & {*path.parts}
    )


OURS = modules(*PACKAGES)
ALL = [*OURS, *modules("tests")]


@cache
def text_of(module: str) -> str:
    return (ROOT / module).read_text("utf-8")


class Facts(NamedTuple):
    """What the rules ask of a module: read once, since to walk through all of them takes a second for each rule."""

    docstring: str | None
    imports: frozenset[str]  # every name that is imported, dotted: "instance.egress.Gate"
    letters: frozenset[str]  # those that are made by call, under whatever name they were imported
    attributes: frozenset[str]
    functions: tuple[tuple[str, int], ...]  # with their lines
    waits: bool


@cache
def facts_of(module: str) -> Facts:
    return facts(text_of(module))


def facts(source: str) -> Facts:
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return Facts(
        ast.get_docstring(tree),
        frozenset(imports(nodes)),
        frozenset(makes_letters(nodes)),
        frozenset(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        tuple((each.name, (each.end_lineno or 0) - each.lineno + 1) for each in functions),
        any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in nodes),
    )


def imports(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def makes_letters(nodes: list[ast.AST]) -> set[str]:
    aliases = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "federation.letters"
        for alias in node.names
    }
    called = (node.func for node in nodes if isinstance(node, ast.Call))
    names = {
        func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else ""
        for func in called
    }
    return {aliases.get(name, name) for name in names} & (LETTERS | {"seal_of"})


def reaches(module: str, *names: str) -> set[str]:
    """The imports at or below one of these names."""
    return {each for each in facts_of(module).imports for name in names if f"{each}.".startswith(f"{name}.")}


@pytest.mark.parametrize(
    "module", [module for module in OURS if module not in MAKERS and module != "federation/letters.py"]
)
def test_only_the_gate_makes_letters(module: str):
    assert facts_of(module).letters == set()


def test_a_stored_letter_keeps_its_seal_and_gets_no_new_one():
    assert facts_of("instance/storage/delivery.py").letters == {"Outbound"}


@pytest.mark.parametrize(
    "source", ["Outbound(1)", "letters.Outbound(1)", "from federation.letters import Inquiry as I\nI(1)"]
)
def test_a_letter_made_elsewhere_would_be_found(source: str):
    assert facts(source).letters


@pytest.mark.parametrize("module", [module for module in OURS if module.startswith("instance/domain/")])
def test_the_domain_knows_neither_the_gate_nor_the_ways_out(module: str):
    forbidden = (
        "instance.egress",
        "instance.outbox",
        "instance.delivery",
        "instance.fetch",
        "federation.wire",
    )
    assert reaches(module, *forbidden) == set()


@pytest.mark.parametrize("module", [module for module in OURS if not module.startswith("instance/storage/")])
def test_sql_stands_in_storage_only(module: str):
    assert reaches(module, "sqlalchemy", "sqlmodel", "aiosqlite") == set()


@pytest.mark.parametrize("module", [module for module in OURS if not module.startswith("instance/storage/")])
def test_nobody_but_storage_knows_the_tables(module: str):
    assert reaches(module, "instance.storage.tables", "instance.storage.sql") == set()


@pytest.mark.parametrize("module", ["instance/policy.py", "instance/names.py"])
def test_what_decides_is_pure(module: str):
    own = {each.partition(".")[0] for each in facts_of(module).imports} & {
        "instance",
        "os",
        "time",
        "random",
        "asyncio",
        "socket",
    }
    assert own == set()
    assert not facts_of(module).waits


@pytest.mark.parametrize(("package", "below"), [("federation", ("instance", "web")), ("instance", ("web",))])
def test_the_packages_import_in_one_direction(package: str, below: tuple[str, ...]):
    assert {module: found for module in modules(package) if (found := reaches(module, *below))} == {}


# The demo plays people at their screens: it speaks to its own nodes on this machine, as a browser would.
@pytest.mark.parametrize(
    "module",
    [module for module in OURS if module != "federation/wire.py" and not module.startswith("web/demo/")],
)
def test_there_is_one_client_socket(module: str):
    assert {
        each
        for each in facts_of(module).imports
        if each.rpartition(".")[2] in {"ClientSession", "TCPConnector"}
    } == set()
    assert reaches(module, "urllib.request", "http.client", "requests", "httpx", "smtplib") == set()


@pytest.mark.parametrize("module", [module for module in OURS if text_of(module)])
def test_a_module_says_first_what_it_is_for(module: str):
    assert facts_of(module).docstring
    assert text_of(module).startswith('"""')


@pytest.mark.parametrize("module", ALL)
def test_no_file_is_longer_than_anyone_reads(module: str):
    assert len(text_of(module).splitlines()) <= FILE_LIMIT_LINES


@pytest.mark.parametrize("module", ALL)
def test_no_function_is_longer_than_a_screen(module: str):
    long = {name: lines for name, lines in facts_of(module).functions if lines > FUNCTION_LIMIT_LINES}
    assert long == {}


@pytest.mark.parametrize("module", modules("tests"))
def test_nothing_is_patched(module: str):
    assert reaches(module, "unittest.mock", "mock", "pytest_mock") == set()
    assert facts_of(module).attributes.isdisjoint({"setattr", "setitem"})
