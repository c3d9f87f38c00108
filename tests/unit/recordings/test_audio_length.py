"""Only sound counts as a recording, and only as much as is there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from orchestrator.recordings.audio_file import AudioFile, read_audio_file
from tests.support.sounds import mp3, wav

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Expired</Message></Error>'
ID3 = b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)
LAYER_1 = (bytes.fromhex("ffff18c4") + bytes(44)) * 50  # 32 kbit/s, 32 kHz: 384 samples in 48 bytes
LAYER_2 = (bytes.fromhex("fffd18c4") + bytes(140)) * 50  # 32 kbit/s, 32 kHz: 1152 samples in 144 bytes
V2_5 = (bytes.fromhex("ffe318c4") + bytes(68)) * 50  # MPEG-2.5, 8 kbit/s, 8 kHz: 576 samples in 72 bytes
STEREO = (bytes.fromhex("fffb90c4") + bytes(413)) * 50  # MPEG-1, 128 kbit/s, 44.1 kHz: 1152 samples in 417 bytes


def sound(tmp_path: Path, data: bytes) -> AudioFile | None:
    path = tmp_path / "draft"
    path.write_bytes(data)
    return read_audio_file(path)


@pytest.mark.parametrize(
    ("form", "data", "seconds"),
    [
        ("wav", wav(8), 8),
        ("wav", wav(8, channels=2), 8),
        ("wav", wav(8, rate=16000), 8),
        ("wav", wav(8, bits=8, codec=7), 8),  # µ-law
        ("wav", wav(8, said=0), 8),
        ("wav", wav(8, said=0xFFFFFFFF), 8),
        ("wav", wav(8).replace(b"data", b"LIST\x04\x00\x00\x00INFOdata", 1), 8),
        ("wav", wav(8) + b"id3 \x04\x00\x00\x00none", 8),
        ("mp3", mp3(8.016), 8.016),
        ("mp3", ID3 + mp3(8.016), 8.016),
        ("mp3", ID3 + ID3 + mp3(8.016), 8.016),
        ("mp3", mp3(8.016) + b"TAG" + bytes(125), 8.016),
        ("mp3", bytes(700) + mp3(8.016), 8.016),
        ("mp3", mp3(4.008) + b"\x00\xffgarbage" + mp3(4.008), 8.016),
        ("mp3", LAYER_1, 0.6),
        ("mp3", LAYER_2, 1.8),
        ("mp3", V2_5, 3.6),
        ("mp3", STEREO, 50 * 1152 / 44100),
        ("mp3", STEREO[:417], 1152 / 44100),
        ("mp3", mp3(8.016)[:-20], 7.992),  # its last frame is cut
    ],
)
def test_sound_is_as_long_as_its_samples(tmp_path: Path, form: str, data: bytes, seconds: float) -> None:
    found = sound(tmp_path, data)

    assert found is not None and found.format == form
    assert found.seconds == pytest.approx(seconds, abs=0.002)
    assert found.shortage(seconds) == ""


@pytest.mark.parametrize(
    "data",
    [
        XML,
        b"\xef\xbb\xbf" + XML,
        b"<!DOCTYPE html><html><head><title>504 Gateway Time-out</title></head><body></body></html>",
        json.dumps({"errors": [{"code": "10005", "title": "Resource not found"}]}).encode(),
        XML.decode().encode("utf-16"),
        b"Not Found",
        b"\n",
        b"\x00",
        bytes(5000),
        b"\xff" * 5000,
        b"\xff\xfe" * 2500,
        bytes(range(256)) * 100,
        gzip.compress(mp3(8), mtime=0),
        b"ID3",
        ID3,
        ID3 + XML,
        b"RIFF",
        b"RIFF\x24\x00\x00\x00WAVE",
        b"RIFF\x24\x00\x00\x00AVI fmt ",
        b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(16) + b"data\x00\x00\x00\x00",
        b"OggS\x00\x02" + bytes(500),
        b"fLaC" + bytes(500),
        b"\x00\x00\x00\x20ftypM4A " + bytes(500),
        b"%PDF-1.7\n" + bytes(500),
        XML * 200 + mp3(8),
    ],
)
def test_whatever_else_a_link_may_lead_to_is_no_sound(tmp_path: Path, data: bytes) -> None:
    assert sound(tmp_path, data) is None


@pytest.mark.parametrize(
    ("data", "reported_s"),
    [
        (wav(0), 8.0),
        (wav(0), None),
        (wav(0, said=128_000), None),
        (wav(4, said=128_000), None),
        (wav(6.9), 8.0),
        (wav(0.3), 0.8),
        (wav(0), 0.5),
        (mp3(4), 8.0),
        (mp3(0.024), 8.0),
        (mp3(6.8), 8.0),
        (mp3(0.24), 0.5),
        (mp3(94), 96.0),
    ],
)
def test_sound_shorter_than_was_told_is_not_taken_for_whole(
    tmp_path: Path, data: bytes, reported_s: float | None
) -> None:
    found = sound(tmp_path, data)

    assert found is not None
    assert "of sound came of" in found.shortage(reported_s)


@pytest.mark.parametrize(
    ("data", "reported_s"),
    [
        (wav(7.0), 8.0),
        (wav(8), None),
        (wav(9), 8.0),
        (wav(60), 8.0),
        (wav(0.45), 0.8),
        (mp3(7.0), 8.0),
        (mp3(0.5), 0.5),
        (mp3(0.5), 0.0),
        (mp3(95), 96.0),
        (wav(8), -3.0),
    ],
)
def test_a_second_and_a_hundredth_may_be_missing_and_anything_may_be_there_beside(
    tmp_path: Path, data: bytes, reported_s: float | None
) -> None:
    found = sound(tmp_path, data)

    assert found is not None
    assert found.shortage(reported_s) == ""


def test_frames_that_the_first_one_announces_and_that_are_not_there_are_missing(tmp_path: Path) -> None:
    announcing = bytes.fromhex("fffb90c4") + bytes(32) + b"Xing\x00\x00\x00\x01" + (400).to_bytes(4) + bytes(369)

    found = sound(tmp_path, announcing + STEREO)

    assert found is not None
    assert found.shortage(None) == "1.3 s of sound came of 10.4 s that were told"


def test_a_long_stretch_of_anything_else_is_not_searched_for_ever(tmp_path: Path) -> None:
    found = sound(tmp_path, mp3(8) + b"\xff" * 1_100_000 + mp3(8))

    assert found is not None and found.seconds == pytest.approx(8, abs=0.03)
