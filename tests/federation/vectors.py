"""Where the published test vectors and captured documents lie when they are beside the checkout; elsewhere the tests' own cases stand alone."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from federation.keys import base58_decode

SHARED = Path(__file__).resolve().parents[3] / "shared"
VECTORS = SHARED / "vectors"
CORPUS = SHARED / "corpus"
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"  # of the published proofs; a secretKeyMultibase (multicodec 0x1300)
KEY = Ed25519PrivateKey.from_private_bytes(base58_decode(SECRET[1:])[2:])


def steps(feature: str, keyword: str) -> list[Any]:
    """The JSON blocks that follow a step beginning with `keyword` in a vendored .feature file, in order."""
    path = VECTORS / feature
    if not path.exists():
        return []
    parts = path.read_text().split('"""')
    return [
        json.loads(block)
        for before, block in zip(parts[::2], parts[1::2], strict=False)
        if keyword in before.rstrip().splitlines()[-1]
    ]
