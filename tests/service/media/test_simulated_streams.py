"""The simulator streams a call's audio over a real websocket and accepts media from the application."""

from __future__ import annotations

import array
import base64
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import simulator
from orchestrator.media.companding import EXPANDERS
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier
from tests.support.stream_app import StreamApp, stream_app

SOUNDS = Path(simulator.__file__).parent / "media" / "sounds"
MP3 = base64.b64encode(b"ID3" + bytes(160)).decode()


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


@pytest.fixture
def app() -> Iterator[StreamApp]:
    with stream_app() as app:
        yield app


def code(answer: object) -> tuple[int, str, str | None]:
    """Return status, code and pointer of the first problem."""
    problem = answer.json()["errors"][0]  # type: ignore[attr-defined]
    return answer.status_code, problem["code"], problem.get("source", {}).get("pointer")  # type: ignore[attr-defined]


def samples(codec: str, payload: bytes) -> array.array[int]:
    """Return the 16-bit samples of G.711 audio, by our own tables."""
    return array.array("h", EXPANDERS[codec][0](payload))


def chunks(app: StreamApp, track: str) -> list[int]:
    """Return a track's chunk numbers in order of arrival."""
    return [int(frame["media"]["chunk"]) for frame in app.of("media") if frame["media"]["track"] == track]


def test_a_stream_connects_starts_sends_audio_and_stops(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_track="both_tracks")
    app.wait("media", count=100)
    carrier.sdk.calls.actions.stop_streaming(leg)
    (stop,) = app.wait("stop")

    assert [frame["event"] for frame in app.frames[:2]] == ["connected", "start"]
    assert app.frames[0]["version"] == "1.0.0"
    about = app.frames[1]["start"]
    assert about["call_control_id"] == stop["stop"]["call_control_id"] == leg
    assert about["media_format"] == {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}
    assert carrier.history(leg, last="streaming.stopped")[-2:] == ["streaming.started", "streaming.stopped"]
    assert app.frames[-1] == stop
    for track in ("inbound", "outbound"):
        came = chunks(app, track)
        assert came != sorted(came)
        assert sorted(came)[:40] == list(range(1, 41))
    sound = base64.b64decode(app.of("media")[0]["media"]["payload"])
    assert len(sound) == 160


