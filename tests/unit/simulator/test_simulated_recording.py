"""Recordings are files that players accept."""

from __future__ import annotations

import io
import wave

from simulator.recording import sound_file


def test_a_wav_recording_is_a_quarter_of_a_second_of_sound() -> None:
    with wave.open(io.BytesIO(sound_file("wav"))) as sound:
        assert sound.getnframes() / sound.getframerate() == 0.25


def test_an_mp3_recording_is_whole_frames() -> None:
    data = sound_file("mp3")

    assert len(data) % 417 == 0
    assert data[:2] == data[417:419] == b"\xff\xfb"
