"""A node in a process of its own, for tests that kill it: `python -m tests.scenarios.runner <settings as JSON>`.

It says "ready" when its door is open, publishes as many posts as the line it then reads says, and runs until it is ended.
"""

import asyncio
import json
import sys

import uvloop

from instance.config import Config
from instance.storage import actors
from tests.nodes import Company


async def main(settings: dict[str, object], port: int, project_iri: str) -> None:
    company = Company(Config(**settings), port, project_iri=project_iri)
    await company.start()
    for row in await company.node.read(actors.persons):
        company.people[row.username] = row
    print("ready", flush=True)
    line = await asyncio.to_thread(sys.stdin.readline)
    username, count = line.split()
    await asyncio.gather(*(company.post(username, f"Part {number}") for number in range(int(count))))
    print("published", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
