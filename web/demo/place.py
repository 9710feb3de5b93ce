"""Where the demo lives: three nodes' addresses, settings and data below one directory. The rule kept here: nothing outside it is touched."""

import shutil
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

from instance.config import PREFIX
from instance.errors import ConfigError
from web.demo.story import COMPANIES, Company

PASSWORD = "cordee-demo"  # noqa: S105  printed for everybody to see: it guards three nodes that answer on loopback only
PORTS = (7001, 7002, 7003)
BEGUN, DONE = (
    "seeding",
    "seeded",
)  # marks in the data directory: the story is being played; it was played to its end


@dataclass(frozen=True, slots=True)
class Site:
    """One company's node of the demo."""

    company: Company
    port: int
    directory: Path

    @property
    def domain(self) -> str:
        """As it stands in handles, with its port."""
        return f"{self.company.name}.localhost:{self.port}"

    @property
    def base_url(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.domain}"

    @property
    def config(self) -> Path:
        """Its settings."""
        return self.directory / "cordee.toml"


def sites(data: Path, ports: tuple[int, int, int] = PORTS) -> tuple[Site, ...]:
    """The three nodes, with their data below `data`."""
    return tuple(
        Site(company, port, data / company.name) for company, port in zip(COMPANIES, ports, strict=True)
    )


def ports_of(text: str) -> tuple[int, int, int]:
    """The ports in "7001,7002,7003". Raises ConfigError."""
    numbers = [part.strip() for part in text.split(",")]
    if (
        len(numbers) != len(PORTS)
        or not all(n.isdecimal() and 0 < int(n) < 65_536 for n in numbers)
        or len(set(numbers)) != 3
    ):
        raise ConfigError(f"--ports: {text!r} must be three different ports such as 7001,7002,7003")
    first, second, third = map(int, numbers)
    return first, second, third


def require_free(places: tuple[Site, ...]) -> None:
    """Raise ConfigError when something answers on one of the ports already."""
    for site in places:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", site.port))
            except OSError as error:
                raise ConfigError(
                    f"port {site.port} is taken: stop what uses it (another demo?), or give --ports"
                ) from error


def require_same_ports(data: Path, places: tuple[Site, ...]) -> None:
    """Raise ConfigError when the data were made for other addresses: names of things cannot move with a port."""
    for site in places:
        if site.config.exists() and f'"{site.domain}"' not in site.config.read_text("utf-8"):
            raise ConfigError(
                f"{data} was made for other ports. Start over with --reset, or use --data for a second demo"
            )


def unfinished(data: Path) -> bool:
    """Whether a first start was broken off. Nobody could write anything in it yet, so it is no loss."""
    return (data / BEGUN).exists()


def finished(data: Path) -> bool:
    """Whether the story was played to its end. Raises ConfigError when `data` holds something that is no demo."""
    if data.exists() and any(data.iterdir()) and not any((data / mark).exists() for mark in (BEGUN, DONE)):
        raise ConfigError(f"{data} holds something else than a demo: name another directory with --data")
    return (data / DONE).exists()


def begin(data: Path) -> None:
    """Mark that a first start is under way."""
    data.mkdir(parents=True, exist_ok=True)
    (data / BEGUN).touch()


def finish(data: Path) -> None:
    """Mark that it came to its end."""
    (data / BEGUN).rename(data / DONE)


def forget_settings(environ: MutableMapping[str, str]) -> None:
    """Take CORDEE_* out: where a node is run in earnest, CORDEE_DATA_DIR would have all three write in its database."""
    for key in [key for key in environ if key.startswith(PREFIX)]:
        del environ[key]


def reset(data: Path) -> None:
    """Remove the demo's data. Raises ConfigError when `data` is not a demo's."""
    if finished(data) or unfinished(data):
        shutil.rmtree(data)
