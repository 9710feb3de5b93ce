"""Bytes on sockets: a request as a stranger types it, and a tap on the line between two nodes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.nodes import Company, free_port

_DATE = re.compile(rb"(?im)^date: [^\r\n]*")


async def raw_answer(company: Company, method: str, path: str, *headers: str) -> bytes:
    """Every byte of the answer to an unsigned request, but for the time of day."""
    reader, writer = await asyncio.open_connection("127.0.0.1", company.port)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {company.host}", "Connection: close", *headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return _DATE.sub(b"Date: now", answer)


@dataclass
class Tap:
    """What went over the line to a company's door, both ways."""

    calls: list[bytearray] = field(default_factory=list)
    outward: bytearray = field(default_factory=bytearray)

    @property
    def inward(self) -> bytes:
        """What came in, one connection after the other."""
        return b"".join(self.calls)

    def requests(self) -> list[bytes]:
        """The POST requests that came in, each with its body. Connections that speak at the same time are kept apart."""
        return [b"POST " + part for call in self.calls for part in bytes(call).split(b"POST ")[1:]]


@asynccontextmanager
async def tapped(company: Company) -> AsyncIterator[Tap]:
    """Put a wire tap before a company's door: whoever calls its address is recorded, byte by byte. Its own people come in behind it."""
    tap, address = Tap(), company.port
    await company.shut_door()
    company.port = free_port()
    await company.open_door()
    pipes: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", company.port)
        tap.calls.append(call := bytearray())
        for source, target, kept in ((reader, to_there, call), (there, writer, tap.outward)):
            task = asyncio.create_task(_pipe(source, target, kept))
            pipes.add(task)
            task.add_done_callback(pipes.discard)

    server = await asyncio.start_server(answer, "127.0.0.1", address)
    try:
        yield tap
    finally:
        server.close()
        for task in pipes:
            task.cancel()
        await asyncio.gather(*pipes, return_exceptions=True)
        await company.shut_door()
        company.port = address
        await company.open_door()


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter, kept: bytearray) -> None:
    try:
        while data := await source.read(65536):
            kept += data
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


async def raw_send(company: Company, request: bytes) -> tuple[int, bytes]:
    """Send a whole request again, byte by byte as it was recorded; status and rest of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", company.port)
    writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    answer = await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer
