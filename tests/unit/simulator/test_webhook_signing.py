"""Webhooks are signed as the carrier does: Ed25519 over timestamp, `|` and raw body."""

from __future__ import annotations

from base64 import b64decode

from nacl.signing import VerifyKey

from simulator.webhooks.signing import Signer

_SEED = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def test_a_seed_fixes_the_key() -> None:
    assert Signer(_SEED).public_key == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


def test_without_a_seed_each_key_is_new() -> None:
    assert Signer(None).public_key != Signer(None).public_key


def test_the_signature_covers_the_timestamp_and_the_raw_bytes() -> None:
    signer, body = Signer(_SEED), '{"name":"Zażółć"}'.encode()

    headers = signer.headers(body, now=1_772_463_840.9)

    assert headers["telnyx-timestamp"] == "1772463840"
    signature = b64decode(headers["telnyx-signature-ed25519"])
    VerifyKey(b64decode(signer.public_key)).verify(b"1772463840|" + body, signature)
