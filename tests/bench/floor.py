"""The machine's floor: a bare aiohttp handler that reads a body, checks its digest and an RSA signature, and inserts a row in SQLite.

Run as `python -m tests.bench.floor PORT`; the bench drives it as it drives a node, so that figures can be read against it.
"""

import hashlib
import sqlite3
import sys
import tempfile

import uvloop
from aiohttp.web import Application, Request, Response, run_app
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

KEY = generate_private_key(public_exponent=65537, key_size=2048)
SIGNED = b"(request-target): post /inbox"
SIGNATURE = KEY.sign(SIGNED, PKCS1v15(), SHA256())


def application(path: str) -> Application:
    """The bare server on a database of its own."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE row (digest TEXT PRIMARY KEY, body BLOB)")

    async def inbox(request: Request) -> Response:
        body = await request.read()
        digest = hashlib.sha256(body).hexdigest()
        KEY.public_key().verify(SIGNATURE, SIGNED, PKCS1v15(), SHA256())
        database.execute("INSERT OR IGNORE INTO row VALUES (?, ?)", (digest, body))
        return Response(status=202)

    app = Application()
    app.router.add_post("/inbox", inbox)
    app.router.add_get("/", lambda _: Response(text="ok"))
    return app


if __name__ == "__main__":
    uvloop.install()
    with tempfile.TemporaryDirectory() as directory:
        run_app(
            application(f"{directory}/floor.sqlite"),
            host="127.0.0.1",
            port=int(sys.argv[1]),
            print=None,
            access_log=None,
        )
