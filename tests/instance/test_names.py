"""Names: every spelling of an id has one name, and no spelling hides it."""

import html
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from instance import names

OWN = "acme.example"
POST = "acme.example/posts/17"


def found(content: object, own: str = OWN) -> frozenset[str]:
    return names.names_in(content, own_host=own)


def u_escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def decimal(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def hexadecimal(text: str) -> str:
    return "".join(f"&#x{ord(character):X};" for character in text)


def fullwidth(text: str) -> str:
    return "".join(
        chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text
    )


DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "upper case": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "every octet": lambda text: "".join(f"%{octet:02x}" for octet in text.encode()),
    "slashes escaped": lambda text: text.replace("/", "\\/"),
    "backslashes": lambda text: text.replace("/", "\\"),
    "u escapes": u_escaped,
    "u escapes twice": lambda text: u_escaped(text).replace("\\", "\\\\"),
    "html": html.escape,
    "decimal entities": decimal,
    "decimal entities twice": lambda text: html.escape(decimal(text)),
    "hexadecimal entities": hexadecimal,
    "entities without semicolon": lambda text: text.replace(".", "&#46"),
    "named entities": lambda text: (
        text.replace("/", "&sol;").replace(".", "&period;").replace("@", "&commat;")
    ),
    "zero width": "\u200b".join,
    "soft hyphens": lambda text: text.replace("e", "e\u00ad"),
    "byte order marks": "\ufeff".join,
    "fullwidth": fullwidth,
    "ideographic dots": lambda text: text.replace(".", "\u3002"),
    "in a JSON string": lambda text: json.dumps(json.dumps({"id": text})),
    "in an attribute": lambda text: f'<a href="{html.escape(text)}">here</a>',
    "in a query": lambda text: f"https://globex.example/share?u={quote(text, safe='')}#x",
    "in a path": lambda text: f"https://globex.example/proxy/{text}",
    "in a sentence": lambda text: f"(see {text}).",
    "in markdown": lambda text: f"[{text}]({text})",
    "in emphasis": lambda text: f"**{text}**",
}
SPELLINGS = (
    "https://acme.example/posts/17",
    "http://acme.example/posts/17/",
    "web+ap://acme.example/posts/17",
    "//acme.example/posts/17",
    "acme.example/posts/17",
    "https://acme.example:8443/posts/17",
    "https://alice:secret@acme.example/posts/17",
    "https://acme.example./posts/17",
    "https://acme.example//posts///17",
    "https://acme.example/static/../posts/./17",
    f"https://acme.example{'/.' * 1000}/posts/17",
    "https://acme.example/posts/17?page=1#main",
    "https://acme.example/posts/17/activity",
)


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_disguise_hides_no_spelling_of_an_id(spelling: str, disguise: str):
    assert POST in found({"type": "Note", "content": DISGUISES[disguise](spelling)})


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(
    "spelling",
    [
        "@alice@acme.example",
        "alice@acme.example",
        "acct:alice@acme.example",
        "https://acme.example/people/alice",
    ],
)
def test_a_disguise_hides_no_spelling_of_a_person(spelling: str, disguise: str):
    assert "@alice@acme.example" in found({"type": "Note", "content": DISGUISES[disguise](spelling)})


# How an address may be written, then how a text may be wrapped that has it: an escape in capitals is none any more.
WRITTEN = ("as it is", "upper case", "backslashes")
WRAPPED = sorted(DISGUISES.keys() - WRITTEN)


@settings(max_examples=300)
@given(
    spelling=st.sampled_from(["https://acme.example/posts/17", "acme.example/posts/17"]),
    written=st.sampled_from(WRITTEN),
    wrapped=st.lists(st.sampled_from(WRAPPED), max_size=3),
)
@example("https://acme.example/posts/17", "backslashes", ["named entities"])
@example("https://acme.example/posts/17", "backslashes", ["entities without semicolon", "u escapes"])
def test_no_disguise_over_another_hides_an_id(spelling: str, written: str, wrapped: list[str]):
    for disguise in (written, *wrapped):
        spelling = DISGUISES[disguise](spelling)
    assert POST in found({"type": "Note", "content": spelling})


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize(
    "host", ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example", "bu\u0308cher.example"]
)
@pytest.mark.parametrize("own", ["bücher.example", "xn--bcher-kva.example:8443"])
def test_a_host_in_letters_and_in_punycode_is_one(own: str, host: str, disguise: str):
    assert "bücher.example/posts/17" in found([DISGUISES[disguise](f"https://{host}/posts/17")], own)


@pytest.mark.parametrize(
    "content",
    [
        "https://acme.exam<b>ple/posts/17</b>",
        "https://acme.example<wbr>/posts/17",
        "https://acme.\nexample/posts/17",
        '<a href="https://ac\tme.example/posts/17">',
    ],
)
def test_markup_and_line_breaks_inside_our_host_hide_nothing(content: str):
    assert POST in found(content)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("https://acme.example/projects/apollo\nThanks", "acme.example/projects/apollo"),
        ("<p>https://acme.example/projects/apollo</p><p>Thanks</p>", "acme.example/projects/apollo"),
        ("https://acme.example/projects/apollo…", "acme.example/projects/apollo"),
        ("„https://acme.example/projects/apollo“", "acme.example/projects/apollo"),
        ("https://acme.example/projects/apollo, then", "acme.example/projects/apollo"),
    ],
)
def test_what_stands_around_an_id_does_not_belong_to_it(content: str, name: str):
    assert found(content) == {name}