def test_a_stream_ends_with_its_call(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("media")

    carrier.sdk.calls.actions.hangup(leg)

    app.wait("stop")
    assert carrier.history(leg)[-2:] == ["streaming.stopped", "call.hangup"]


def test_a_stream_that_cannot_connect_fails(carrier: SimulatedCarrier) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        leg = carrier.talk("18")

        carrier.sdk.calls.actions.start_streaming(leg, stream_url=f"ws://127.0.0.1:{nobody.getsockname()[1]}/stream")

        payload = carrier.receiver.wait("streaming.failed", leg=leg).payload
    assert payload["failure_reason"] == "connection_failed"
    assert payload["stream_params"]["track"] == "inbound_track"
    assert code(carrier.act(leg, "streaming_stop"))[:2] == (422, "90048")


def test_an_application_that_vanishes_ends_the_stream(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("media")

    app.vanish()

    carrier.receiver.wait("streaming.stopped", leg=leg)
    assert code(carrier.act(leg, "streaming_stop"))[:2] == (422, "90048")


def test_mp3_is_accepted_once_a_second_and_refused_when_faster(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("media")

    app.say({"event": "media", "media": {"payload": MP3}}, {"event": "media", "media": {"payload": MP3}})

    (error,) = app.wait("error")
    assert error["payload"]["code"] == 100005
    assert error["payload"]["title"] == "rate_limit_reached"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("no json", 100003),
        ("[]", 100003),
        ({"event": "media"}, 100003),
        ({"event": "sing"}, 100003),
        ({"event": "media", "media": {"payload": "!!"}}, 100004),
        ({"event": "media", "media": {"payload": base64.b64encode(b"RIFF....WAVE").decode()}}, 100004),
    ],
)
def test_an_invalid_frame_or_mp3_gets_an_error(
    carrier: SimulatedCarrier, app: StreamApp, frame: object, expected: int
) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    app.say(frame)

    assert app.wait("error")[0]["payload"]["code"] == expected


def test_a_mark_is_echoed_after_the_audio_before_it_and_at_once_after_clear(
    carrier: SimulatedCarrier, app: StreamApp
) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")
    hour = base64.b64encode(b"ID3" + bytes(600_000)).decode()

    app.say({"event": "mark", "mark": {"name": "silent"}})
    app.wait("mark")
    app.say({"event": "media", "media": {"payload": hour}}, {"event": "mark", "mark": {"name": "after"}})
    app.say({"event": "clear"})

    assert [frame["mark"]["name"] for frame in app.wait("mark", count=2)] == ["silent", "after"]


def test_a_pressed_key_is_sent_on_the_stream(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    carrier.simulator.callee(leg, press="5")

    (key,) = app.wait("dtmf")
    assert key["dtmf"] == {"digit": "5"}
    assert key["occurred_at"].endswith("Z")


def test_raw_audio_may_be_sent_as_fast_as_it_plays(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_bidirectional_mode="rtp")
    app.wait("start")
    piece = {"event": "media", "media": {"payload": base64.b64encode(bytes(160)).decode()}}

    app.say(piece, piece, {"event": "mark", "mark": {"name": "end"}})

    app.wait("mark")
    assert app.of("error") == []


def test_a_second_stream_is_refused_and_the_token_is_sent(carrier: SimulatedCarrier, app: StreamApp) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_auth_token="open sesame")
    app.wait("start")

    assert code(carrier.act(leg, "streaming_start", stream_url=app.url))[:2] == (422, "90045")
    assert app.headers["Authorization"] == "Bearer open sesame"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/stream_url")),
        ({"stream_url": "http://x.example/"}, (422, "10003", "/stream_url")),
        ({"stream_url": "ws://x.example/", "stream_track": "all"}, (422, "10032", "/stream_track")),
        ({"stream_url": "ws://x.example/", "stream_auth_token": "x" * 4001}, (422, "10033", "/stream_auth_token")),
        ({"stream_url": "ws://x.example/", "stream_bidirectional_sampling_rate": 1}, (422, "10032", None)),
    ],
)
def test_an_invalid_stream_is_refused_by_field(
    carrier: SimulatedCarrier, body: dict[str, object], expected: tuple[object, ...]
) -> None:
    leg = carrier.talk("18")

    status, number, pointer = code(carrier.act(leg, "streaming_start", **body))

    assert (status, number) == expected[:2]
    assert expected[2] in (None, pointer)


def test_a_ringing_call_cannot_be_streamed(carrier: SimulatedCarrier) -> None:
    leg = carrier.dial("05")

    assert code(carrier.act(leg, "streaming_start", stream_url="ws://127.0.0.1:9/"))[:2] == (422, "90034")


