"""What guided fuzzing begins with: real documents, and headers as servers send them."""

import json

from federation.vocabulary import CONTEXT
from tests.federation.vectors import CORPUS
from tests.scenarios.shapes import SHAPES

_HEADERS = (
    "<https://acme.example/projects/apollo>; acme.example=57:" + "a" * 64,
    'keyId="https://acme.example/actor#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="eA=="',
    'sig1=("@method" "@target-uri" "content-digest");created=1795600000;keyid="https://acme.example/actor#main-key"',
    "acct:apollo@acme.example",
    "https://acme.example:8443/people/alice?x=1#y",
    "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
)
_CHARTER = {
    "@context": CONTEXT,
    "id": "https://acme.example/charters/1",
    "type": "Charter",
    "attributedTo": "https://acme.example/actor",
    "name": "Apollo",
    "summary": "Build",
    "published": "2026-11-25T08:00:00Z",
    "version": 1,
    "project": {
        "id": "https://acme.example/projects/apollo",
        "type": "Group",
        "name": "Apollo",
        "preferredUsername": "apollo",
    },
    "parties": [
        {
            "type": "Party",
            "node": f"https://{name}.example/actor",
            "host": f"{name}.example",
            "inbox": f"https://{name}.example/inbox",
            "name": name,
            "role": role,
            "assertionMethod": [
                {
                    "id": f"https://{name}.example/actor#ed25519-key",
                    "type": "Multikey",
                    "controller": f"https://{name}.example/actor",
                    "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
                }
            ],
        }
        for name, role in (("acme", "host"), ("globex", "client"))
    ],
    "labelCeiling": "C1",
    "startTime": "2026-11-25T08:00:00Z",
    "retention": "P1Y",
    "indicators": [],
    "log": {"project": "https://acme.example/projects/apollo", "party": "acme.example", "seq": 1},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-25T08:00:00Z",
        "verificationMethod": "https://acme.example/actor#ed25519-key",
        "proofPurpose": "assertionMethod",
        "proofValue": "z3D2DEz6bNPRokwAk1zaJZBhEoqHxkU1gopybi6WPqjnFF1MmSpFKvHenjSvTVUpSkS5ZUgZtwKvFSiNWXN7wBDQm",
    },
}


def seeds() -> dict[str, bytes]:
    """Each by a name; the first byte says whether it is a header (h) or a document (d)."""
    captured = sorted(CORPUS.rglob("*.json")) if CORPUS.exists() else []
    documents = [json.dumps(shape).encode() for shape in (*SHAPES, _CHARTER)]
    documents += [body for path in captured if len(body := path.read_bytes()) < 8000]
    found = {f"document-{number}": b"d" + body for number, body in enumerate(documents)}
    return found | {f"header-{number}": f"h{header}".encode() for number, header in enumerate(_HEADERS)}
