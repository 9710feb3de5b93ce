"""A picture in a project's post: fetched once by each company with its signature, checked, and shown to its own people by a link that expires."""

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from instance.storage import media
from tests.nodes import Company, until
from tests.scenarios.app import STATUSES, Json, Phone, Rope
from tests.scenarios.pictures import PNG, a_picture
from tests.scenarios.raw import raw_answer, tapped

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR_MS = 3_600_000


async def with_picture(phone: Phone, text: str, data: bytes = PNG, description: str = "") -> Json:
    picture = await phone.upload(data, description=description)
    return await phone.say(text, media_ids=[picture["id"]])


async def shown(phone: Phone, uri: str) -> Json:
    """The picture of a post, once this person's node has it."""

    async def is_there() -> bool:
        return (await phone.sees(uri))["media_attachments"][0]["type"] == "image"

    await until(is_there)
    return (await phone.sees(uri))["media_attachments"][0]


async def fetched(phone: Phone, url: str, **options: Any) -> tuple[int, bytes]:
    """What an app's picture loader gets: it follows the link and sends no token."""
    async with phone.session.get(f"{phone.base}{path_of(url)}", **options) as response:
        return response.status, await response.read()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def picture_row(company: Company, post_uri: str) -> media.MediaRow:
    post = await company.find_post(post_uri)
    assert post is not None
    return (await company.node.read(lambda tx: media.of_posts(tx, [post.id])))[post.id][0]


async def test_partners_see_the_very_picture_with_its_description(rope: Rope):
    said = await with_picture(rope.alice, "@apollo The frame", description="The frame, seen from the left")
    (own,) = said["media_attachments"]
    status, original = await fetched(rope.alice, own["url"])
    assert status == 200
    for phone in (rope.bob, rope.carol):
        theirs = await shown(phone, said["uri"])
        assert theirs["url"].startswith(phone.company.config.base_url), "it is served by their own company"
        assert theirs["description"] == "The frame, seen from the left"
        assert theirs["meta"]["original"] == own["meta"]["original"]
        assert await fetched(phone, theirs["url"]) == (200, original)
        assert (await fetched(phone, theirs["preview_url"]))[0] == 200


async def test_what_arrives_has_the_digest_that_its_author_proved(rope: Rope):
    said = await with_picture(rope.bob, "@apollo From Globex", a_picture("crimson"))
    there = await shown(rope.alice, said["uri"])
    _, data = await fetched(rope.alice, there["url"])
    row = await picture_row(rope.globex, said["uri"])
    assert hashlib.sha256(data).hexdigest() == row.sha256


async def test_it_is_asked_for_with_a_signature_and_once(rope: Rope):
    async with tapped(rope.acme) as ours:
        said = await with_picture(rope.alice, "@apollo Signed for", a_picture("gold"))
        await shown(rope.bob, said["uri"])
        await shown(rope.beatriz, said["uri"])
        await shown(rope.carol, said["uri"])
    path = urlsplit((await picture_row(rope.acme, said["uri"])).iri).path
    asked = [part for part in ours.inward.split(b"GET ") if part.startswith(path.encode())]
    assert len(asked) == 2, "once by each company"
    assert all(b"\r\nsignature: " in request.lower() for request in asked)


async def test_a_picture_that_was_exchanged_on_the_way_is_not_shown(rope: Rope):
    await rope.globex.shut_door()
    said = await with_picture(rope.alice, "@apollo Look closely", a_picture("navy"))
    row = await picture_row(rope.acme, said["uri"])
    (rope.acme.config.media_dir / str(row.path)).write_bytes(a_picture("red"))
    await rope.globex.open_door()
    await rope.acme.node.try_now(rope.globex.host)
    await rope.bob.sees(said["uri"])

    async def state() -> str:
        return (await picture_row(rope.globex, said["uri"])).state

    await until(state, "broken")
    (theirs,) = (await rope.bob.sees(said["uri"]))["media_attachments"]
    assert (theirs["type"], theirs["url"]) == ("unknown", None)


