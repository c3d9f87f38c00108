"""Recordings are files that players accept, as long as the recording lasted."""

from __future__ import annotations

import io
import wave

import pytest

from simulator.media.audio_files import audio_file


@pytest.mark.parametrize("seconds", [0.25, 1, 8.3, 61])
def test_a_wav_file_is_as_long_as_the_recording(seconds: float) -> None:
    with wave.open(io.BytesIO(audio_file("wav", seconds))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(seconds, abs=0.001)


def test_an_mp3_file_has_whole_frames_and_is_as_long_as_the_recording() -> None:
    data = audio_file("mp3", 8.3)

    assert len(data) % 36 == 0 and len(data) // 36 * 0.036 == pytest.approx(8.3, abs=0.04)
    assert data[:2] == data[36:38] == b"\xff\xf3"


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_a_recording_of_no_length_is_a_file(form: str) -> None:
    assert audio_file(form, 0)
