"""EGRESS.md says what the gate does: every rule and column, no more, and its way to verify the ledger works."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from instance import policy
from instance.storage import ledger
from instance.storage.database import SqliteTx
from tests.builders import a_tx
from tests.instance.acme import World

DOCUMENT = (Path(__file__).parents[1] / "EGRESS.md").read_text("utf-8")


def section(title: str) -> str:
    return re.split(r"^#+ ", DOCUMENT.split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    return [
        name
        for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    ]


def test_every_release_rule_is_documented_and_every_documented_rule_exists():
    assert sorted(first_cells(section("The rules"))) == sorted(policy.RULES)


def test_the_columns_of_the_ledger_are_the_documented_ones_in_order():
    assert first_cells(section("The ledger")) == list(ledger.LineRow._fields)


def test_the_public_paths_are_the_documented_ones():
    paths = set(
        re.findall(r"`/([^`]*)`", DOCUMENT.split("Paths that name nothing of anybody:")[1].split("\n\n")[0])
    )
    assert {path for path in paths if not path.endswith("/") or not path} == policy.PUBLIC_PATHS
    assert {path.rstrip("/") for path in paths if path.endswith("/")} == policy.PUBLIC_FAMILIES


def verified(tx: SqliteTx, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """What the program in the document says of a ledger."""
    (program,) = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "verify.py").write_text(program, "utf-8")
    with sqlite3.connect(tmp_path / "node.sqlite") as copy:
        tx._connection.backup(copy)
    copy.close()
    command = [sys.executable, str(tmp_path / "verify.py"), str(tmp_path / "node.sqlite")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def world() -> World:
    world = World()
    world.release(world.create())
    world.release(world.create(content=f"Für « Zoë » {world.secret}"))
    return world


def test_the_program_in_the_document_finds_the_ledger_whole(world: World, tmp_path: Path):
    head = ledger.last(world.tx)
    assert verified(world.tx, tmp_path).stdout == f"3 lines, head {head.hash}\n"


def test_the_program_in_the_document_finds_a_changed_line(world: World, tmp_path: Path):
    world.tx._connection.execute("DROP TRIGGER ledger_no_update")
    world.tx._connection.execute("UPDATE ledger SET host = 'x' WHERE seq = 2")
    assert verified(world.tx, tmp_path).stderr == "broken at line 2\n"


def test_an_empty_ledger_is_whole(tmp_path: Path):
    assert verified(a_tx(), tmp_path).stdout == f"0 lines, head {ledger.GENESIS}\n"
