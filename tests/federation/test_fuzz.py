"""Whatever comes, what reads it answers with a value or an error of our own."""

from hypothesis import given
from hypothesis import strategies as st

from federation.document import Document
from tests.fuzz.readers import read_document, read_headers
from tests.fuzz.shapes import VALUES, body_of, broken


@given(broken())
def test_a_document_in_which_something_else_stands_is_read_or_refused(document: Document):
    read_document(body_of(document))


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_any_object_is_read_or_refused(document: Document):
    read_document(body_of(document))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes):
    read_document(body)
    read_headers(body)
