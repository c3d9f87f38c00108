"""The stream path of a call, with a token that authenticates it for this call alone."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

from pydantic import SecretStr

_PURPOSE = b"media stream of "


def stream_token(secret: SecretStr, call_id: str) -> str:
    """Return the token of a call's stream: 32 characters that only the holder of the secret can compute."""
    digest = hmac.digest(secret.get_secret_value().encode(), _PURPOSE + call_id.encode(), "sha256")
    return urlsafe_b64encode(digest[:24]).decode()


def stream_path(secret: SecretStr, call_id: str) -> str:
    """Return the path at which the media receiver takes this call's stream."""
    return f"/streams/{call_id}/{stream_token(secret, call_id)}"


def call_of_path(secret: SecretStr, path: str) -> str | None:
    """Return the call of a stream path; None if its token is not valid."""
    parts = path.partition("?")[0].split("/")
    if len(parts) != 4 or parts[:2] != ["", "streams"]:
        return None
    _, _, call_id, token = parts
    return call_id if hmac.compare_digest(token.encode(), stream_token(secret, call_id).encode()) else None
