"""Whether a webhook is the carrier's: known answers, and one wrong thing at a time."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from nacl.signing import SigningKey

from orchestrator.errors import BadSignature, Misconfigured
from orchestrator.telnyx.signature import SignatureFault, SignatureVerifier

SIGNING_KEY = SigningKey(bytes(range(32)))
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
SENT_AT = 1772463840
RAW = '{"data":{"event_type":"call.transcription","id":"1","payload":{"text":"Zażółć gęślą jaźń"}}}'.encode()

# Signed once with another implementation of Ed25519 and the same key.
KNOWN_RAW = (
    '{"data":{"event_type":"call.transcription","payload":{"transcription_data":{"transcript":"Zażółć gęślą jaźń"}}}}'
).encode()
KNOWN_SIGNATURE = "AmvyrW4wK42XjwQ06IqEBMuybdg5Wl+H3JXcYY1zI3AzdfTpi3KJuGWWqKrAM+X0kkv6j3bwAul2xpO+1HHFDg=="


def _sign(raw: bytes = RAW, timestamp: str = str(SENT_AT), *, signer: SigningKey = SIGNING_KEY) -> dict[str, str]:
    signature = signer.sign(f"{timestamp}|".encode() + raw).signature
    return {"Telnyx-Signature-Ed25519": base64.b64encode(signature).decode(), "Telnyx-Timestamp": timestamp}


def _verify(raw: bytes, headers: dict[str, str], *, at: float = SENT_AT, key: str = PUBLIC_KEY) -> None:
    SignatureVerifier(key, clock=lambda: datetime.fromtimestamp(at, UTC)).verify(raw, headers)


def _fault(raw: bytes, headers: dict[str, str], *, at: float = SENT_AT, key: str = PUBLIC_KEY) -> str:
    with pytest.raises(BadSignature) as caught:
        _verify(raw, headers, at=at, key=key)
    return caught.value.reason


def test_a_known_signature_holds() -> None:
    _verify(KNOWN_RAW, {"telnyx-signature-ed25519": KNOWN_SIGNATURE, "telnyx-timestamp": str(SENT_AT)})


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_header_names_may_be_spelled_in_any_case(spelling: type[str]) -> None:
    headers = {spelling(name): value for name, value in _sign().items()}

    _verify(RAW, headers)


@pytest.mark.parametrize("seconds", [-300.0, -1, 0, 1, 300, 300.9])
def test_five_minutes_either_way_pass(seconds: float) -> None:
    _verify(RAW, _sign(), at=SENT_AT + seconds)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_second_more_does_not(seconds: int) -> None:
    assert _fault(RAW, _sign(), at=SENT_AT + seconds) == SignatureFault.OUT_OF_WINDOW


def test_a_changed_body_is_refused() -> None:
    assert _fault(RAW.replace(b"call", b"cell"), _sign()) == SignatureFault.MISMATCH


def test_the_same_json_written_anew_is_refused() -> None:
    assert _fault(json.dumps(json.loads(RAW)).encode(), _sign()) == SignatureFault.MISMATCH


def test_a_changed_timestamp_is_refused() -> None:
    headers = {**_sign(), "Telnyx-Timestamp": str(SENT_AT + 1)}

    assert _fault(RAW, headers) == SignatureFault.MISMATCH


def test_another_key_is_refused() -> None:
    stranger = base64.b64encode(SigningKey(bytes(32)).verify_key.encode()).decode()

    assert _fault(RAW, _sign(), key=stranger) == SignatureFault.MISMATCH


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Telnyx-Signature-Ed25519": ""}, SignatureFault.MISSING_SIGNATURE),
        ({"Telnyx-Timestamp": ""}, SignatureFault.MISSING_TIMESTAMP),
        ({"Telnyx-Timestamp": "soon"}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Timestamp": f" {SENT_AT}"}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Timestamp": "1_772_463_840"}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Timestamp": "١٧٧٢٤٦٣٨٤٠"}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Timestamp": "-1"}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Timestamp": "9" * 5000}, SignatureFault.BAD_TIMESTAMP),
        ({"Telnyx-Signature-Ed25519": base64.b64encode(bytes(32)).decode()}, SignatureFault.MALFORMED_SIGNATURE),
        ({"Telnyx-Signature-Ed25519": "not base64"}, SignatureFault.MALFORMED_SIGNATURE),
        ({"Telnyx-Signature-Ed25519": "żółć"}, SignatureFault.MALFORMED_SIGNATURE),
        ({"Telnyx-Signature-Ed25519": base64.b64encode(bytes(64)).decode()}, SignatureFault.MISMATCH),
    ],
)
def test_each_malformed_header_is_told_by_name(change: dict[str, str], reason: SignatureFault) -> None:
    assert _fault(RAW, {**_sign(), **change}) == reason


def test_no_headers_at_all_are_refused() -> None:
    assert _fault(RAW, {}) == SignatureFault.MISSING_SIGNATURE


NEW_KEY = SigningKey(bytes(range(32, 64)))
NEW_PUBLIC = base64.b64encode(NEW_KEY.verify_key.encode()).decode()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("", "key 1 is empty"),
        ("  ", "key 1 is empty"),
        (",", "key 1 is empty"),
        ("not base64!", "key 1 is not base64"),
        ("żółć", "key 1 is not base64"),
        (SIGNING_KEY.verify_key.encode().hex(), "key 1 has 48 bytes, not 32"),
        ("AAAA", "key 1 has 3 bytes, not 32"),
        (f"{PUBLIC_KEY},", "key 2 is empty"),
        (f",{PUBLIC_KEY}", "key 1 is empty"),
        (f"{PUBLIC_KEY},,{NEW_PUBLIC}", "key 2 is empty"),
        (f"{PUBLIC_KEY}, ,{NEW_PUBLIC}", "key 2 is empty"),
        (f"{PUBLIC_KEY},AAAA", "key 2 has 3 bytes"),
        (f"{PUBLIC_KEY},no key", "key 2 is not base64"),
        (f"{PUBLIC_KEY};{NEW_PUBLIC}", "key 1 is not base64"),
        (f"{PUBLIC_KEY} {NEW_PUBLIC}", "key 1 is not base64"),
        (f"{PUBLIC_KEY}{NEW_PUBLIC}", "key 1 "),
        (f"{PUBLIC_KEY}\n{NEW_PUBLIC}", "key 1 is not base64"),
        (f'"{PUBLIC_KEY}"', "key 1 is not base64"),
        (f"{PUBLIC_KEY},{PUBLIC_KEY}", "twice"),
        (f"{PUBLIC_KEY},{NEW_PUBLIC}, {PUBLIC_KEY} ", "twice"),
    ],
)
def test_a_wrong_public_key_is_told_at_once_by_its_place_and_its_setting(keys: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=f"^TELNYX_PUBLIC_KEY.*{said}"):
        SignatureVerifier(keys)


@pytest.mark.parametrize(
    "keys", [f"{PUBLIC_KEY},{NEW_PUBLIC}", f"{NEW_PUBLIC},{PUBLIC_KEY}", f" {PUBLIC_KEY} ,\n{NEW_PUBLIC}\n"]
)
def test_what_any_of_several_keys_signed_is_the_carriers(keys: str) -> None:
    for signer in (SIGNING_KEY, NEW_KEY):
        _verify(RAW, _sign(signer=signer), key=keys)
    assert _fault(RAW, _sign(signer=SigningKey(bytes(32))), key=keys) == SignatureFault.MISMATCH
    assert _fault(RAW + b" ", _sign(), key=keys) == SignatureFault.MISMATCH
    assert _fault(RAW, _sign(signer=NEW_KEY), key=keys, at=SENT_AT + 301) == SignatureFault.OUT_OF_WINDOW


def test_a_public_key_copied_with_a_newline_is_taken() -> None:
    _verify(RAW, _sign(), key=f" {PUBLIC_KEY}\n")
