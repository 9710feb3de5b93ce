"""What the bench asks of the machine: a process on one core, its CPU time and its memory. The rule kept here: figures come from the kernel."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SERVER_CORE = 0
LOAD_CORE = 1


def pin(core: int) -> None:
    """Keep this process on one core, where the machine has more than one."""
    if core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


@contextmanager
def process(
    *command: str, env: dict[str, str] | None = None, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process (`-m module …`) pinned to the server's core; ended by SIGTERM at the end."""
    code = f"import os,sys; {SERVER_CORE} in os.sched_getaffinity(0) and os.sched_setaffinity(0, {{{SERVER_CORE}}}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    output = log.open("ab") if log else subprocess.DEVNULL
    child = subprocess.Popen(
        [sys.executable, "-c", code, *command],
        env={**os.environ, **(env or {})},
        stdout=output,
        stderr=output,
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if log:
            output.close()


def cpu_us(pid: int) -> float:
    """CPU time of a process and its threads so far, in microseconds (the kernel counts in ticks of 10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND * 1e6


def rss_mib(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


class Measure:
    """CPU of one process and the wall clock over a `with` block."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.cpu_us = 0.0
        self.wall_s = 0.0

    def __enter__(self) -> Self:
        self._cpu, self._wall = cpu_us(self._pid), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_us, self.wall_s = cpu_us(self._pid) - self._cpu, time.perf_counter() - self._wall

    def per(self, units: int) -> str:
        """`… µs CPU each, … a second` for so many units."""
        return f"{self.cpu_us / units:8.0f} µs CPU each {units / self.wall_s:8.0f}/s as driven {1e6 * units / max(self.cpu_us, 1):8.0f}/s per core"
