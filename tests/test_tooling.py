"""The tools of a fresh clone: make says what there is, and what is missing is said in words."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def program(directory: Path, name: str, script: str) -> None:
    """A stand-in for a program of the system, first on the path."""
    file = directory / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def run(*command: str, cwd: Path = ROOT, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    searched = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        command, cwd=cwd, env=environment | {"PATH": searched}, capture_output=True, text=True, check=False
    )


def test_make_without_a_target_prints_every_target_with_its_sentence():
    targets = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
    printed = {line.split()[0:2][1] for line in run("make").stdout.splitlines()}
    assert printed == targets >= {"setup", "demo", "test", "check", "bench", "fmt", "clean"}


def test_an_old_python_is_told_what_is_needed(tmp_path: Path):
    program(tmp_path, "oldpython", '[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1')
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "uv.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    said = run("make", "setup", "PYTHON=oldpython", cwd=tmp_path, path=tmp_path)
    assert said.returncode != 0
    assert "needs Python 3.11 or newer; this is Python 3.9.2" in said.stdout


def test_a_python_that_is_not_there_is_named(tmp_path: Path):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "uv.lock").touch()
    (tmp_path / "pyproject.toml").touch()
    said = run("make", "setup", "PYTHON=python3.99", cwd=tmp_path)
    assert said.returncode != 0
    assert "needs Python 3.11 or newer; there is no python3.99. Name another" in said.stdout


@pytest.fixture
def a_user(tmp_path: Path) -> Path:
    """A machine whose user is not root."""
    program(tmp_path, "id", "echo 1000")
    return tmp_path


def test_a_python_without_its_venv_module_names_the_package(a_user: Path):
    program(a_user, "bare", 'case "$2" in *ensurepip*) exit 1;; *) echo 3.12;; esac')
    said = run(str(ROOT / ".ci/fetch-uv"), "bare", cwd=a_user, path=a_user)
    assert said.returncode == 1
    assert "sudo apt-get update && sudo apt-get install python3.12-venv" in said.stderr


@pytest.mark.parametrize(
    ("chromium", "driver", "packages"),
    [("", 0, "chromium"), ("", 1, "chromium libatomic1"), ("/opt/chrome", 1, "libatomic1")],
)
def test_what_the_browser_tests_miss_is_said_with_the_way_to_do_without(
    a_user: Path, chromium: str, driver: int, packages: str
):
    playwright(a_user, f"exit {driver}")
    said = run(str(ROOT / ".ci/fetch-browser"), chromium, cwd=a_user, path=a_user)
    assert said.returncode == 1
    assert f"sudo apt-get update && sudo apt-get install {packages}\n" in said.stderr
    assert "make test CHROMIUM=no" in said.stderr


@pytest.mark.parametrize(("chromium", "driver"), [("/opt/chrome", 0), ("no", 1)])
def test_where_nothing_is_missing_or_wanted_nothing_is_said(a_user: Path, chromium: str, driver: int):
    playwright(a_user, f"exit {driver}")
    said = run(str(ROOT / ".ci/fetch-browser"), chromium, cwd=a_user, path=a_user)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def playwright(directory: Path, script: str) -> None:
    """A stand-in for Playwright's command in the clone."""
    (directory / ".venv/bin").mkdir(parents=True)
    program(directory / ".venv/bin", "playwright", script)


def root_asks(directory: Path, *, has_chromium: bool) -> list[str]:
    """What is asked for by root, on a distribution that has Chromium as a package or has not; the driver misses its library."""
    program(directory, "id", "echo 0")
    program(directory, "apt-get", f'echo apt-get "$@" >> {directory}/asked')
    program(directory, "apt-cache", f'echo "  Candidate: {"156.0" if has_chromium else "(none)"}"')
    playwright(directory, f'[ "$1" = --version ] && exit 1\necho playwright "$@" >> {directory}/asked')
    assert run(str(ROOT / ".ci/fetch-browser"), "", cwd=directory, path=directory).returncode == 0
    return (directory / "asked").read_text().splitlines()


