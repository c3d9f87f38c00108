"""The simulated carrier opens a real websocket, speaks into it and takes sounds back."""

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
from tests.support.desk import Desk, desk
from tests.support.stream_app import StreamApp, stream_app

SOUNDS = Path(simulator.__file__).parent / "media" / "sounds"
MP3 = base64.b64encode(b"ID3" + bytes(160)).decode()


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20) as table:
        yield table


@pytest.fixture
def app() -> Iterator[StreamApp]:
    with stream_app() as app:
        yield app


def code(answer: object) -> tuple[int, str, str | None]:
    """Return status, code and pointer of the first problem."""
    problem = answer.json()["errors"][0]  # type: ignore[attr-defined]
    return answer.status_code, problem["code"], problem.get("source", {}).get("pointer")  # type: ignore[attr-defined]


def samples(codec: str, payload: bytes) -> array.array[int]:
    """Return the 16-bit samples of a sound, by our own tables."""
    return array.array("h", EXPANDERS[codec][0](payload))


def chunks(app: StreamApp, track: str) -> list[int]:
    """Return a track's chunk numbers as they came."""
    return [int(frame["media"]["chunk"]) for frame in app.of("media") if frame["media"]["track"] == track]


def test_a_stream_connects_starts_speaks_and_stops(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")

    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_track="both_tracks")
    app.wait("media", count=100)
    table.sdk.calls.actions.stop_streaming(leg)
    (stop,) = app.wait("stop")

    assert [frame["event"] for frame in app.frames[:2]] == ["connected", "start"]
    assert app.frames[0]["version"] == "1.0.0"
    about = app.frames[1]["start"]
    assert about["call_control_id"] == stop["stop"]["call_control_id"] == leg
    assert about["media_format"] == {"encoding": "PCMU", "sample_rate": 8000, "channels": 1}
    assert table.history(leg, last="streaming.stopped")[-2:] == ["streaming.started", "streaming.stopped"]
    assert app.frames[-1] == stop
    for track in ("inbound", "outbound"):
        came = chunks(app, track)
        assert came != sorted(came)
        assert sorted(came)[:40] == list(range(1, 41))
    sound = base64.b64decode(app.of("media")[0]["media"]["payload"])
    assert len(sound) == 160


