"""The log: key=value at a terminal, JSON elsewhere, one stream for our lines and the libraries'."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from instance import logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    access = logging.getLogger("aiohttp.access")
    access_level = access.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    access.setLevel(access_level)
    structlog.reset_defaults()


def said(stream: io.StringIO, level: str = "info") -> str:
    logs.configure(level, stream)
    structlog.get_logger("instance.delivery").info("delivered", host="globex.example", rule="charter")
    return stream.getvalue()


def test_a_person_at_a_terminal_reads_key_value():
    assert "event='delivered'" in said(Terminal())


def test_a_collector_reads_one_json_object_a_line():
    line = json.loads(said(io.StringIO()))
    assert (line["event"], line["host"], line["level"], line["logger"]) == (
        "delivered",
        "globex.example",
        "info",
        "instance.delivery",
    )


def test_what_is_below_the_level_is_not_said():
    assert said(io.StringIO(), "warning") == ""


def test_a_librarys_line_has_the_same_form():
    stream = io.StringIO()
    logs.configure("info", stream)
    logging.getLogger("asyncio").warning("slow %s", "callback")
    assert json.loads(stream.getvalue())["event"] == "slow callback"


def test_a_request_served_is_no_line():
    stream = io.StringIO()
    logs.configure("debug", stream)
    logging.getLogger("aiohttp.access").info("GET /")
    assert stream.getvalue() == ""


def test_configuring_twice_says_everything_once():
    logs.configure("info", io.StringIO())
    assert len(said(io.StringIO()).splitlines()) == 1
