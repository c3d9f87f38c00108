"""Sample speech: one sentence for each direction, in frames of 20 ms."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from simulator.media.companding import to_alaw

FRAME_MS = 20
FRAME_SAMPLES = 160  # at 8,000 samples per second
CODECS = ("PCMU", "PCMA")


@cache
def speech_frames(track: str, codec: str = "PCMU") -> tuple[bytes, ...]:
    """Return three seconds of speech, to be repeated, in frames of 20 ms.

    The track is `inbound` (the far end) or `outbound`; the codec is one of `CODECS`.
    """
    spoken = files("simulator.media").joinpath("sounds", f"{track}.ulaw").read_bytes()
    sound = to_alaw(spoken) if codec == "PCMA" else spoken
    return tuple(sound[at : at + FRAME_SAMPLES] for at in range(0, len(sound), FRAME_SAMPLES))