@pytest.mark.parametrize(
    "content",
    ["https://notacme.example/posts/17", "https://www.acme.example/posts/17", "x-acme.example/posts/17"],
)
def test_another_host_that_ends_like_ours_is_another_host(content: str):
    assert not any(names.is_own(name, OWN) for name in found(content))


@pytest.mark.parametrize("content", ["50 % of it", "a@b", "acme.example", "C:\\temp", "x &amp; y", "", "17"])
def test_words_are_no_names_of_ours(content: str):
    assert not any(names.is_own(name, OWN) for name in found(content))


@pytest.mark.parametrize("part", sorted(names.PARTS))
def test_what_belongs_to_a_person_has_the_persons_name(part: str):
    assert names.canonical(f"https://acme.example/people/alice/{part}") == "@alice@acme.example"


def test_what_belongs_to_a_node_has_the_nodes_name():
    assert names.canonical("https://acme.example/actor/outbox") == "acme.example/actor"


def test_a_person_may_be_called_like_a_part():
    assert names.canonical("https://acme.example/people/inbox") == "@inbox@acme.example"


@pytest.mark.parametrize(
    "spelling",
    [
        "https://globex.example/posts/5",
        "http://u:p@globex.example:8443/posts/5?x#y",
        "//GLOBEX.example./posts//5/",
        "https:\\/\\/globex.example\\/posts\\/5",
    ],
)
def test_a_partners_thing_has_one_name_too(spelling: str):
    assert names.canonical(spelling) == "globex.example/posts/5"
    assert "globex.example/posts/5" in found(f"({spelling})")


def test_a_node_is_called_by_its_host_with_the_port_or_without():
    for handle in ("acme.example:7001@acme.example:7001", "acme.example@acme.example"):
        assert found(f"acct:{handle}", "acme.example:7001") == {"@acme.example@acme.example"}


def test_a_person_may_be_called_by_a_number():
    assert found("acct:7001@acme.example", "acme.example:7001") == {"@7001@acme.example"}


def test_keys_and_nesting_hide_nothing():
    assert POST in found({"a": [{"b": {"https://acme.example/posts/17": [[]]}}]})


def test_a_repeated_key_of_json_bytes_hides_nothing():
    assert POST in found(b'{"id": "https:\\/\\/acme.example\\/posts\\/17", "id": "x"}')


@pytest.mark.parametrize("text", ["[see] {}", '["a"] {}', '{{"a": 1}} {}'])
def test_a_text_that_begins_like_json_is_read_as_a_text(text: str):
    assert POST in found(text.format("https://acme.example/posts/17"))


def test_an_escaped_line_break_in_json_bytes_ends_a_name():
    assert found(b'{"source": "acme.example/projects/apollo\\nThanks"}') == {"acme.example/projects/apollo"}


def test_what_is_escaped_without_end_has_a_name_that_nobody_knows():
    escaped = "https://acme.example/posts/17"
    for _ in range(names.ROUNDS + 5):
        escaped = quote(escaped, safe="")
    assert f"{OWN}/{names.UNREADABLE}" in found(escaped)


def test_an_iri_without_a_host_has_no_name():
    with pytest.raises(ValueError, match="not the name of anything"):
        names.canonical("urn:uuid:1")


@given(
    st.from_regex(
        r"https?://[a-z]{1,8}\.example(:\d{2,4})?(/[A-Za-z0-9._~%!()'\-]{0,9}){0,4}", fullmatch=True
    )
)
def test_the_name_under_which_a_thing_is_kept_is_found_in_its_iri(iri: str):
    assert names.canonical(iri) in found({"id": iri})


@given(
    st.recursive(
        st.text() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9
    )
)
def test_anything_at_all_can_be_read(content: object):
    assert all(name.isprintable() or name for name in found({"x": content}))


@given(
    before=st.text(),
    after=st.text(
        alphabet=st.characters(exclude_categories=["L", "N", "Cs"], exclude_characters="/%:~@+=-_.&\\")
    ),
)
def test_an_id_is_found_between_any_other_text(before: str, after: str):
    assert POST in found(f"{before} https://acme.example/posts/17{after}")


@pytest.mark.parametrize(
    "bit",
    ["a", "/", "@", "<", "%25", "&#x2", "\\", "\\u00", "//a", "//a/", "a@", "a@b.", "acme.example", "."],
)
def test_a_hostile_text_twice_as_long_does_not_take_four_times_as_long(bit: str):
    once, twice = (min(seconds(bit * count) for _ in range(3)) for count in (10_000, 20_000))
    assert twice < 3 * once + 0.01


def seconds(text: str) -> float:
    began = time.process_time()
    found(text)
    return time.process_time() - began
