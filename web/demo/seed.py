"""The first start of the demo: three nodes are set up, tie their project over real sockets, and live through two weeks of it.

The rule kept here: everything goes through the commands, verbs and deliveries that any node uses; only the clock is the story's.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import chain
from pathlib import Path

from aiohttp.web import AppRunner, TCPSite
from PIL import Image, ImageDraw

from instance import config, passwords
from instance.domain import actor, charter, follow, media, member, post, project, reaction, token
from instance.domain.charter import PartyTerms
from instance.domain.compose import PostDraft
from instance.domain.outcome import Outcome
from instance.errors import ConfigError
from instance.node import Cordee
from instance.storage import actors, charters, log, posts
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from web.app import build_app
from web.demo import place
from web.demo.place import PASSWORD, Site
from web.demo.story import PROJECT, PROJECT_TITLE, PURPOSE, STEPS, Step

SCOPES = "read write follow push"
PATIENCE_S = 30.0
_WEEKEND = 5
Say = Callable[[str], None]


class StoryClock:
    """The time of the story, the same for all three nodes; it stands still unless it is told to go on."""

    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        """Milliseconds since the epoch."""
        self.at_ms += 1
        return self.at_ms

    def go_to(self, at_ms: int) -> None:
        """Go on to a later time; never back."""
        self.at_ms = max(self.at_ms, at_ms)


def working_days(today: datetime, count: int) -> list[datetime]:
    """The last `count` working days before `today`, in order."""
    days: list[datetime] = []
    day = today
    while len(days) < count:
        day -= timedelta(days=1)
        if day.weekday() < _WEEKEND:
            days.append(day)
    return days[::-1]


def moment_ms(days: Sequence[datetime], day: int, at: str) -> int:
    """Working day `day` (from 1) at "HH:MM", in ms."""
    hour, minute = map(int, at.split(":"))
    return int(days[day - 1].replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp() * 1000)


async def ensure(data: Path, places: Sequence[Site], *, say: Say) -> None:
    """Set the demo up unless it is there already. A set-up that is broken off leaves its mark. Raises ConfigError."""
    if place.finished(data):
        return
    place.begin(data)
    say("Setting up three nodes …")
    await asyncio.gather(*map(_initialise, places))
    say("Playing two weeks of project Apollo …")
    tokens = await _play(places)
    file = data / "tokens.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(tokens, indent=2) + "\n", "utf-8")
    place.finish(data)


async def _initialise(site: Site) -> None:
    site.directory.mkdir()
    options = {
        "--config": str(site.config),
        "--domain": site.domain,
        "--company": site.company.company,
        "--base-url": site.base_url,
        "--listen": f"127.0.0.1:{site.port}",
        "--data": str(site.directory / "data"),
        "--admin": "admin",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web.serve", "init", *chain.from_iterable(options.items())),
        env=os.environ | {"CORDEE_PASSWORD": PASSWORD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _, problem = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise ConfigError(f"a node could not be set up: {problem.decode().strip()}")


async def _play(places: Sequence[Site]) -> dict[str, dict[str, str]]:
    days = working_days(datetime.now(UTC), max(step.day for step in STEPS))
    clock = StoryClock(moment_ms(days, 1, "07:30"))
    async with AsyncExitStack() as stack:
        cast = [await _Company.open(site, clock, stack) for site in places]
        for company in cast:
            await company.hire()
        await _tie(cast)
        await _Story(cast, clock, days).play()
        clock.go_to(int(time.time() * 1000))
        return {company.site.company.name: await company.tokens() for company in cast}


class _Company:
    """One node of the story while it is being told."""

    def __init__(self, site: Site, node: Cordee) -> None:
        self.site, self.node = site, node
        self.people: dict[str, ActorRow] = {}

    @classmethod
    async def open(cls, site: Site, clock: StoryClock, stack: AsyncExitStack) -> "_Company":
        """Start the node and its server."""
        node = await Cordee.open(config.load(site.config), clock=clock)
        stack.push_async_callback(node.close)
        runner = AppRunner(build_app(node), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await TCPSite(runner, "127.0.0.1", site.port).start()
        return cls(site, node)

    async def hire(self) -> None:
        """Make the people; `admin` was made by `cordee init`. Colleagues follow each other."""
        hashed = await asyncio.to_thread(passwords.hash_of, PASSWORD)
        for username, name, title in self.site.company.people:
            row = await self.node.read(
                partial(actors.by_username, username=username, host=self.node.home.host)
            )
            if row is None:
                await self.node.perform(
                    partial(_employ, username=username, name=name, title=title, password_hash=hashed)
                )
            else:
                await self.node.perform(partial(_present, actor_id=row.id, name=name, title=title))
        for username, _, _ in self.site.company.people:
            found = await self.node.read(
                partial(actors.by_username, username=username, host=self.node.home.host)
            )
            if found is not None:
                self.people[username] = found
        for one in self.people.values():
            for other in self.people.values():
                if one is not other:
                    await self.node.perform(partial(follow.follow, follower=one, followee_id=other.id))

    async def tokens(self) -> dict[str, str]:
        """A token of all scopes for each person."""
        made = {}
        for username, row in self.people.items():
            made[username] = await self.node.perform(partial(token.issue, actor_id=row.id, scopes=SCOPES))
        return made


def _employ(tx: Tx, *, username: str, name: str, title: str, password_hash: str) -> Outcome[ActorRow]:
    return actor.create_person(
        tx,
        username=username,
        display_name=name,
        email=f"{username}@{tx.home.host.partition(':')[0]}",
        password_hash=password_hash,
        is_admin=False,
        title=title,
        locale="en",
    )


def _present(tx: Tx, *, actor_id: int, name: str, title: str) -> Outcome[ActorRow]:
    return actor.update_profile(tx, actor_id, display_name=name, summary="", title=title)


async def _tie(cast: Sequence[_Company]) -> None:
    """The charter: offered by the host, approved by each company's IT, in force everywhere; then the members."""
    host, *others = cast
    made = await host.node.perform(
        partial(project.create, name=PROJECT, title=PROJECT_TITLE, purpose=PURPOSE)
    )
    for one in cast:
        for other in cast:
            if one is not other:
                await one.node.meet(other.site.domain)
    parties = [PartyTerms(other.site.domain, role=other.site.company.role) for other in others]
    offered = await host.node.perform(
        partial(
            charter.offer,
            project_iri=made.iri,
            parties=parties,
            purpose=PURPOSE,
            ends_at_ms=int((datetime.now(UTC) + timedelta(days=180)).timestamp() * 1000),
            indicators=("I1", "I2", "I5", "I7", "I9"),
        )
    )
    for other in others:
        await _until(partial(_charter_state, other, made.iri), "offered")
    # Only now: who has no offer yet does not know the party that says it has approved one.
    for other in others:
        await other.node.perform(partial(charter.approve, charter_iri=offered.iri, by="admin"))
    for company in cast:
        await _until(partial(_charter_state, company, made.iri), "live")
    for company in cast:
        for username, role in company.site.company.members:
            person = company.people[username]
            await company.node.perform(
                partial(member.add, project_iri=made.iri, actor_id=person.id, role=role)
            )
    await _until(partial(_distinct_heads, cast, made.iri), 1)


