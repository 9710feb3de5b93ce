"""`cordee demo`: three nodes in one command. The rule kept here: each node is a process of its own, as three companies' are; Ctrl-C stops all."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated
from urllib.request import ProxyHandler, Request, build_opener

import typer

from instance.errors import ConfigError
from web.demo import place, seed
from web.demo.place import Site

READY_WITHIN_S = 60
STOP_WITHIN_S = 20
_DIRECT = build_opener(ProxyHandler({}))


class _Stopped(Exception):
    """The demo was asked to stop."""


def demo(
    data: Annotated[Path, typer.Option(help="Where the demo's data lie.")] = Path(".demo"),
    ports: Annotated[str, typer.Option(help="Ports of acme, globex and initech.")] = "7001,7002,7003",
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove the demo's data first and start over.")
    ] = False,
) -> None:
    """Start three companies on this machine, tied to one project with two weeks of work in it.

    The first start takes some seconds; later ones go on from the data. `ready` and `tokens.json` in the data directory serve scripts.

    Example: cordee demo --reset
    """
    places = place.sites(data, place.ports_of(ports))
    place.require_free(places)
    if reset:
        place.reset(data)
    place.require_same_ports(data, places)
    _on_signals()
    (data / "ready").unlink(missing_ok=True)
    try:
        seed.ensure(data, places, say=typer.echo)
        _run(data, places)
    except _Stopped:
        typer.echo("stopped.")
    finally:
        (data / "ready").unlink(missing_ok=True)


def _on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _run(data: Path, places: Sequence[Site]) -> None:
    nodes: list[subprocess.Popen[bytes]] = []
    try:
        nodes.extend(_start(site) for site in places)
        for site, node in zip(places, nodes, strict=True):
            _wait_until_it_answers(site, node)
        (data / "ready").write_text("".join(f"{site.base_url}\n" for site in places), "utf-8")
        typer.echo(_welcome(places))
        _watch(places, nodes)
    finally:
        _stop(nodes)


def _start(site: Site) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "web.serve", "serve", "--config", str(site.config)]
    with (site.directory / "node.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603  our own program


def _wait_until_it_answers(site: Site, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if node.poll() is not None:
            break
        if _answers(site):
            return
        time.sleep(0.05)
    raise ConfigError(f"the node of {site.company.company} did not start; see {site.directory / 'node.log'}")


def _answers(site: Site) -> bool:
    """Ask on the loopback address by the node's name, so that no resolver has to know *.localhost."""
    request = Request(f"http://127.0.0.1:{site.port}/api/v2/instance", headers={"Host": site.domain})
    try:
        with _DIRECT.open(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _watch(places: Sequence[Site], nodes: Sequence[subprocess.Popen[bytes]]) -> None:
    while True:
        for site, node in zip(places, nodes, strict=True):
            if node.poll() is not None:
                raise ConfigError(
                    f"the node of {site.company.company} ended; see {site.directory / 'node.log'}"
                )
        time.sleep(0.5)


def _stop(nodes: Sequence[subprocess.Popen[bytes]]) -> None:
    for node in nodes:
        node.terminate()
    deadline = time.monotonic() + STOP_WITHIN_S
    for node in nodes:
        try:
            node.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            node.kill()
            node.wait()


def _welcome(places: Sequence[Site]) -> str:
    lines = ["", "Three companies, one project. Open in a browser or a Mastodon app:", ""]
    for site in places:
        names = ", ".join(username for username, _, _ in site.company.people)
        lines.append(f"  {site.company.company:<16} {site.base_url}   {names}")
    lines += [
        "",
        f"The password of all is {place.PASSWORD}. As admin you see what IT sees.",
        "Ctrl-C stops all three.",
        "",
    ]
    return "\n".join(lines)