def test_a_stream_ends_with_its_call(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("media")

    table.sdk.calls.actions.hangup(leg)

    app.wait("stop")
    assert table.history(leg)[-2:] == ["streaming.stopped", "call.hangup"]


def test_a_stream_that_finds_nobody_fails(table: Desk) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        leg = table.talk("18")

        table.sdk.calls.actions.start_streaming(leg, stream_url=f"ws://127.0.0.1:{nobody.getsockname()[1]}/stream")

        payload = table.receiver.wait("streaming.failed", leg=leg).payload
    assert payload["failure_reason"] == "connection_failed"
    assert payload["stream_params"]["track"] == "inbound_track"
    assert code(table.act(leg, "streaming_stop"))[:2] == (422, "90048")


def test_an_application_that_vanishes_ends_the_stream(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("media")

    app.vanish()

    table.receiver.wait("streaming.stopped", leg=leg)
    assert code(table.act(leg, "streaming_stop"))[:2] == (422, "90048")


def test_sounds_are_taken_once_a_second_and_faster_ones_refused(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
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
def test_what_is_no_frame_or_no_mp3_is_answered_with_an_error(
    table: Desk, app: StreamApp, frame: object, expected: int
) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    app.say(frame)

    assert app.wait("error")[0]["payload"]["code"] == expected


def test_a_mark_comes_back_when_the_sound_before_it_is_over_and_at_once_after_clear(
    table: Desk, app: StreamApp
) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")
    hour = base64.b64encode(b"ID3" + bytes(600_000)).decode()

    app.say({"event": "mark", "mark": {"name": "silent"}})
    app.wait("mark")
    app.say({"event": "media", "media": {"payload": hour}}, {"event": "mark", "mark": {"name": "after"}})
    app.say({"event": "clear"})

    assert [frame["mark"]["name"] for frame in app.wait("mark", count=2)] == ["silent", "after"]


def test_a_key_is_told_on_the_stream(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    table.simulator.callee(leg, press="5")

    (key,) = app.wait("dtmf")
    assert key["dtmf"] == {"digit": "5"}
    assert key["occurred_at"].endswith("Z")


def test_raw_sound_may_come_as_fast_as_it_plays(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_bidirectional_mode="rtp")
    app.wait("start")
    piece = {"event": "media", "media": {"payload": base64.b64encode(bytes(160)).decode()}}

    app.say(piece, piece, {"event": "mark", "mark": {"name": "end"}})

    app.wait("mark")
    assert app.of("error") == []


def test_a_second_stream_is_refused_and_a_token_travels(table: Desk, app: StreamApp) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_auth_token="open sesame")
    app.wait("start")

    assert code(table.act(leg, "streaming_start", stream_url=app.url))[:2] == (422, "90045")
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
def test_a_wrong_stream_is_refused_by_field(table: Desk, body: dict[str, object], expected: tuple[object, ...]) -> None:
    leg = table.talk("18")

    status, number, pointer = code(table.act(leg, "streaming_start", **body))

    assert (status, number) == expected[:2]
    assert expected[2] in (None, pointer)


def test_a_ringing_call_cannot_be_streamed(table: Desk) -> None:
    leg = table.dial("05")

    assert code(table.act(leg, "streaming_start", stream_url="ws://127.0.0.1:9/"))[:2] == (422, "90034")


@pytest.mark.parametrize(("asked", "comes"), [("PCMA", "PCMA"), ("default", "PCMU"), ("OPUS", "PCMU")])
def test_a_stream_comes_in_the_codec_its_start_names(table: Desk, app: StreamApp, asked: Any, comes: str) -> None:
    leg = table.talk("18")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec=asked)

    pieces = sorted(app.wait("media", count=60), key=lambda frame: int(frame["media"]["chunk"]))[:50]

    assert app.of("start")[0]["start"]["media_format"]["encoding"] == comes
    heard = samples(comes, b"".join(base64.b64decode(frame["media"]["payload"]) for frame in pieces))
    spoken = samples("PCMU", (SOUNDS / "inbound.ulaw").read_bytes())
    assert all(abs(one - other) <= max(16, abs(other) // 16) for one, other in zip(heard, spoken, strict=False))
    assert max(map(abs, heard)) > 5_000


def test_a_codec_that_cannot_be_made_is_counted(table: Desk, app: StreamApp) -> None:
    before = table.simulator.summary()["counters"].get("stream_codec_not_made", {}).get("L16", 0)
    leg = table.talk("18")

    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec="L16")
    app.wait("start")

    assert table.simulator.summary()["counters"]["stream_codec_not_made"]["L16"] == before + 1


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
def test_raw_sound_shorter_than_20_ms_or_longer_than_30_s_of_its_codec_is_refused(
    table: Desk, app: StreamApp, codec: str, rate: int | None, good: tuple[int, ...], bad: tuple[int, ...]
) -> None:
    leg = table.talk("18")
    agreed = {"stream_bidirectional_codec": codec} | ({"stream_bidirectional_sampling_rate": rate} if rate else {})
    started = table.act(leg, "streaming_start", stream_url=app.url, stream_bidirectional_mode="rtp", **agreed)
    assert started.status_code == 200
    app.wait("start")

    app.say(*(_raw(size) for size in (*good, *bad)))

    errors = app.wait("error", count=len(bad))
    assert [error["payload"]["code"] for error in errors] == [100004] * len(bad)


@pytest.fixture
def older(table: Desk) -> Iterator[None]:
    table.simulator.control(stream_frames="older")
    yield
    table.simulator.control(stream_frames="today")


@pytest.mark.usefixtures("older")
@pytest.mark.parametrize(("asked", "named"), [("PCMU", "audio/x-mulaw"), ("PCMA", "audio/x-alaw")])
def test_the_older_form_names_the_codec_by_its_type_and_puts_an_error_under_its_own_name(
    table: Desk, app: StreamApp, asked: Any, named: str
) -> None:
    leg = table.talk("18", client_state="YQ==")
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url, stream_codec=asked)

    app.wait("media")
    app.say({"event": "media", "media": {"payload": "!!"}})

    about = app.of("start")[0]["start"]
    assert about.keys() == {"user_id", "call_control_id", "client_state", "media_format"}
    assert (about["client_state"], about["media_format"]["encoding"]) == ("YQ==", named)
    (error,) = app.wait("error")
    assert error["error"] == {"code": "100004", "title": "invalid_media", "detail": error["error"]["detail"]}
    assert "payload" not in error


def test_the_form_of_frames_may_be_chosen_at_the_start_and_no_other_is_known() -> None:
    with desk(stream_frames="older") as older, stream_app() as app:
        leg = older.talk("18")
        older.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
        assert app.wait("start")[0]["start"]["media_format"]["encoding"] == "audio/x-mulaw"

        answer = requests.post(f"{older.simulator.url}/control", json={"stream_frames": "newest"}, timeout=5)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("card", "expected", "title"),
    [
        ("69", 100002, "unknown_error"),
        ("94", 100003, "malformed_frame"),
        ("95", 100004, "invalid_media"),
        ("96", 100005, "rate_limit_reached"),
    ],
)
def test_a_card_answers_every_sound_with_an_error(
    table: Desk, app: StreamApp, card: str, expected: int, title: str
) -> None:
    leg = table.talk(card)
    table.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
    app.wait("start")

    app.say({"event": "media", "media": {"payload": MP3}}, {"event": "mark", "mark": {"name": "after"}})

    (error,) = app.wait("error")
    assert (error["payload"]["code"], error["payload"]["title"]) == (expected, title)
    app.wait("mark")  # marks are not sounds
