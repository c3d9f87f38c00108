"""What was captured of a call can be listed and fetched; sounds can be played into its stream."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.app import create_app
from orchestrator.media.capture_files import FOLDER, Capture, CapturedTrack
from orchestrator.media.reorder import Arrival
from orchestrator.media.stream_token import stream_path
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.audio_queue import Sound, fetch_sounds
from orchestrator.store.redis.keys import Keys
from tests.support.rest import KEY, Rest, fresh_number, pointers

UNKNOWN = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
MP3 = base64.b64encode(b"ID3" + bytes(20)).decode()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path, "media_url": "wss://media.example/"})


@pytest.fixture
def services(settings: Settings) -> object:
    services = Services(settings=settings)
    yield services
    services.close()


@pytest.fixture
def rest(services: Services) -> Rest:
    return Rest(create_app(services))


@pytest.fixture
def call_id(rest: Rest) -> str:
    body = {"to": fresh_number(), "ignore_hours": True, "because": "a test"}
    placed = rest.post("/v1/calls", body, headers={"Idempotency-Key": "one"})
    assert placed.status_code == 202, placed.text
    return str((placed.json or {})["id"])


def captured(data: Path, call_id: str, *, codec: str = "PCMU") -> str:
    """Capture a second of sound and return the name of its file."""
    moment = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    facts = {"file": "stream-1-inbound", "source": "stream", "track": "inbound", "codec": codec}
    begun = Capture.model_validate({**facts, "sample_rate": 8000, "channels": 1, "started_at": moment})
    track = CapturedTrack(data / FOLDER / call_id, begun)
    for _ in range(50):
        track.add(b"\x80" * 160)
    track.close(Arrival(received=49, lost=1), at=moment)
    return "stream-1-inbound.wav" if codec == "PCMU" else "stream-1-inbound.raw"


def fetch(rest: Rest, path: str, **headers: str) -> tuple[int, str, bytes]:
    """Return status, media type and body; the file behind it is closed."""
    with rest.get(path, headers=headers) as answer:
        return answer.status_code, answer.mimetype, answer.data


def test_a_call_without_captures_tells_where_its_stream_goes(rest: Rest, call_id: str) -> None:
    answer = rest.get(f"/v1/calls/{call_id}/media")

    path = stream_path(SecretStr(KEY), call_id)
    assert (answer.status_code, answer.json) == (200, {"stream_url": f"wss://media.example{path}", "data": []})


def test_captures_are_listed_and_served(rest: Rest, call_id: str, tmp_path: Path) -> None:
    file = captured(tmp_path, call_id)

    (shown,) = (rest.get(f"/v1/calls/{call_id}/media").json or {})["data"]
    status, media, sound = fetch(rest, shown["content"])

    assert (shown["file"], shown["track"], shown["codec"], shown["seconds"]) == (file, "inbound", "PCMU", 1.0)
    assert (shown["loss"], shown["received"], shown["lost"], shown["is_complete"]) == (0.02, 49, 1, True)
    assert shown["started_at"] == "2026-03-02T15:04:00.000Z"
    assert (status, media) == (200, "audio/wav")
    assert sound == (tmp_path / FOLDER / call_id / file).read_bytes()
    assert len(sound) == shown["bytes"]


def test_a_part_of_a_file_is_served_by_range(rest: Rest, call_id: str, tmp_path: Path) -> None:
    file = captured(tmp_path, call_id)

    assert fetch(rest, f"/v1/calls/{call_id}/media/{file}", Range="bytes=0-3") == (206, "audio/wav", b"RIFF")


def test_another_codec_is_served_as_it_came(rest: Rest, call_id: str, tmp_path: Path) -> None:
    file = captured(tmp_path, call_id, codec="OPUS")

    answer = fetch(rest, f"/v1/calls/{call_id}/media/{file}")

    assert answer == (200, "application/octet-stream", b"\x80" * 8_000)


@pytest.mark.parametrize(
    "name", ["../../api_key", "..%2f..%2fapi_key", "%2e%2e", "api_key", "stream-1-inbound.json", "none.wav", "a%00.wav"]
)
def test_nothing_but_captured_files_can_be_fetched(rest: Rest, call_id: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "api_key").write_text("secret")
    captured(tmp_path, call_id)

    answer = rest.get(f"/v1/calls/{call_id}/media/{name}")

    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_a_call_that_is_none_has_no_media(rest: Rest) -> None:
    assert rest.get(f"/v1/calls/{UNKNOWN}/media").status_code == 404
    assert rest.get(f"/v1/calls/{UNKNOWN}/media/x.wav").status_code == 404
    assert rest.get("/v1/calls/rtp/media/x.wav").status_code == 404


def test_media_needs_the_key(rest: Rest, call_id: str) -> None:
    assert rest.get(f"/v1/calls/{call_id}/media", headers={"Authorization": ""}).status_code == 401


def test_a_sound_waits_for_the_open_stream(rest: Rest, services: Services, call_id: str) -> None:
    services.redis.set(Keys().stream(call_id), b"")

    answer = rest.post(f"/v1/calls/{call_id}/media/play", {"payload": MP3})

    assert (answer.status_code, answer.json) == (202, {"status": "queued"})
    assert fetch_sounds(services.redis, Keys(), [call_id]) == {call_id: Sound(MP3)}


def test_a_sound_without_a_stream_is_refused(rest: Rest, call_id: str) -> None:
    answer = rest.post(f"/v1/calls/{call_id}/media/play", {"payload": MP3})

    assert (answer.status_code, (answer.json or {})["code"]) == (409, "no_stream")


def test_the_thirty_first_waiting_sound_is_refused_for_now(rest: Rest, services: Services, call_id: str) -> None:
    services.redis.set(Keys().stream(call_id), b"")
    services.redis.rpush(Keys().sounds(call_id), *["x"] * 30)

    answer = rest.post(f"/v1/calls/{call_id}/media/play", {"payload": MP3})

    assert (answer.status_code, (answer.json or {})["code"]) == (429, "sounds_waiting")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("payload", ["", "no base64!", None, 7])
def test_a_sound_that_is_no_base64_is_refused_by_field(rest: Rest, call_id: str, payload: object) -> None:
    assert "/payload" in pointers(rest.post(f"/v1/calls/{call_id}/media/play", {"payload": payload}))


def test_erasing_a_contact_removes_what_was_captured_of_its_calls(
    rest: Rest, services: Services, call_id: str, tmp_path: Path
) -> None:
    captured(tmp_path, call_id)
    contact_id = (rest.get(f"/v1/calls/{call_id}").json or {})["contact_id"]
    with services.sql.begin() as tx:
        tx.exec_driver_sql("UPDATE calls SET state = 'ended'")
        tx.exec_driver_sql("UPDATE contacts SET status = 'completed'")

    erased = rest.delete(f"/v1/contacts/{contact_id}")

    assert erased.status_code == 204
    assert not (tmp_path / FOLDER / call_id).exists()


def test_a_sound_for_a_call_that_is_none_is_for_nobody(rest: Rest) -> None:
    assert rest.post(f"/v1/calls/{UNKNOWN}/media/play", {"payload": MP3}).status_code == 404
    assert rest.post("/v1/calls/none/media/play", {"payload": MP3}).status_code == 404


def test_a_file_that_is_known_is_not_sent_again(rest: Rest, call_id: str, tmp_path: Path) -> None:
    path = f"/v1/calls/{call_id}/media/{captured(tmp_path, call_id)}"
    with rest.get(path) as first:
        etag = first.headers["ETag"]

    status, _, sound = fetch(rest, path, **{"If-None-Match": etag})

    assert (status, sound) == (304, b"")
    assert fetch(rest, path, Range="bytes=9999999-")[0] == 416
