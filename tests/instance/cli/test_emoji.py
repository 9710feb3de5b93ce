"""`cordee emoji`: made of a file, listed, taken away."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.instance.cli.console import Console


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "crane.png"
    Image.new("RGB", (16, 16), "red").save(path)
    return path


def test_an_emoji_is_made_of_a_file_and_taken_away(cordee: Console, picture: Path):
    assert cordee.good(f"emoji add crane {picture} --category Site --unlisted") == ":crane:\n"
    (row,) = json.loads(cordee.good("emoji list --json"))
    assert (row["shortcode"], row["category"], row["listed"], row["kind"]) == (
        "crane",
        "Site",
        "no",
        "image/png",
    )
    assert list((cordee.data / "media").glob("*/*.png"))
    assert "no longer" in cordee.good("emoji remove :crane:")
    assert json.loads(cordee.good("emoji list --json")) == []


def test_a_name_is_given_once(cordee: Console, picture: Path):
    cordee.good(f"emoji add crane {picture}")
    assert "Remove it first" in cordee.bad(f"emoji add crane {picture}")


@pytest.mark.parametrize("name", ["a", "no-dash", "é" * 3])
def test_a_name_that_nobody_could_write_is_refused(cordee: Console, picture: Path, name: str):
    assert cordee.bad(f"emoji add {name} {picture}").startswith("cordee: shortcode:")


def test_what_is_no_emoji_cannot_be_taken_away(cordee: Console):
    assert cordee.bad("emoji remove crane") == "cordee: There is no such emoji."
