"""Fuzzing that is guided by coverage: `make fuzz` looks for bytes that a reader cannot stand, for as long as it is let.

What breaks a reader is written into the folder `.fuzz` as a file, and run again with `make fuzz CASE=.fuzz/crash-…`.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["federation", "instance.domain.note", "instance.domain.charter_document"]
):
    from tests.fuzz.readers import read_document, read_headers

from tests.fuzz.seeds import seeds

FOUND = Path(".fuzz")


def read(data: bytes) -> None:
    """One try: the first byte says whether it is a header or a document."""
    (read_headers if data[:1] == b"h" else read_document)(data[1:])


def main() -> None:
    """Write what to begin with, and run until stopped. Arguments are libFuzzer's."""
    corpus = FOUND / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, body in seeds().items():
        (corpus / name).write_bytes(body)
    atheris.Setup(
        [sys.argv[0], f"-artifact_prefix={FOUND}/", "-max_len=8192", *sys.argv[1:], str(corpus)], read
    )
    atheris.Fuzz()


main()
