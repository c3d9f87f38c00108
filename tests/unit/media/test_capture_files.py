"""Tracks become files that any player opens, with a description beside them."""

from __future__ import annotations

import math
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.errors import NotFound
from orchestrator.media.capture_files import Capture, CapturedTrack, capture_file, list_captures
from orchestrator.media.companding import alaw_to_pcm, mulaw_to_pcm
from orchestrator.media.reorder import Arrival

CALL = "call_01JGZ5N3W8Q4V6X7Y8Z9ABCDEF"
BEGAN = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)


def begun(**changes: object) -> Capture:
    facts = {"file": "stream-1-inbound", "source": "stream", "track": "inbound", "codec": "PCMU"}
    return Capture.model_validate({**facts, "sample_rate": 8000, "channels": 1, "started_at": BEGAN, **changes})


def samples(pcm: bytes) -> list[int]:
    return [int.from_bytes(pcm[at : at + 2], "little", signed=True) for at in range(0, len(pcm), 2)]


def test_mu_law_expands_as_g711_says() -> None:
    assert samples(mulaw_to_pcm(b"\xff\x7f\x00\x80\xfe\x10")) == [0, 0, -32124, 32124, 8, -15996]


def test_mu_law_keeps_its_sign_and_grows_with_its_code() -> None:
    levels = samples(mulaw_to_pcm(bytes(range(255, 127, -1))))

    assert levels == sorted(levels)
    assert [-level for level in levels] == samples(mulaw_to_pcm(bytes(range(127, -1, -1))))


def test_a_law_expands_as_g711_says() -> None:
    assert samples(alaw_to_pcm(b"\xd5\x55\xaa\x2a")) == [8, -8, 32256, -32256]


def test_a_track_becomes_a_wav_in_which_what_never_came_is_silence(tmp_path: Path) -> None:
    track = CapturedTrack(tmp_path / CALL, begun())

    for piece in (b"\x80" * 160, None, b"\x00" * 160):
        track.add(piece)
    track.close(Arrival(received=2, lost=1), at=BEGAN)

    with wave.open(str(tmp_path / CALL / "stream-1-inbound.wav")) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 8000)
        heard = samples(wav.readframes(wav.getnframes()))
    assert heard == [32124] * 160 + [0] * 160 + [-32124] * 160
    (capture,) = list_captures(tmp_path, CALL)
    assert (capture.file, capture.seconds, capture.bytes) == ("stream-1-inbound.wav", 0.06, 44 + 960)
    assert (capture.is_complete, capture.lost, math.isclose(capture.loss, 1 / 3, abs_tol=1e-6)) == (True, 1, True)


def test_a_file_is_whole_at_any_moment_and_its_description_says_that_more_may_come(tmp_path: Path) -> None:
    track = CapturedTrack(tmp_path / CALL, begun())

    for _ in range(75):
        track.add(b"\xff" * 160)

    with wave.open(str(tmp_path / CALL / "stream-1-inbound.wav")) as wav:
        assert wav.getnframes() == 50 * 160
    (capture,) = list_captures(tmp_path, CALL)
    assert (capture.seconds, capture.is_complete) == (1.0, False)
    track.close(Arrival(), at=BEGAN)


def test_another_codec_is_kept_as_it_came(tmp_path: Path) -> None:
    track = CapturedTrack(tmp_path / CALL, begun(codec="OPUS", sample_rate=16_000))

    track.add(b"abc")
    track.add(None)
    track.add(b"def")
    track.close(Arrival(received=2, lost=1), at=BEGAN)

    assert capture_file(tmp_path, CALL, "stream-1-inbound.raw").read_bytes() == b"abcdef"
    assert list_captures(tmp_path, CALL)[0].seconds is None


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    CapturedTrack(tmp_path / CALL, begun()).close(Arrival(), at=BEGAN)

    with pytest.raises(FileExistsError):
        CapturedTrack(tmp_path / CALL, begun())


def test_a_call_without_captures_has_an_empty_list(tmp_path: Path) -> None:
    assert list_captures(tmp_path, CALL) == []
    assert list_captures(tmp_path, "..") == []


@pytest.mark.parametrize(
    "name",
    [
        "../secret.wav",
        "..",
        "",
        "/etc/passwd",
        "secret.txt",
        "a/b.wav",
        "x.wav\x00",
        "link.wav",
        "stream-1-inbound.json",
    ],
)
def test_only_captured_files_can_be_reached(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (tmp_path / CALL).mkdir()
    (tmp_path / CALL / "link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / CALL / "secret.txt").write_bytes(b"secret")

    with pytest.raises(NotFound):
        capture_file(tmp_path, CALL, name)


def test_a_description_that_cannot_be_read_hides_only_itself(tmp_path: Path) -> None:
    CapturedTrack(tmp_path / CALL, begun()).close(Arrival(), at=BEGAN)
    (tmp_path / CALL / "broken.json").write_text("{")

    assert [capture.file for capture in list_captures(tmp_path, CALL)] == ["stream-1-inbound.wav"]
