"""Every command and what its help says, found by asking for help as a person would."""

from collections.abc import Iterator

from typer import Typer
from typer.testing import CliRunner


def commands(app: Typer) -> dict[str, str]:
    """Line ("person add") to help, its spaces evened out."""
    return dict(_walk(app, ""))


def _walk(app: Typer, line: str) -> Iterator[tuple[str, str]]:
    said = CliRunner().invoke(app, [*line.split(), "--help"]).stdout
    _, _, listed = said.partition("\nCommands:\n")
    if not listed:
        yield line, " ".join(said.split())
    for sub in listed.splitlines():
        if sub.startswith("  ") and sub[2] != " ":
            yield from _walk(app, f"{line} {sub.split()[0]}".strip())
