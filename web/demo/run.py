"""`cordee demo`: three nodes in one command. The rule kept here: each node is a process of its own, as three companies' are; Ctrl-C stops all."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Annotated
from urllib.request import ProxyHandler, Request, build_opener

import typer

from instance import logs
from instance.errors import ConfigError
from web.demo import place
from web.demo.place import Site

READY_WITHIN_S = 60
STOP_WITHIN_S = 20
_DIRECT = build_opener(ProxyHandler({}))
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, `kill`, a window that is closed


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
    logs.configure("error")  # the nodes play the story in this process; what they say of it is for no one
    place.forget_settings(os.environ)
    places = place.sites(data, place.ports_of(ports))
    place.require_free(places)
    if reset or place.unfinished(data):
        place.reset(data)
    place.require_same_ports(data, places)
    if not asyncio.run(_until_told(_demo(data, places))):
        typer.echo("stopped.")


async def _until_told(work: Coroutine[None, None, None]) -> bool:
    """Run `work`; True when it ended by itself. A signal cancels it, once: make and a terminal both pass theirs on, and people press twice."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(_number: int, _frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(told.set)

    # Not the loop's own handlers: those end with it, and a late signal would cut off what comes after.
    for number in _SIGNALS:
        signal.signal(number, tell)
    task, stop = asyncio.create_task(work), asyncio.create_task(told.wait())
    await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
    ended = task.done()
    task.cancel()
    stop.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return ended


async def _demo(data: Path, places: Sequence[Site]) -> None:
    ready = data / "ready"
    ready.unlink(missing_ok=True)
    seed = import_module("web.demo.seed")  # it draws pictures: 2 MiB of libraries that no other command needs
    await seed.ensure(data, places, say=typer.echo)
    nodes: list[Process] = []
    try:
        for site in places:
            nodes.append(await _start(site))  # noqa: PERF401  those that run are stopped when the next does not start
        await asyncio.gather(*map(_wait_until_it_answers, places, nodes))
        ready.write_text("".join(f"{site.base_url}\n" for site in places), "utf-8")
        typer.echo(_welcome(places))
        await _until_one_ends(places, nodes)
    finally:
        ready.unlink(missing_ok=True)
        await asyncio.gather(*map(_stop, nodes))


async def _start(site: Site) -> Process:
    """In a session of its own: Ctrl-C reaches a node through the demo alone, and so once."""
    with (site.directory / "node.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "web.serve", "serve", "--config", str(site.config)),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


async def _wait_until_it_answers(site: Site, node: Process) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_WITHIN_S):
            while node.returncode is None:
                if await asyncio.to_thread(_answers, site):
                    return
                await asyncio.sleep(0.05)
    raise _failed(site, "did not start")


def _answers(site: Site) -> bool:
    """Ask on the loopback address by the node's name, so that no resolver has to know *.localhost."""
    request = Request(f"http://127.0.0.1:{site.port}/api/v2/instance", headers={"Host": site.domain})
    try:
        with _DIRECT.open(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def _until_one_ends(places: Sequence[Site], nodes: Sequence[Process]) -> None:
    """The nodes run until they are stopped; one that ends by itself ends the demo. Raises ConfigError."""
    ends = {asyncio.create_task(node.wait()): site for site, node in zip(places, nodes, strict=True)}
    ended, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    raise _failed(ends[ended.pop()], "ended")


def _failed(site: Site, how: str) -> ConfigError:
    return ConfigError(f"the node of {site.company.company} {how}; see {site.directory / 'node.log'}")


async def _stop(node: Process) -> None:
    if node.returncode is not None:
        return
    node.terminate()
    try:
        await asyncio.wait_for(node.wait(), STOP_WITHIN_S)
    except TimeoutError:
        node.kill()
        await node.wait()


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