async def _charter_state(company: _Company, project_iri: str) -> str:
    found = await company.node.read(lambda tx: charters.of_project(tx, project_iri))
    return found[-1].state if found else ""


async def _distinct_heads(cast: Sequence[_Company], project_iri: str) -> int:
    held = [await company.node.read(lambda tx: log.heads(tx, project_iri)) for company in cast]
    return len({tuple(sorted(heads.items())) for heads in held})


async def _until(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (answer := await ask()) != wanted:
        if time.monotonic() > deadline:
            raise ConfigError(
                f"the demo's nodes do not agree ({answer!r} instead of {wanted!r}). Start it again: it begins anew"
            )
        await asyncio.sleep(0.01)


class _Story:
    """Plays the steps: each at its time, by its person, once all nodes hold what came before."""

    def __init__(self, cast: Sequence[_Company], clock: StoryClock, days: Sequence[datetime]) -> None:
        self._cast, self._clock, self._days = cast, clock, days
        self._home = {
            username: company for company in cast for username in company.people if username != "admin"
        }
        self._iris: dict[str, str] = {}
        self._project = ""

    async def play(self) -> None:
        """All steps, in order."""
        self._project = f"{self._cast[0].node.home.base}/projects/{PROJECT}"
        for step in STEPS:
            self._clock.go_to(moment_ms(self._days, step.day, step.at))
            await self._take(step)
            if not step.internal:
                await _until(partial(_distinct_heads, self._cast, self._project), 1)

    async def _take(self, step: Step) -> None:
        company = self._home[step.who]
        node, author = company.node, company.people[step.who]
        target = await self._target(company, step)
        if step.kind == "favourite":
            assert target is not None
            await node.perform(partial(reaction.favourite, gate=node.gate, actor=author, post_id=target))
        elif step.kind == "boost":
            assert target is not None
            await node.perform(partial(post.boost, gate=node.gate, author=author, post_id=target))
        else:
            picture = await self._picture(company, author) if step.picture else ()
            draft = PostDraft(
                step.text, in_reply_to_id=target, project=self._space(step, target), media_ids=picture
            )
            made = await node.perform(partial(post.publish, gate=node.gate, author=author, draft=draft))
            if step.key:
                self._iris[step.key] = made.iri

    def _space(self, step: Step, target: int | None) -> str | None:
        return None if step.internal or target is not None else self._project

    async def _target(self, company: _Company, step: Step) -> int | None:
        if not step.to:
            return None
        row = await company.node.read(partial(posts.by_iri, iri=self._iris[step.to]))
        return row.id if row else None

    async def _picture(self, company: _Company, author: ActorRow) -> tuple[int, ...]:
        picture = await asyncio.to_thread(media.accept, _photograph())
        await asyncio.to_thread(media.save, company.node.config.media_dir, picture)
        stored = await company.node.perform(
            partial(
                media.store,
                owner=author,
                picture=picture,
                description="Guard rail of the capper with a ruler: 20 mm of play",
                focus="",
            )
        )
        return (stored.id,)


def _photograph() -> bytes:
    """The guard rail, as far as a demo can draw it."""
    image = Image.new("RGB", (960, 540), "#cfd6d8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 360, 960, 540), fill="#8a9498")
    for x in (120, 460, 800):
        draw.rectangle((x, 180, x + 36, 440), fill="#5a6469")
    draw.rectangle((60, 170, 900, 210), fill="#e2b13c")
    draw.rectangle((60, 140, 900, 150), outline="#a8352b", width=3)
    draw.rectangle((560, 90, 620, 300), fill="#f4efe2", outline="#444444")
    for n in range(21):
        draw.line((560, 95 + n * 10, 575 if n % 5 else 590, 95 + n * 10), fill="#222222", width=2)
    draw.text((640, 150), "20 mm", fill="#a8352b")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
