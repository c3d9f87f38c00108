"""Recordings are files that players accept, as long as what was recorded."""

from __future__ import annotations

import io
import wave

import pytest

from simulator.media.audio_files import audio_file


@pytest.mark.parametrize("seconds", [0.25, 1, 8.3, 61])
def test_a_wav_recording_is_as_long_as_what_was_recorded(seconds: float) -> None:
    with wave.open(io.BytesIO(audio_file("wav", seconds))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(seconds, abs=0.001)


def test_an_mp3_recording_is_whole_frames_as_long_as_what_was_recorded() -> None:
    data = audio_file("mp3", 8.3)

    assert len(data) % 36 == 0 and len(data) // 36 * 0.036 == pytest.approx(8.3, abs=0.04)
    assert data[:2] == data[36:38] == b"\xff\xf3"


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_a_recording_of_no_time_at_all_is_a_file_all_the_same(form: str) -> None:
    assert audio_file(form, 0)
