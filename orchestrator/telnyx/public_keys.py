"""The public keys of webhook signatures: one, or several during a key rotation."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from nacl.signing import VerifyKey

from orchestrator.errors import Misconfigured

_NAME: Final = "TELNYX_PUBLIC_KEY"
_KEY_BYTES: Final = 32


def listed_keys(setting: str) -> list[str]:
    """Return the comma-separated keys of a setting."""
    return [key.strip() for key in setting.split(",")]


def read_keys(setting: str) -> tuple[VerifyKey, ...]:
    """Return the keys of a setting: base64 of 32 bytes each, as the carrier's portal and `GET /public_key` show them.

    Raises Misconfigured naming a key that is malformed or listed twice.
    """
    keys = [_read_key(text, place=place) for place, text in enumerate(listed_keys(setting), 1)]
    if len(set(keys)) < len(keys):
        raise Misconfigured(f"{_NAME} lists a public key twice: each belongs there once, with commas between them")
    return tuple(keys)


def _read_key(text: str, *, place: int) -> VerifyKey:
    which = f"{_NAME}: public key {place}"
    if not text:
        raise Misconfigured(f"{which} is empty: list one key or several, with one comma between two")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Misconfigured(f"{which} is not base64: copy it from the portal, Keys & Credentials") from err
    if len(raw) != _KEY_BYTES:
        raise Misconfigured(f"{which} has {len(raw)} bytes, not {_KEY_BYTES}: copy it from the portal as it is")
    return VerifyKey(raw)
