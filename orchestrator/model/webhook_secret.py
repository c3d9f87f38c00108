"""The secret that signs what is sent to a webhook endpoint, in the form of Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
from typing import Final

PREFIX: Final = "whsec_"
WRITTEN_AS: Final = "write whsec_ and 24 to 64 random bytes in base64, or leave it out"
_LENGTHS: Final = range(24, 65)  # bytes, by the specification


def is_secret(text: str) -> bool:
    """Return whether a text is a secret: `whsec_` and 24 to 64 bytes in base64."""
    try:
        return text.startswith(PREFIX) and len(key_of(text)) in _LENGTHS
    except (binascii.Error, ValueError):
        return False


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for; raise ValueError for what is not base64."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
