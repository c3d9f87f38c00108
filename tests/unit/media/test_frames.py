"""Websocket frames in the older form and in today's; garbage is refused."""

from __future__ import annotations

import base64

import orjson
import pytest
from pydantic import SecretStr

from orchestrator.media.frames import (
    Clear,
    Connected,
    Dtmf,
    ErrorFrame,
    Mark,
    Media,
    Start,
    Stop,
    UnknownFrame,
    parse_frame,
    played_back,
)
from orchestrator.media.rtp import MalformedMedia
from orchestrator.media.stream_token import call_of_path, stream_path

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
SECRET = SecretStr("a secret")


def frame(**fields: object) -> bytes:
    return orjson.dumps(fields)


@pytest.mark.parametrize("number", ["7", 7])
def test_a_piece_of_sound_may_write_its_numbers_as_text(number: object) -> None:
    body = {"track": "inbound", "chunk": number, "timestamp": "140", "payload": base64.b64encode(b"\xff\x7f").decode()}

    assert parse_frame(frame(event="media", sequence_number="9", media=body)) == Media("inbound", 7, b"\xff\x7f")


@pytest.mark.parametrize(
    ("encoding", "codec"), [("audio/x-mulaw", "PCMU"), ("PCMU", "PCMU"), ("pcma", "PCMA"), ("OPUS", "OPUS")]
)
def test_a_start_names_its_codec_in_either_spelling(encoding: str, codec: str) -> None:
    media_format = {"encoding": encoding, "sample_rate": 8000, "channels": 1}
    body = {"user_id": "u", "call_control_id": "v3:x", "client_state": None, "media_format": media_format, "tags": []}

    start = parse_frame(frame(event="start", sequence_number="1", stream_id="s", start=body))

    assert isinstance(start, Start)
    assert (start.codec, start.sample_rate, start.call_control_id) == (codec, 8000, "v3:x")


def test_a_start_without_a_format_is_mu_law() -> None:
    start = parse_frame(frame(event="start", start={}))

    assert isinstance(start, Start)
    assert (start.codec, start.sample_rate, start.channels) == ("PCMU", 8000, 1)


@pytest.mark.parametrize(
    "told",
    [
        {"error": {"code": "100005", "title": "rate_limit_reached", "detail": "Too fast."}},
        {"payload": {"code": 100005, "title": "rate_limit_reached", "detail": "Too fast."}},
    ],
)
def test_an_error_is_read_in_both_forms(told: dict[str, object]) -> None:
    error = parse_frame(frame(event="error", stream_id="s", sequence_number="3", **told))

    assert isinstance(error, ErrorFrame)
    assert (error.code, error.title, error.is_rate_limit) == ("100005", "rate_limit_reached", True)


def test_the_other_frames_are_known() -> None:
    assert isinstance(parse_frame(frame(event="connected", version="1.0.0")), Connected)
    assert isinstance(parse_frame(frame(event="stop", stop={"user_id": "u"})), Stop)
    assert parse_frame(frame(event="dtmf", dtmf={"digit": 1})) == Dtmf(digit="1")
    assert parse_frame(frame(event="mark", mark={"name": "end"})) == Mark(name="end")
    assert parse_frame(frame(event="clear")) == Clear()
    assert parse_frame(frame(event="tomorrow")) == UnknownFrame(event="tomorrow")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "json"),
        (b"\xff\xfe", "json"),
        (b"{", "json"),
        (b"[" * 100_000, "json"),
        (b"[]", "shape"),
        (b"null", "shape"),
        (b'"media"', "shape"),
        (b"{}", "shape"),
        (b'{"event":"media"}', "shape"),
        (b'{"event":"media","media":[]}', "shape"),
        (b'{"event":"media","media":{"track":"../x","chunk":"1","payload":""}}', "shape"),
        (b'{"event":"media","media":{"track":["x"],"chunk":"1","payload":""}}', "shape"),
        (b'{"event":"media","media":{"track":"inbound","chunk":"one","payload":""}}', "payload"),
        (b'{"event":"media","media":{"track":"inbound","chunk":"1","payload":7}}', "shape"),
        (b'{"event":"media","media":{"track":"inbound","chunk":"1","payload":"abc"}}', "payload"),
        (b'{"event":"start","start":{"media_format":{"sample_rate":0}}}', "shape"),
    ],
)
def test_garbage_is_refused_with_a_word_for_its_counter(text: bytes, reason: str) -> None:
    with pytest.raises(MalformedMedia) as refused:
        parse_frame(text)

    assert refused.value.reason == reason


def test_a_sound_goes_back_as_a_media_frame() -> None:
    assert orjson.loads(played_back("SUQz")) == {"event": "media", "media": {"payload": "SUQz"}}


def test_a_stream_path_leads_to_its_call_and_to_no_other() -> None:
    path = stream_path(SECRET, CALL)

    assert call_of_path(SECRET, path) == CALL
    assert call_of_path(SECRET, path + "?x=1") == CALL
    assert call_of_path(SecretStr("another"), path) is None
    assert call_of_path(SECRET, path.replace(CALL, CALL[:-1] + "0")) is None
    assert call_of_path(SECRET, path[:-1]) is None
    assert call_of_path(SECRET, "/streams/" + CALL) is None
    assert call_of_path(SECRET, path.replace("/streams", "/x/../streams")) is None
    assert call_of_path(SECRET, "/streams/é/é") is None
