"""Passwords without stopping the server. The rule kept here: two are hashed at a time, each beside the loop: it takes 19 MiB and some 20 ms of a core."""

import asyncio

from instance import passwords

_turn = asyncio.Semaphore(2)


async def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without one it takes as long and says no."""
    async with _turn:
        return await asyncio.to_thread(passwords.verify, password_hash, password)


async def hash_of(password: str) -> str:
    """What is stored of a password. Raises BadInput("password") when it may not be used."""
    async with _turn:
        return await asyncio.to_thread(passwords.hash_of, password)
