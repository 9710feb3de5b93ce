"""Doors: who may come through a route. The rule kept here: no route without a door."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from aiohttp.web import Request, StreamResponse

Handler = Callable[[Request], Awaitable[StreamResponse]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"]


class Door(Enum):
    """Who may come through. Through the first two goes nothing but a Disclosure made for that very viewer."""

    ANYONE = "anyone"
    PARTNER = "partner"  # a host that signs its requests and is party to a living charter
    EMPLOYEE = "employee"  # a person of this company, logged in
    ADMIN = "admin"  # one of them who administers the node


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table of routes; `path` is aiohttp's pattern."""

    method: Method
    path: str
    handler: Handler
    door: Door
