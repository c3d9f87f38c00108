"""Signs webhooks as Standard Webhooks says (standardwebhooks.com), and makes their secrets."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256

from orchestrator.model.webhook_secret import PREFIX, key_of


def new_secret() -> str:
    """Return a new secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signed_headers(event_id: str, body: bytes, *, at: int, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers of a delivery made at the Unix time `at`, with a signature by each of the secrets."""
    content = b"%s.%d." % (event_id.encode(), at) + body
    signatures = " ".join(f"v1,{_signature(secret, content)}" for secret in keys)
    return {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": signatures}


def _signature(secret: str, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key_of(secret), content, sha256)).decode()
