"""Pictures: proven by decoding, stripped of what they carry besides pixels, and given out by a link that expires."""

import hashlib
import io
import re
import resource

import pytest
from PIL import Image, ImageDraw

from instance.domain import media, picture, post, post_inbound
from instance.domain.compose import PostDraft
from instance.errors import BadInput, CannotPublish, NotFound, NotNow
from instance.events import MediaWanted, PostChanged
from instance.storage import media as rows

from .posting import GATE, GLOBEX, a_note, a_person, an_activity, incoming, publish, take

CREATE = (post_inbound.verify_create, post_inbound.apply_create)
UPDATE = (post_inbound.verify_update, post_inbound.apply_update)
ORIENTATION, GPS = 0x0112, 0x8825


def a_file(form="JPEG", size=(60, 40), mode="RGB", **options):
    image = Image.new(mode, size)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1]), fill=None if mode == "1" else "white")
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def a_stored(tx, owner, **words):
    return media.store(tx, owner, media.accept(a_file()), **words).value


# Taking in


@pytest.mark.parametrize(
    ("form", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("WEBP", "RGB"),
        ("AVIF", "RGB"),
    ],
)
def test_a_picture_is_taken_in_with_what_is_known_of_it(form, mode):
    taken = media.accept(a_file(form, mode=mode))
    assert (taken.width, taken.height, taken.media_type) == (60, 40, f"image/{form.lower()}")
    assert opened(taken.data).size == (60, 40)
    assert taken.sha256 == hashlib.sha256(taken.data).hexdigest()
    assert re.fullmatch(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{28}", taken.blurhash)


def test_an_upload_loses_its_metadata():
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif[GPS] = {1: "N"}
    taken = media.accept(a_file(exif=exif.tobytes(), comment=b"a secret"))
    assert (len(opened(taken.data).getexif()), b"secret" in taken.data) == (0, False)


def test_an_upload_is_turned_upright():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    taken = media.accept(a_file(exif=exif.tobytes()))
    assert (taken.width, taken.height, opened(taken.data).size) == (40, 60, (40, 60))


def test_a_large_upload_is_scaled_down_and_its_preview_more_so():
    taken = media.accept(a_file("PNG", size=(5000, 100)))
    assert (taken.width, opened(taken.preview).width) == (picture.SIDE_LIMIT_PX, picture.PREVIEW_SIDE_PX)


@pytest.mark.parametrize(
    ("form", "kind"), [("GIF", "image/gif"), ("WEBP", "image/webp"), ("PNG", "image/png")]
)
def test_an_animation_stays_one(form, kind):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, form, save_all=True, append_images=frames[1:], duration=50, loop=0)
    taken = media.accept(out.getvalue())
    assert (taken.media_type, opened(taken.data).n_frames) == (kind, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        a_file("PNG")[:60],
        a_file("BMP"),
        b"\x89PNG\r\n\x1a\n" + b"0" * 100,
    ],
)
def test_what_is_no_whole_picture_of_a_known_kind_is_refused(data):
    with pytest.raises(BadInput) as caught:
        media.accept(data)
    assert caught.value.field == "file"


def test_too_many_bytes_are_refused():
    with pytest.raises(BadInput, match="16 MiB"):
        media.accept(a_file() + b"0" * media.UPLOAD_LIMIT_BYTES)


