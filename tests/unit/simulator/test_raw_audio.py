"""A payload of raw audio lasts 20 ms to 30 s, by its codec and rate."""

from __future__ import annotations

import pytest

from simulator.media.raw_audio import negotiated_format

# Codec, sampling rate, minimum and maximum bytes, whether the playing time is exact.
LIMITS = [
    (None, None, 160, 240_000, True),
    ("PCMU", None, 160, 240_000, True),
    ("PCMU", 8_000, 160, 240_000, True),
    ("PCMA", 8_000, 160, 240_000, True),
    ("PCMU", 16_000, 320, 480_000, True),
    ("PCMA", 24_000, 480, 720_000, True),
    ("G722", None, 160, 240_000, True),
    ("G722", 8_000, 160, 240_000, True),
    ("G722", 16_000, 160, 240_000, True),
    ("L16", None, 320, 480_000, True),
    ("L16", 8_000, 320, 480_000, True),
    ("L16", 16_000, 640, 960_000, True),
    ("L16", 22_050, 882, 1_323_000, True),
    ("L16", 24_000, 960, 1_440_000, True),
    ("L16", 48_000, 1_920, 2_880_000, True),
    ("AMR-WB", None, 18, 91_500, False),
    ("AMR-WB", 16_000, 18, 91_500, False),
    ("OPUS", None, 16, 1_914_000, False),
    ("OPUS", 48_000, 16, 1_914_000, False),
]


@pytest.mark.parametrize(("codec", "rate", "minimum", "maximum", "is_exact"), LIMITS)
def test_a_payload_lasts_20_ms_to_30_s(
    codec: str | None, rate: int | None, minimum: int, maximum: int, is_exact: bool
) -> None:
    sound = negotiated_format({"stream_bidirectional_codec": codec, "stream_bidirectional_sampling_rate": rate})

    shortest, longest = sound.seconds(bytes(minimum)), sound.seconds(bytes(maximum))

    assert shortest is not None and longest is not None
    if is_exact:
        assert (shortest, longest) == (pytest.approx(0.02), pytest.approx(30))
    assert sound.seconds(bytes(minimum - sound.step)) is None
    assert sound.seconds(bytes(maximum + sound.step)) is None
    assert sound.seconds(b"") is None


def test_half_a_sample_is_invalid() -> None:
    assert negotiated_format({"stream_bidirectional_codec": "L16"}).seconds(bytes(321)) is None
