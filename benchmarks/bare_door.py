"""A minimal webhook receiver: verify, XADD, 200."""

from __future__ import annotations

import os
from base64 import b64decode

import redis
from flask import Flask, request
from nacl.signing import VerifyKey

_key = VerifyKey(b64decode(os.environ["TELNYX_PUBLIC_KEY"]))
_redis = redis.Redis.from_url(os.environ["ORCHESTRATOR_REDIS_URL"])
app = Flask("bare")


@app.post("/webhooks/telnyx")
def receive() -> tuple[str, int]:
    """Receive one webhook."""
    raw = request.get_data()
    signed = request.headers["telnyx-timestamp"].encode() + b"|" + raw
    _key.verify(signed, b64decode(request.headers["telnyx-signature-ed25519"]))
    _redis.xadd("bare:events", {"raw": raw})
    return "", 200
