"""Signs webhooks as Standard Webhooks says (standardwebhooks.com), and makes their secrets."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"
_LENGTHS: Final = range(24, 65)  # bytes, by the specification


def new_secret() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_secret(text: str) -> bool:
    """Return whether a text is a secret: `whsec_` and 24 to 64 bytes in base64."""
    try:
        return text.startswith(PREFIX) and len(_key(text)) in _LENGTHS
    except (binascii.Error, ValueError):
        return False


def signed_headers(event_id: str, body: bytes, *, at: int, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers of a delivery made at the Unix time `at`, with a signature by each of the secrets."""
    content = b"%s.%d." % (event_id.encode(), at) + body
    signatures = " ".join(f"v1,{_signature(secret, content)}" for secret in keys)
    return {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": signatures}


def _signature(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.digest(_key(secret), content, sha256)).decode()


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
