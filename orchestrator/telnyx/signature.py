"""Verification of webhook signatures: Ed25519 over `timestamp|body`, at most five minutes old or early."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Final, NoReturn

from nacl.exceptions import BadSignatureError

from orchestrator.clock import Clock, utc_now
from orchestrator.errors import BadSignature
from orchestrator.telnyx.public_keys import read_keys

TOLERANCE_S: Final = 300
SIGNATURE_HEADER: Final = "telnyx-signature-ed25519"
TIMESTAMP_HEADER: Final = "telnyx-timestamp"

_SIGNATURE_BYTES: Final = 64


class SignatureFault(StrEnum):
    """The reason for which a webhook is refused."""

    MISSING_SIGNATURE = "missing_signature"
    MISSING_TIMESTAMP = "missing_timestamp"
    BAD_TIMESTAMP = "bad_timestamp"
    OUT_OF_WINDOW = "out_of_window"
    MALFORMED_SIGNATURE = "malformed_signature"
    MISMATCH = "mismatch"
    """A recent, well-formed signature by none of the known keys, perhaps by a newer key."""


class SignatureVerifier:
    """Verifies raw bodies against the public keys of a setting, read once; what one of them signed is the carrier's.

    Raises Misconfigured as `read_keys` does. `clock` is compared in whole seconds: a difference of 300 passes, 301 does
    not, either way.
    """

    def __init__(self, public_keys: str, *, clock: Clock = utc_now, tolerance_s: int = TOLERANCE_S) -> None:
        self._keys = read_keys(public_keys)
        self._clock = clock
        self._tolerance_s = tolerance_s

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> None:
        """Return None if the carrier signed `raw` recently; raises BadSignature with a SignatureFault otherwise."""
        timestamp, signature = _read_signed(headers, clock=self._clock, tolerance_s=self._tolerance_s)
        message = f"{timestamp}|".encode() + raw
        for key in self._keys:
            with suppress(BadSignatureError):
                key.verify(message, signature)
                return
        _refuse(SignatureFault.MISMATCH)


def look_signed(headers: Mapping[str, str], *, clock: Clock = utc_now) -> bool:
    """Return whether the headers are well-formed, without a check of the signature."""
    try:
        _read_signed(headers, clock=clock, tolerance_s=TOLERANCE_S)
    except BadSignature:
        return False
    return True


def _read_signed(headers: Mapping[str, str], *, clock: Clock, tolerance_s: int) -> tuple[str, bytes]:
    """Return time and signature; raises BadSignature if one is missing, malformed or outdated."""
    signature = _header(headers, SIGNATURE_HEADER) or _refuse(SignatureFault.MISSING_SIGNATURE)
    timestamp = _header(headers, TIMESTAMP_HEADER) or _refuse(SignatureFault.MISSING_TIMESTAMP)
    # int() would take spaces, signs, underscores and digits of other scripts.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        _refuse(SignatureFault.BAD_TIMESTAMP)
    if abs(int(clock().timestamp()) - int(timestamp)) > tolerance_s:
        _refuse(SignatureFault.OUT_OF_WINDOW)
    return timestamp, _read_signature(signature)


def _read_signature(text: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        _refuse(SignatureFault.MALFORMED_SIGNATURE)
    if len(signature) != _SIGNATURE_BYTES:
        _refuse(SignatureFault.MALFORMED_SIGNATURE)
    return signature


def _header(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name) or headers.get(name.title())
    if value is not None:
        return value
    return next((text for key, text in headers.items() if key.lower() == name), None)


def _refuse(reason: SignatureFault) -> NoReturn:
    raise BadSignature(reason) from None
