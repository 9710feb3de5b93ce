"""Whatever way an app sends its parameters, the same tree comes out, and nothing without a bound."""

from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request, Response, json_response
from hypothesis import given
from hypothesis import strategies as st

from web import errors
from web.mastodon import params
from web.mastodon.params import Params, Upload

TREE = {"status": "Hé", "media_ids": ["1", "2"], "poll": {"options": ["a", "b"], "multiple": "true"}}
FORM = [
    ("status", "Hé"),
    ("media_ids[]", "1"),
    ("media_ids[]", "2"),
    ("poll[options][]", "a"),
    ("poll[options][]", "b"),
    ("poll[multiple]", "true"),
]


async def read(**sent: Any) -> tuple[int, Any]:
    """Status and tree of a request with this body."""

    async def handle(request: Request) -> Response:
        try:
            tree = (await params.of_body(request, limit_bytes=2000))._tree
        except errors.ApiError as error:
            return errors.answer(error)
        return json_response({k: list(v[:2]) if isinstance(v, Upload) else v for k, v in tree.items()})

    app = Application()
    app.router.add_post("/", handle)
    async with TestClient(TestServer(app)) as client, client.post(sent.pop("path", "/"), **sent) as answer:
        return answer.status, await answer.json()


async def test_a_form_a_multipart_form_json_and_a_query_say_the_same():
    multipart = FormData(default_to_multipart=True)
    for name, value in FORM:
        multipart.add_field(name, value)
    query = "&".join(f"{name}={value}" for name, value in FORM)
    for sent in ({"data": FORM}, {"data": multipart}, {"json": TREE}, {"path": f"/?{query}"}):
        assert await read(**sent) == (200, TREE)


async def test_a_file_comes_with_its_name_and_type():
    form = FormData()
    form.add_field("file", b"picture", filename="a.png", content_type="image/png")
    form.add_field("description", "what is on it")
    status, tree = await read(data=form)
    assert (status, tree) == (200, {"file": ["a.png", "image/png"], "description": "what is on it"})


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"x" * 3000}, 413),
        ({"json": {"status": "x" * 3000}}, 413),
        ({"data": b"[1]", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"\xff\xfe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"data": "&".join(f"a{n}=" for n in range(501)).encode()[:1999]}, 200),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(sent: dict[str, Any], status: int):
    assert (await read(**sent))[0] == status


def test_a_name_that_contradicts_an_earlier_one_does_not_replace_it():
    tree = params._nested([("a[b]", "1"), ("a", "2"), ("a[]", "3"), ("c", "4"), ("c[d]", "5")])
    assert tree == {"a": {"b": "1"}, "c": "4"}


def test_a_list_in_a_list_is_the_list_that_it_was_meant_to_be():
    assert params._nested([("ids[][]", "1"), ("ids[][]", "2")]) == {"ids": ["1", "2"]}


@given(st.lists(st.tuples(st.text(alphabet="ab[]", max_size=12), st.text(max_size=3)), max_size=20))
def test_no_name_breaks_the_reader(pairs: list[tuple[str, str]]):
    assert isinstance(params._nested(pairs), dict)


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ("true", True),
        (True, True),
        ("1", True),
        (1, True),
        ("on", True),
        ("false", False),
        (None, False),
        ("0", False),
    ],
)
def test_truth_is_read_from_what_apps_write(value: Any, flag: bool):
    assert Params({"x": value}).flag("x") is flag


@pytest.mark.parametrize("text", ["abc", "-1", "1.5", "", " 1", "٣", "9" * 30])
def test_what_cannot_be_an_id_is_the_id_of_nothing(text: str):
    with pytest.raises(errors.NotFound):
        params.as_id(text)
    assert Params({"x": [text, "7"]}).ids("x") == [7]


def test_a_list_where_a_text_belongs_is_an_error_that_names_the_field():
    with pytest.raises(errors.Invalid, match="Validation failed: status must be a text"):
        Params({"status": ["a"]}).text("status")


@pytest.mark.parametrize("value", [["1", "2"], {"0": "1", "1": "2"}])
def test_a_list_may_come_as_an_array_or_as_numbered_rows(value: Any):
    assert Params({"x": value}).texts("x") == ["1", "2"]
