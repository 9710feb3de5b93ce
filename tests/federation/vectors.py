"""Where the published test vectors and captured documents lie when they are beside the checkout; elsewhere the tests' own cases stand alone."""

import json
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared"
VECTORS = SHARED / "vectors"
CORPUS = SHARED / "corpus"


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