@pytest.mark.parametrize("size", [(8000, 7000), (20000, 10000)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size):
    with pytest.raises(BadInput, match="million pixels"):
        media.accept(a_file("PNG", size=size, mode="1"))


# Keeping


def test_a_picture_lies_under_the_name_of_its_content(tmp_path):
    taken = media.accept(a_file())
    media.save(tmp_path, taken)
    media.save(tmp_path, taken)
    path = media.path_of(taken.sha256, taken.media_type)
    assert (tmp_path / path).read_bytes() == taken.data
    assert (tmp_path / media.preview_of(path)).read_bytes() == taken.preview
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 2


def test_what_a_full_disk_does_not_take_is_not_now_and_leaves_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (100, hard)
    )  # no file may have more bytes: what a full disk is like
    try:
        with pytest.raises(NotNow, match="disk_full"):
            media.save(tmp_path, media.accept(a_file()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
    media.save(tmp_path, media.accept(a_file()))


def test_a_file_that_no_picture_needs_is_removed_once_it_is_old(tmp_path):
    taken = media.accept(a_file())
    media.save(tmp_path, taken)
    assert media.stored(tmp_path, before_s=0) == []
    assert media.stored(tmp_path, before_s=1e12) == [media.path_of(taken.sha256, "image/jpeg")]
    media.discard(tmp_path, media.stored(tmp_path, before_s=1e12), before_s=1e12)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_file_that_is_written_again_before_it_is_removed_stays(tmp_path):
    taken = media.accept(a_file())
    media.save(tmp_path, taken)
    found = media.stored(tmp_path, before_s=1e12)
    media.discard(tmp_path, [*found, "aa/gone.png"], before_s=1)
    assert media.stored(tmp_path, before_s=1e12) == found


def test_an_upload_is_its_owners_alone(tx, alice):
    row = a_stored(tx, alice, description="a plan")
    assert rows.owned(tx, alice.id, [row.id]) == [row]
    assert rows.owned(tx, a_person(tx, "carol").id, [row.id]) == []


def test_the_words_for_a_picture_can_be_changed_until_a_post_takes_it(tx, alice):
    row = a_stored(tx, alice)
    assert media.describe(tx, alice, row.id, description="a plan", focus="0,0").description == "a plan"
    publish(tx, alice, "look", media_ids=(row.id,))
    with pytest.raises(NotFound):
        media.describe(tx, alice, row.id, description="another", focus="")


def test_too_long_a_description_is_refused(tx, alice):
    with pytest.raises(BadInput, match="1500"):
        a_stored(tx, alice, description="x" * 1501)


@pytest.mark.parametrize("focus", ["2,0", "a,b", "0", "0,0,0", "nan,0"])
def test_a_focus_out_of_form_is_refused(tx, alice, focus):
    with pytest.raises(BadInput) as caught:
        a_stored(tx, alice, focus=focus)
    assert caught.value.field == "focus"


# In posts


def test_a_picture_alone_is_a_post(tx, alice):
    row = publish(tx, alice, "", media_ids=(a_stored(tx, alice).id,))
    assert len(rows.of_posts(tx, [row.id])[row.id]) == 1


def test_pictures_keep_the_order_asked_for(tx, alice):
    first, second = a_stored(tx, alice), a_stored(tx, alice)
    row = publish(tx, alice, "x", media_ids=(second.id, first.id))
    assert [picture.id for picture in rows.of_posts(tx, [row.id])[row.id]] == [second.id, first.id]


@pytest.mark.parametrize("whose", ["another's", "taken"])
def test_a_picture_that_is_not_free_cannot_be_attached(tx, alice, whose):
    row = a_stored(tx, a_person(tx, "carol") if whose == "another's" else alice)
    if whose == "taken":
        publish(tx, alice, "x", media_ids=(row.id,))
    with pytest.raises(CannotPublish) as caught:
        publish(tx, alice, "y", media_ids=(row.id,))
    assert caught.value.field == "media_ids"


def test_a_projects_post_vouches_for_the_bytes_of_its_picture(tx, alice, apollo):
    row = a_stored(tx, alice, description="a plan")
    (draft,) = post.publish(tx, GATE, alice, PostDraft("@apollo look", media_ids=(row.id,))).drafts
    (image,) = draft.activity["object"]["attachment"]
    assert (image["url"], image["digestMultibase"], image["name"]) == (
        row.iri,
        f"f1220{row.sha256}",
        "a plan",
    )


def test_a_description_that_names_an_internal_thing_cannot_go_into_a_project(tx, alice, apollo):
    secret = publish(tx, alice, "internal")
    row = a_stored(tx, alice, description=f"see {secret.iri}")
    with pytest.raises(CannotPublish):
        publish(tx, alice, "@apollo look", media_ids=(row.id,))


def test_an_edit_keeps_the_pictures_it_names_and_drops_the_others(tx, alice):
    kept, dropped, new = (a_stored(tx, alice) for _ in range(3))
    row = publish(tx, alice, "x", media_ids=(kept.id, dropped.id))
    post.edit(tx, GATE, alice, row.id, PostDraft("x", media_ids=(new.id, kept.id)))
    assert [picture.id for picture in rows.of_posts(tx, [row.id])[row.id]] == [new.id, kept.id]
    assert rows.by_id(tx, dropped.id) is None


def test_deleting_a_post_forgets_its_pictures_and_says_which_files_are_free(tx, alice):
    row = a_stored(tx, alice)
    gone = publish(tx, alice, "x", media_ids=(row.id,))
    assert rows.paths_in_use(tx, [row.path]) == {row.path}
    post.delete(tx, alice, gone.id)
    assert rows.paths_in_use(tx, [row.path]) == frozenset()


# Partners' pictures


def an_image(data, **changes):
    return {
        "type": "Image",
        "url": f"https://{GLOBEX}/media/1",
        "mediaType": "image/jpeg",
        "size": len(data),
        "digestMultibase": f"f1220{hashlib.sha256(data).hexdigest()}",
        **changes,
    }


def wanted(tx, bob, apollo, data):
    take(tx, CREATE, incoming(an_activity("Create", bob, a_note(bob, attachment=an_image(data))), apollo))
    (row,) = rows.wanted(tx)
    return row


def test_a_partners_picture_is_wanted_and_then_here(tx, bob, apollo):
    data = a_file()
    row = wanted(tx, bob, apollo, data)
    assert MediaWanted(row.id) in tx.events
    media.receive(tx, row.id, media.check_fetched(row, data))
    after = rows.by_id(tx, row.id)
    assert (after.state, after.width, after.path) == ("ready", 60, media.path_of(row.sha256, "image/jpeg"))
    assert tx.events[-1] == PostChanged(row.post_id)


def test_a_partners_picture_is_kept_byte_for_byte(tx, bob, apollo):
    data = a_file(comment=b"theirs")
    assert media.check_fetched(wanted(tx, bob, apollo, data), data).data == data


def test_other_bytes_than_the_post_was_signed_with_are_refused(tx, bob, apollo):
    row = wanted(tx, bob, apollo, a_file())
    with pytest.raises(BadInput, match="signed"):
        media.check_fetched(row, a_file(size=(61, 40)))


def test_signed_bytes_that_are_no_picture_are_refused(tx, bob, apollo):
    data = b"<html>not a picture</html>"
    with pytest.raises(BadInput):
        media.check_fetched(wanted(tx, bob, apollo, data), data)


def test_a_picture_of_another_kind_than_its_post_says_is_refused(tx, bob, apollo):
    data = a_file("PNG")
    with pytest.raises(BadInput, match="image/png"):
        media.check_fetched(wanted(tx, bob, apollo, data), data)


def test_a_picture_that_failed_is_broken_and_wanted_no_more(tx, bob, apollo):
    row = wanted(tx, bob, apollo, a_file())
    media.receive(tx, row.id, None)
    assert (rows.by_id(tx, row.id).state, rows.wanted(tx)) == ("broken", [])


def test_what_comes_for_a_picture_that_is_gone_is_dropped(tx):
    media.receive(tx, 1, None)
    assert rows.by_id(tx, 1) is None


def test_a_partners_edit_wants_only_the_new_pictures(tx, bob, apollo):
    data = a_file()
    note = a_note(bob, attachment=[an_image(data)], published="2026-01-01T00:00:00Z")
    take(tx, CREATE, incoming(an_activity("Create", bob, note), apollo))
    second = an_image(data, url=f"https://{GLOBEX}/media/2")
    note |= {"attachment": [*note["attachment"], second], "updated": "2026-01-02T00:00:00Z"}
    take(tx, UPDATE, incoming(an_activity("Update", bob, note), apollo))
    assert len([event for event in tx.events if isinstance(event, MediaWanted)]) == 2


# Links


def test_a_link_opens_its_picture_until_its_time():
    token = media.link_token(b"k", 7, 1000)
    assert media.check_link(b"k", 7, 1000, token=token, now_s=999)
    assert not media.check_link(b"k", 7, 1000, token=token, now_s=1000)


@pytest.mark.parametrize(("key", "media_id", "expires"), [(b"x", 7, 1000), (b"k", 8, 1000), (b"k", 7, 1001)])
def test_a_link_opens_nothing_else(key, media_id, expires):
    token = media.link_token(b"k", 7, 1000)
    assert not media.check_link(key, media_id, expires, token=token, now_s=1)


def test_a_token_of_any_shape_is_only_wrong():
    assert not media.check_link(b"k", 7, 1000, token="é", now_s=1)


def test_a_portrait_is_not_tidied_away_as_an_upload_that_no_post_took(tx, alice):
    taken = media.accept(a_file())
    free, portrait = (
        media.store(tx, alice, taken).value,
        media.store_for(tx, alice, taken, purpose="avatar"),
    )
    rows.forget_free(tx, before_ms=tx.now_ms + 1)
    assert (rows.by_id(tx, free.id), rows.by_id(tx, portrait.id)) == (None, portrait)
