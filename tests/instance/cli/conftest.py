"""A node as `cordee init` makes it, for each test of the command line its own."""

import shutil
from pathlib import Path

import pytest

from tests.instance.cli.console import PASSWORD, Console, init_line


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node as `cordee init` makes it; to be copied."""
    directory = tmp_path_factory.mktemp("made")
    Console(directory).good(init_line(directory), CORDEE_PASSWORD=PASSWORD)
    return directory


@pytest.fixture
def cordee(made: Path, tmp_path: Path) -> Console:
    """A node of one's own, with alice as administrator."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    console = Console(tmp_path)
    console.toml.write_text(console.toml.read_text().replace(str(made), str(tmp_path)))
    return console


@pytest.fixture
def bare(tmp_path: Path) -> Console:
    """A machine without a node."""
    return Console(tmp_path)


@pytest.fixture
def apollo(cordee: Console) -> Console:
    """A node with the project apollo, which has no charter yet."""
    cordee.good('project create apollo --title Apollo --purpose "New braking unit"')
    return cordee
