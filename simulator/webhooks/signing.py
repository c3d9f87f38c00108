"""How webhooks are signed: Ed25519 over the timestamp, a bar and the raw body."""

from __future__ import annotations

import os
from base64 import b64encode

from nacl.signing import SigningKey


class Signer:
    """Signs with one key for its life; `seed_hex` fixes it, otherwise it is drawn."""

    def __init__(self, seed_hex: str | None) -> None:
        self._key = SigningKey(bytes.fromhex(seed_hex) if seed_hex else os.urandom(32))

    @property
    def public_key(self) -> str:
        """The verifying key, base64 of its 32 bytes."""
        return b64encode(bytes(self._key.verify_key)).decode()

    def headers(self, body: bytes, *, now: float) -> dict[str, str]:
        """Return the two headers that go with this body, sent now (Unix seconds)."""
        timestamp = str(int(now))
        signature = self._key.sign(timestamp.encode() + b"|" + body).signature
        return {"telnyx-signature-ed25519": b64encode(signature).decode(), "telnyx-timestamp": timestamp}