async def test_without_the_signature_of_a_party_the_picture_never_was(rope: Rope):
    said = await with_picture(rope.alice, "@apollo For parties", a_picture("olive"))
    path = urlsplit((await picture_row(rope.acme, said["uri"])).iri).path
    there, never = [await raw_answer(rope.acme, "GET", asked) for asked in (path, "/media/1")]
    assert there == never
    assert there.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize(
    "changed", [{"key": ""}, {"key": "x" * 43}, {"until": "99999999999"}, {"until": ""}, {"until": "-1"}]
)
async def test_a_link_that_was_changed_opens_nothing(rope: Rope, changed: dict[str, str]):
    said = await with_picture(rope.alice, "@apollo A link", a_picture("plum"))
    url = urlsplit((await shown(rope.bob, said["uri"]))["url"])
    query = {name: values[0] for name, values in parse_qs(url.query).items()} | changed
    assert (await fetched(rope.bob, f"{url.path}?{urlencode(query)}"))[0] == 404


async def test_the_link_of_one_picture_opens_no_other_and_none_at_another_company(rope: Rope):
    one, two = [
        (await with_picture(rope.alice, f"@apollo {colour}", a_picture(colour)))["media_attachments"][0]
        for colour in ("black", "white")
    ]
    query = urlsplit(one["url"]).query
    assert (await fetched(rope.alice, f"{urlsplit(two['url']).path}?{query}"))[0] == 404
    assert (await fetched(rope.bob, one["url"]))[0] == 404
    assert (await fetched(rope.alice, one["url"]))[0] == 200


async def test_a_link_dies_and_who_looks_again_gets_a_new_one(rope: Rope):
    said = await with_picture(rope.alice, "@apollo For a while", a_picture("coral"))
    old = (await shown(rope.bob, said["uri"]))["url"]
    assert (await fetched(rope.bob, old))[0] == 200
    rope.clock.ahead_ms += 3 * HOUR_MS
    assert (await fetched(rope.bob, old))[0] == 404
    new = (await shown(rope.bob, said["uri"]))["url"]
    assert new != old
    assert (await fetched(rope.bob, new))[0] == 200


async def test_colleagues_outside_get_no_link(rope: Rope):
    said = await with_picture(rope.alice, "@apollo Not for all", a_picture("tan"))
    theirs = await shown(rope.bob, said["uri"])
    assert await rope.zach.read(said["uri"]) is None
    assert (await rope.zach.call("GET", f"/api/v1/media/{theirs['id']}")).status == 404


async def test_a_deleted_posts_picture_is_gone_at_every_company(rope: Rope):
    said = await with_picture(rope.alice, "@apollo By mistake", a_picture("indigo"))
    there = await shown(rope.bob, said["uri"])
    own = said["media_attachments"][0]
    await rope.alice.delete(said)
    await rope.bob.sees_no_more(said["uri"])
    assert (await fetched(rope.bob, there["url"]))[0] == 404
    assert (await fetched(rope.alice, own["url"]))[0] == 404


async def test_where_the_camera_stood_does_not_leave(rope: Rope):
    photo = a_picture("khaki", exif=True)
    assert b"Kestrel hangar" in photo
    said = await with_picture(rope.alice, "@apollo A photograph", photo)
    _, data = await fetched(rope.bob, (await shown(rope.bob, said["uri"]))["url"])
    assert b"Kestrel hangar" not in data


async def test_a_picture_of_another_person_cannot_be_attached(rope: Rope):
    picture = await rope.alice.upload(PNG)
    for phone in (rope.amine, rope.zoe):
        answer = await phone.try_to_say("mine now", media_ids=[picture["id"]])
        assert (answer.status, answer.content["rule"]) == (422, "no_such_media")
    assert (await rope.alice.call("GET", f"{STATUSES}/{picture['id']}")).status == 404
