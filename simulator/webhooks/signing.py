"""Signatures of webhooks: Ed25519 over the timestamp, `|` and the raw body."""

from __future__ import annotations

import os
from base64 import b64encode

from nacl.signing import SigningKey


class Signer:
    """Signs with one key, from `seed_hex` or generated."""

    def __init__(self, seed_hex: str | None) -> None:
        self._key = SigningKey(bytes.fromhex(seed_hex) if seed_hex else os.urandom(32))

    @property
    def public_key(self) -> str:
        """The verification key: 32 bytes in base64."""
        return b64encode(bytes(self._key.verify_key)).decode()

    def headers(self, body: bytes, *, now: float) -> dict[str, str]:
        """Return the timestamp and signature headers of a body sent now (Unix seconds)."""
        timestamp = str(int(now))
        signature = self._key.sign(timestamp.encode() + b"|" + body).signature
        return {"telnyx-signature-ed25519": b64encode(signature).decode(), "telnyx-timestamp": timestamp}
