"""The commands of `cordee`: what instance.cli offers, and the two that need the web: serve and demo.

The rule kept here: web imports instance, never back; so the command line as a whole is put together on this side.
"""

import asyncio
import gc
import os
import signal

import structlog
import typer
import uvloop
from aiohttp.web import AppRunner, TCPSite

from instance import logs
from instance.cli import app, terminal
from instance.config import Config
from instance.errors import ConfigError
from instance.node import Cordee
from web.app import build_app
from web.demo.run import demo

# Requests under way get this long to end; then sockets and streams are closed.
SHUTDOWN_S = 5.0

_log = structlog.get_logger(__name__)


@app.command()
def serve(ctx: typer.Context) -> None:
    """Run the node until it is told to stop (Ctrl-C or SIGTERM).

    It serves partners, apps and pages on `listen`, and delivers. What is under way when it stops is gone on with at the next start.

    Example: cordee serve
    """
    found = terminal.settings(ctx)
    terminal.seal_key(found)
    logs.configure(found.log_level)
    uvloop.run(_serve(found))


async def _serve(config: Config) -> None:
    """Serve until told to stop; anew, when the node has taken another name meanwhile (`cordee move-domain`)."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    while not told.is_set():
        await _serve_until(told, config)


async def _serve_until(told: asyncio.Event, config: Config) -> None:
    """Serve until told to stop, or until the node has another name."""
    node = await Cordee.open(config)
    runner = AppRunner(build_app(node), access_log=None, shutdown_timeout=SHUTDOWN_S)
    try:
        await runner.setup()
        await _listen(runner, config)
        gc.collect()
        gc.freeze()  # what is loaded stays: the collector need not walk through it again and again
        _log.info("serving", base=node.config.base_url, listen=config.listen)
        await _first_of(told, node.has_moved)
        _log.info("stopping")
    finally:
        await runner.cleanup()
        await node.close()


async def _listen(runner: AppRunner, config: Config) -> None:
    try:
        await TCPSite(runner, config.listen_host, config.listen_port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError(f"listen: {config.listen}: {reason}") from error


async def _first_of(*events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


app.command("demo")(demo)