def test_root_gets_the_browser_from_the_distribution(tmp_path: Path):
    update, install = root_asks(tmp_path, has_chromium=True)
    assert update == "apt-get update -qq"
    assert install.endswith(" chromium libatomic1")


def test_where_the_distribution_has_none_root_gets_the_one_of_playwright(tmp_path: Path):
    _, install, last = root_asks(tmp_path, has_chromium=False)
    assert install.endswith(" libatomic1")
    assert last == "playwright install --with-deps chromium"


def test_make_finds_the_browser_that_playwright_brought(tmp_path: Path):
    browser = tmp_path / ".tools/browsers/chromium-1/chrome-linux64/chrome"
    browser.parent.mkdir(parents=True)
    browser.touch()
    (tmp_path / "ls").symlink_to(str(shutil.which("ls")))
    (tmp_path / "Makefile").write_text(f"{MAKEFILE}\nfound: ; $(info $(CHROMIUM))\n")
    make = str(shutil.which("make"))
    found = subprocess.run(
        [make, "found"], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert found.stdout.splitlines()[0] == str(browser.relative_to(tmp_path))


@pytest.mark.parametrize("outcome", [0, 1])
def test_the_ci_fails_when_a_check_or_a_test_does_and_ends_with_pytests_line(tmp_path: Path, outcome: int):
    (tmp_path / ".ci").mkdir()
    for name in ("run", "fetch-browser", "fetch-partners"):
        shutil.copy(ROOT / ".ci" / name, tmp_path / ".ci" / name)
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    for name in ("uv.lock", "pyproject.toml", ".venv/.ready"):
        (tmp_path / name).touch()
    for tool in ("ruff", "lint-imports"):
        program(tmp_path / ".venv/bin", tool, "exit 0")
    program(tmp_path / ".venv/bin", "mypy", f"exit {outcome}")
    program(tmp_path, "chromium", "exit 0")
    program(tmp_path, "npm", "mkdir -p tests/third_party/node_modules")
    program(tmp_path / ".venv/bin", "playwright", "exit 0")
    program(tmp_path / ".venv/bin", "pytest", 'echo "3 passed in 0.1s"')
    said = run(".ci/run", cwd=tmp_path, path=tmp_path)
    assert (said.returncode != 0) == bool(outcome)
    assert said.stdout.splitlines()[-1] == "3 passed in 0.1s"


def partners_fetched(directory: Path, npm: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What becomes of fetching the servers of others, with this for npm."""
    program(directory, "npm", npm)
    environment |= {"PATH": f"{directory}:{os.environ['PATH']}"}
    command = [ROOT / ".ci/fetch-partners", "uv"]
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )


def test_servers_of_others_that_cannot_be_fetched_are_done_without_but_not_in_ci(tmp_path: Path):
    at_home = partners_fetched(tmp_path, "exit 1")
    assert (at_home.returncode, "are skipped" in at_home.stderr) == (0, True)
    assert partners_fetched(tmp_path, "exit 1", CI="true").returncode == 1


def test_servers_of_others_are_fetched_once(tmp_path: Path):
    fetch = "mkdir -p tests/third_party/node_modules; echo x >> times"
    assert [partners_fetched(tmp_path, fetch, CI="true").returncode for _ in range(2)] == [0, 0]
    assert (tmp_path / "times").read_text() == "x\n"


def test_the_servers_of_others_come_from_the_public_registry_with_their_hashes():
    packages = json.loads((ROOT / "tests/third_party/package-lock.json").read_text("utf-8"))["packages"]
    del packages[""]
    assert packages
    for package in packages.values():
        assert package["resolved"].startswith("https://registry.npmjs.org/")
        assert package["integrity"].startswith("sha512-")


def test_the_hooks_are_local_and_use_the_tools_of_the_clone():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    assert all(entry.startswith(".venv/bin/") for entry in re.findall(r"entry: (\S+)", hooks))
