"""Films and sound: known by their bytes, measured without a decoder, and without what they tell besides picture and sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.domain import film
from instance.errors import BadInput
from tests.films import PLACE, SAMPLES, TELEMETRY, TURNED, a_film, a_sound, box, number, track


def taken(data: bytes) -> film.Film:
    return film.renewed(data, film.sniff(data) or "none")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (a_film(), "video/mp4"),
        (a_film(brand=b"qt  "), "video/quicktime"),
        (a_film(brand=b"M4A ", size=(0, 0)), "audio/mp4"),
        (a_sound(), "audio/wav"),
        (b"ID3\x04" + bytes(60), "audio/mpeg"),
        (b"OggS" + bytes(60), "audio/ogg"),
        (b"fLaC" + bytes(60), "audio/flac"),
        (b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + bytes(60), "video/webm"),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_recording_is_known_by_its_first_bytes(data: bytes, kind: str | None):
    assert film.sniff(data) == kind


def test_a_film_is_measured_without_a_decoder():
    known = taken(a_film(size=(640, 360), duration_ms=88_650))
    assert (known.media_type, known.width, known.height, known.duration_ms) == ("video/mp4", 640, 360, 88_650)


def test_a_film_that_is_turned_by_a_quarter_is_measured_as_it_is_shown():
    known = taken(a_film(size=(640, 360), turn=TURNED))
    assert (known.width, known.height) == (360, 640)


def test_a_film_without_a_picture_is_sound():
    assert taken(a_film(size=(0, 0))).media_type == "audio/mp4"


def test_what_a_film_tells_of_place_and_person_is_gone_and_no_offset_has_changed():
    data = a_film()
    bare = taken(data).data
    assert data.count(PLACE) == 3
    assert PLACE not in bare
    assert len(bare) == len(data)
    assert bare.index(SAMPLES) == data.index(SAMPLES)
    assert taken(bare).data == bare


def test_a_track_of_places_is_gone_with_its_samples_and_the_picture_stays():
    data = a_film(telemetry=True)
    bare = taken(data).data
    assert TELEMETRY in data
    assert TELEMETRY not in bare
    assert SAMPLES in bare


def test_a_partners_film_stays_as_its_post_was_signed_with():
    data = a_film()
    assert film.measured(data, "video/mp4").data == data


def test_a_film_larger_than_apps_can_show_is_refused():
    with pytest.raises(BadInput, match="3840"):
        taken(a_film(size=(4096, 4096)))


@pytest.mark.parametrize(
    "data",
    [
        a_film()[:-9],
        a_film()[:40],
        box(b"ftyp", b"isom", number(512)),
        a_film() + box(b"free") * 20_001,
    ],
    ids=["cut at the end", "cut in the middle", "no head", "too many boxes"],
)
def test_a_damaged_film_is_refused(data: bytes):
    with pytest.raises(BadInput, match="damaged"):
        film.renewed(data, "video/mp4")


def test_a_table_that_names_the_same_bytes_again_and_again_is_refused():
    table = (
        box(b"stco", number(0, 100, *[40] * 100))
        + box(b"stsc", number(0, 1, 1, 9, 1))
        + box(b"stsz", number(0, 50, 0))
    )
    moov = box(b"moov", box(b"mvhd", number(0, 0, 0, 1000, 1)), track(b"meta", table=table))
    with pytest.raises(BadInput, match="damaged"):
        film.renewed(box(b"ftyp", b"isom", number(512)) + moov, "video/mp4")


def test_boxes_in_boxes_end_somewhere():
    nested = box(b"mvhd", number(0, 0, 0, 1000, 1))
    for _ in range(5000):
        nested = box(b"moov", nested)
    with pytest.raises(BadInput, match="damaged"):
        film.renewed(nested, "video/mp4")


@given(st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_a_film_with_any_bytes_in_it_is_taken_or_refused_and_nothing_else(at: int, noise: bytes):
    data = a_film(telemetry=True)
    try:
        known = film.renewed(data[:at] + noise + data[at + len(noise) :], "video/mp4")
    except BadInput:
        return
    assert len(known.data) >= len(data)


def flac(rate: int, samples: int) -> bytes:
    return b"fLaC" + bytes(14) + (rate << 44 | samples).to_bytes(8, "big") + bytes(40)


def ogg(head: bytes, samples: int) -> bytes:
    page = b"OggS" + bytes(24) + head
    return page + bytes(40) + b"OggS" + bytes(2) + samples.to_bytes(8, "little") + bytes(20)


@pytest.mark.parametrize(
    ("data", "duration_ms"),
    [
        (a_sound(seconds=3), 3000),
        (flac(44_100, 44_100 * 2), 2000),
        (ogg(b"OpusHead", 48_000 * 4), 4000),
        (ogg(b"\x01vorbis" + bytes(5) + (8000).to_bytes(4, "little"), 4000), 500),
        (b"ID3\x04" + bytes(60), 0),
        (b"fLaC" + bytes(60), 0),
        (b"OggS" + bytes(60), 0),
        (a_sound(seconds=0), 0),
    ],
)
def test_how_long_a_sound_lasts_is_read_where_its_head_says_so(data: bytes, duration_ms: int):
    assert taken(data).duration_ms == duration_ms
