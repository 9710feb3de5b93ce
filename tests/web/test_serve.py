"""`cordee serve` as a process: it answers, it stops when told, and it says in one line why it cannot start."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import orjson
import pytest

from instance import config
from instance.config import Config
from instance.renaming import Renaming
from instance.storage import other_names
from instance.storage.database import Database
from tests.nodes import PATIENCE_S, Company, a_company

OPENER = build_opener(ProxyHandler({}))


@pytest.fixture
def acme(tmp_path: Path) -> Company:
    """A company with its settings on disk."""
    company = a_company(tmp_path, "acme")
    (tmp_path / "cordee.toml").write_text(config.render(company.config, Config.model_fields))
    return company


def start(directory: Path) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CORDEE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "web.serve", "serve", "--config", str(directory / "cordee.toml")],
        cwd=Path(__file__).parents[2],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(company: Company, directory: Path) -> Iterator[subprocess.Popen[str]]:
    """The server, once it answers; stopped at the end."""
    process = start(directory)
    try:
        end = time.monotonic() + PATIENCE_S
        while not answers(company):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def answers(company: Company) -> bool:
    try:
        return get(company, "/.well-known/nodeinfo") is not None
    except URLError:
        return False


def get(company: Company, path: str) -> object:
    request = Request(f"http://127.0.0.1:{company.port}{path}", headers={"Host": company.host})
    with OPENER.open(request, timeout=PATIENCE_S) as answer:
        return orjson.loads(answer.read())


def test_it_serves_the_nodes_actor_and_stops_when_told(acme: Company, tmp_path: Path):
    with serving(acme, tmp_path) as process:
        assert get(acme, "/actor")["id"] == acme.config.home.node
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def test_its_log_is_json_where_nobody_sits_and_holds_no_request(acme: Company, tmp_path: Path):
    with serving(acme, tmp_path) as process:
        process.send_signal(signal.SIGINT)
        lines = [orjson.loads(line) for line in process.communicate(timeout=PATIENCE_S)[1].splitlines()]
    assert [line["event"] for line in lines] == ["serving", "stopping"]


def test_a_port_that_is_taken_is_said_in_one_line(acme: Company, tmp_path: Path):
    with serving(acme, tmp_path):
        second = start(tmp_path)
        said = second.communicate(timeout=PATIENCE_S)[1]
    assert said == f"cordee: listen: 127.0.0.1:{acme.port}: Address already in use\n"
    assert second.returncode == 2


def test_without_a_seal_key_it_does_not_start(acme: Company, tmp_path: Path):
    acme.config.seal_key_path.unlink()
    process = start(tmp_path)
    said = process.communicate(timeout=PATIENCE_S)[1]
    assert said.endswith("seal.key: No such file or directory. Run: cordee init\n")
    assert process.returncode == 2


def test_it_goes_on_by_itself_under_the_name_that_the_node_has_taken(acme: Company, tmp_path: Path):
    """As `cordee move-domain --go` leaves the database, while the server runs."""
    new = acme.config.base_url.replace("acme.", "acme-group.")
    with serving(acme, tmp_path):
        asyncio.run(rename(acme, new))
        end = time.monotonic() + PATIENCE_S
        while (found := lives_at(acme, new)) != f"{new}/actor":
            assert time.monotonic() < end, found
            time.sleep(0.05)


async def rename(company: Company, new: str) -> None:
    renaming = Renaming(company.config.base_url, new, since_ms=1, until_ms=2**53)
    database = await Database.open(str(company.config.database), company.config.home)
    await database.write(lambda tx: other_names.rename(tx, renaming))
    await database.close()


def lives_at(company: Company, base: str) -> str:
    """What the node's actor is called at that name, or what came instead."""
    address = f"http://127.0.0.1:{company.port}/actor"
    try:
        with OPENER.open(
            Request(address, headers={"Host": base.removeprefix("http://")}), timeout=5
        ) as answer:
            return str(orjson.loads(answer.read())["id"])
    except OSError as error:  # it is about to begin again
        return str(error)