@pytest.mark.parametrize(("asked", "comes"), [("PCMA", "PCMA"), ("default", "PCMU"), ("OPUS", "PCMU")])
def test_a_stream_comes_in_the_codec_its_start_names(
    carrier: SimulatedCarrier, app: StreamApp, asked: Any, comes: str
) -> None:
    leg = carrier.talk("18")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec=asked)

    pieces = sorted(app.wait("media", count=60), key=lambda frame: int(frame["media"]["chunk"]))[:50]

    assert app.of("start")[0]["start"]["media_format"]["encoding"] == comes
    received = samples(comes, b"".join(base64.b64decode(frame["media"]["payload"]) for frame in pieces))
    spoken = samples("PCMU", (SOUNDS / "inbound.ulaw").read_bytes())
    assert all(abs(one - other) <= max(16, abs(other) // 16) for one, other in zip(received, spoken, strict=False))
    assert max(map(abs, received)) > 5_000


def test_an_unsupported_codec_is_counted(carrier: SimulatedCarrier, app: StreamApp) -> None:
    before = carrier.simulator.summary()["counters"].get("stream_codec_not_made", {}).get("L16", 0)
    leg = carrier.talk("18")

    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec="L16")
    app.wait("start")

    assert carrier.simulator.summary()["counters"]["stream_codec_not_made"]["L16"] == before + 1


def _raw(size: int) -> dict[str, object]:
    return {"event": "media", "media": {"payload": base64.b64encode(bytes(size)).decode()}}


@pytest.mark.parametrize(
    ("codec", "rate", "good", "bad"),
    [
        ("PCMU", None, (160, 240_000), (159, 240_001)),
        ("L16", 16_000, (640, 960_000), (638, 641, 960_002)),
        ("L16", 48_000, (1_920, 2_880_000), (1_918, 2_880_002)),
        ("G722", 16_000, (160, 240_000), (159, 240_001)),
        ("AMR-WB", None, (18, 91_500), (17, 91_501)),
    ],
)
def test_raw_audio_shorter_than_20_ms_or_longer_than_30_s_is_refused(
    carrier: SimulatedCarrier, app: StreamApp, codec: str, rate: int | None, good: tuple[int, ...], bad: tuple[int, ...]
) -> None:
    leg = carrier.talk("18")
    agreed = {"stream_bidirectional_codec": codec} | ({"stream_bidirectional_sampling_rate": rate} if rate else {})
    started = carrier.act(leg, "streaming_start", stream_url=app.url, stream_bidirectional_mode="rtp", **agreed)
    assert started.status_code == 200
    app.wait("start")

    app.say(*(_raw(size) for size in (*good, *bad)))

    errors = app.wait("error", count=len(bad))
    assert [error["payload"]["code"] for error in errors] == [100004] * len(bad)


@pytest.fixture
def older(carrier: SimulatedCarrier) -> Iterator[None]:
    carrier.simulator.control(stream_frames="older")
    yield
    carrier.simulator.control(stream_frames="today")


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize(("asked", "named"), [("PCMU", "audio/x-mulaw"), ("PCMA", "audio/x-alaw")])
def test_the_older_format_has_mime_types_and_errors_under_error(
    carrier: SimulatedCarrier, app: StreamApp, asked: Any, named: str
) -> None:
    leg = carrier.talk("18", client_state="YQ==")
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec=asked)

    app.wait("media")
    app.say({"event": "media", "media": {"payload": "!!"}})

    about = app.of("start")[0]["start"]
    assert about.keys() == {"user_id", "call_control_id", "client_state", "media_format"}
    assert (about["client_state"], about["media_format"]["encoding"]) == ("YQ==", named)
    (error,) = app.wait("error")
    assert error["error"] == {"code": "100004", "title": "invalid_media", "detail": error["error"]["detail"]}
    assert "payload" not in error


def test_the_format_of_frames_may_be_chosen_at_the_start() -> None:
    with simulated_carrier(stream_frames="older") as older, stream_app() as app:
        leg = older.talk("18")
        older.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
        assert app.wait("start")[0]["start"]["media_format"]["encoding"] == "audio/x-mulaw"

        answer = requests.post(f"{older.simulator.url}/control", json={"stream_frames": "newest"}, timeout=5)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("last_digits", "expected", "title"),
    [
        ("69", 100002, "unknown_error"),
        ("94", 100003, "malformed_frame"),
        ("95", 100004, "invalid_media"),
        ("96", 100005, "rate_limit_reached"),
    ],
)
def test_a_test_number_answers_every_payload_with_an_error(
    carrier: SimulatedCarrier, app: StreamApp, last_digits: str, expected: int, title: str
) -> None:
    leg = carrier.talk(last_digits)
    carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    app.say({"event": "media", "media": {"payload": MP3}}, {"event": "mark", "mark": {"name": "after"}})

    (error,) = app.wait("error")
    assert (error["payload"]["code"], error["payload"]["title"]) == (expected, title)
    app.wait("mark")  # marks are not media
