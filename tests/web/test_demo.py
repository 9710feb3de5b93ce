"""`cordee demo`: three nodes in one command, that all end with it; what is not the demo's own is not touched."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from instance.errors import ConfigError
from tests.nodes import free_port
from web.demo import place, seed

ROOT = Path(__file__).parents[2]
OPENER = build_opener(ProxyHandler({}))
PATIENCE_S = (
    90.0  # the first start makes keys and plays two weeks; the test fails then, it never passes because of it
)
Ports = tuple[int, int, int]


class Demo:
    """One run of the command."""

    def __init__(self, data: Path, ports: Ports, **environment: str) -> None:
        self.data, self.ports = data, ports
        self._said = data.parent / "said"
        with self._said.open("w") as said:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "web.serve",
                    "demo",
                    "--data",
                    data,
                    "--ports",
                    ",".join(map(str, ports)),
                ],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=said,
                stderr=said,
            )

    @property
    def said(self) -> str:
        return self._said.read_text("utf-8")

    def wait_for(self, mark: str) -> None:
        """Until there is a file of this name in the data directory."""
        end = time.monotonic() + PATIENCE_S
        while not (self.data / mark).exists():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def tell(self, *numbers: signal.Signals) -> int:
        """Send signals at once; the exit status."""
        for number in numbers:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def get(self, company: int, path: str, token: str) -> object:
        domain = f"{('acme', 'globex', 'initech')[company]}.localhost:{self.ports[company]}"
        headers = {"Host": domain, "Authorization": f"Bearer {token}"}
        with OPENER.open(Request(f"http://127.0.0.1:{self.ports[company]}{path}", headers=headers)) as answer:
            return json.load(answer)


@contextmanager
def demo(data: Path, ports: Ports, **environment: str) -> Iterator[Demo]:
    run = Demo(data, ports, **environment)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.tell(signal.SIGTERM)


def three_ports() -> Ports:
    return free_port(), free_port(), free_port()


def tokens(data: Path) -> dict[str, dict[str, str]]:
    return json.loads((data / "tokens.json").read_text("utf-8"))


def is_free(ports: Ports, data: Path) -> bool:
    with suppress(ConfigError):
        place.require_free(place.sites(data, ports))
        return True
    return False


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ports]:
    """The data of a demo whose first start was broken off, and whose second came to its end."""
    directory = tmp_path_factory.mktemp("demo")
    data, ports = directory / ".demo", three_ports()
    with demo(data, ports) as first:
        first.wait_for("globex/cordee.toml")
        assert first.tell(signal.SIGINT) == 0
    assert place.unfinished(data)
    stranger = str(directory / "a node in earnest")
    with demo(data, ports, CORDEE_DATA_DIR=stranger) as second:
        second.wait_for("ready")
    assert not Path(stranger).exists(), "the settings of another node reached the demo"
    return data, ports


def test_broken_off_in_its_first_start_it_stops_and_leaves_nothing_running(tmp_path: Path):
    data, ports = tmp_path / ".demo", three_ports()
    with demo(data, ports) as run:
        run.wait_for("seeding")
        run.tell(signal.SIGTERM, signal.SIGTERM)
        assert "stopped." in run.said.splitlines()
        assert is_free(ports, data)


def test_started_again_it_goes_on_from_its_data(played: tuple[Path, Ports]):
    data, ports = played
    with demo(data, ports) as run:
        run.wait_for("ready")
        assert "Playing" not in run.said
        posts = run.get(1, "/api/v1/timelines/home", tokens(data)["globex"]["bob"])
        assert "alice" in {post["account"]["username"] for post in posts}


def test_its_nodes_end_with_it_however_often_it_is_told(played: tuple[Path, Ports]):
    data, ports = played
    with demo(data, ports) as run:
        run.wait_for("ready")
        run.tell(signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
        assert is_free(ports, data)
        assert not (data / "ready").exists()


def test_when_a_node_does_not_start_all_end_and_it_says_where_to_read_why(played: tuple[Path, Ports]):
    data, ports = played
    settings = data / "initech" / "cordee.toml"
    sound = settings.read_text("utf-8")
    settings.write_text(f"lissten = 1\n{sound}", "utf-8")
    try:
        with demo(data, ports) as run:
            assert run.process.wait(PATIENCE_S) == 2
            assert run.said.startswith("cordee: the node of Initech Vision did not start; see ")
            assert is_free(ports, data)
    finally:
        settings.write_text(sound, "utf-8")


def test_data_of_other_ports_are_refused_with_what_to_do(played: tuple[Path, Ports]):
    data, _ = played
    with demo(data, three_ports()) as run:
        assert run.process.wait(PATIENCE_S) == 2
        assert "was made for other ports. Start over with --reset" in run.said


def test_a_port_that_is_taken_is_named(tmp_path: Path):
    with socket.create_server(("127.0.0.1", free_port())) as other:
        taken = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {taken} is taken.*or give --ports"):
            place.require_free(place.sites(tmp_path, (free_port(), taken, free_port())))


@pytest.mark.parametrize("text", ["7001", "7001,7002", "1,2,x", "0,1,2", "7001,7001,7002", "1,2,65536", ""])
def test_what_is_not_three_ports_is_refused(text: str):
    with pytest.raises(ConfigError, match="three different ports such as 7001,7002,7003"):
        place.ports_of(text)


def test_a_directory_of_something_else_is_neither_begun_in_nor_removed(tmp_path: Path):
    (tmp_path / "acme").mkdir()
    for act in (place.finished, place.reset):
        with pytest.raises(ConfigError, match="holds something else than a demo"):
            act(tmp_path)
    assert (tmp_path / "acme").exists()


@pytest.mark.parametrize("finish", [False, True])
def test_reset_removes_what_a_demo_made(tmp_path: Path, finish: bool):
    data = tmp_path / ".demo"
    place.begin(data)
    if finish:
        place.finish(data)
    place.reset(data)
    assert not data.exists()


def test_the_story_is_told_on_working_days_that_have_been():
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    days = seed.working_days(monday, 6)
    assert [day.day for day in days] == [13, 16, 17, 18, 19, 20]
