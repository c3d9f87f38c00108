"""Duration of an MPEG audio file, by counting its frames."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from mmap import mmap
from typing import Final

from orchestrator.recordings.wav import AudioLength

_TAG_HEAD: Final = 10
_LEAD_BYTES: Final = 4096  # of anything else before the first frame
_SKIPPED_AT_MOST: Final = 1_000_000  # of anything else between frames: looking through it is slow
_INFO_BYTES: Final = 64  # within which the first frame says how many follow

# By version (2.5, reserved, 2, 1) and layer (reserved, III, II, I), as a frame's head numbers them (ISO 13818-3).
_RATES: Final = ((11025, 12000, 8000), (), (22050, 24000, 16000), (44100, 48000, 32000))
_V1 = {
    3: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    1: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_V2 = {
    3: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    1: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True, slots=True)
class _Frame:
    kind: tuple[int, int, int]
    size: int
    seconds: float


def mp3_length(data: mmap) -> AudioLength | None:
    """Return the length of an MPEG audio file; None where nothing of the kind begins it."""
    at = _after_tags(data)
    first = _find_frame(data, at, until=at + _LEAD_BYTES)
    if first is None:
        return None
    at, frame = first
    declared_s = _declared_frames(data[at : at + _INFO_BYTES]) * frame.seconds
    present_s, skippable = 0.0, _SKIPPED_AT_MOST
    while True:
        if at + frame.size <= len(data):
            present_s += frame.seconds
        at += frame.size
        following = _frame(data, at)
        if following is None or following.kind != frame.kind:
            if (found := _find_frame(data, at, until=at + skippable)) is None:
                return AudioLength(present_s, max(declared_s, present_s))
            skippable -= found[0] - at
            at, following = found
        frame = following


def _find_frame(data: mmap, at: int, *, until: int) -> tuple[int, _Frame] | None:
    """Return the next frame that another of its kind follows, or the end: a pair of bytes alone may look like one."""
    while (at := data.find(b"\xff", at, until)) >= 0:
        frame = _frame(data, at)
        if frame and _is_followed(data, at + frame.size, frame):
            return at, frame
        at += 1
    return None


def _is_followed(data: mmap, at: int, frame: _Frame) -> bool:
    if at >= len(data) - 3:
        return at == len(data)
    after = _frame(data, at)
    return after is not None and after.kind == frame.kind


def _frame(data: mmap, at: int) -> _Frame | None:
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] < 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    rate_at, bits_at, padding = data[at + 2] >> 2 & 3, data[at + 2] >> 4, data[at + 2] >> 1 & 1
    if version == 1 or layer == 0 or rate_at == 3 or bits_at in (0, 15):
        return None
    rate, bits_per_s = _RATES[version][rate_at], 1000 * (_V1 if version == 3 else _V2)[layer][bits_at - 1]
    samples = 384 if layer == 3 else 576 if layer == 1 and version != 3 else 1152
    unit = 4 if layer == 3 else 1
    size = (samples // 8 // unit * bits_per_s // rate + padding) * unit
    return _Frame((version, layer, rate), size, samples / rate)


def _after_tags(data: mmap) -> int:
    """Return the offset after the ID3v2 tags; each has its length in four bytes of seven bits."""
    at = 0
    while data[at : at + 3] == b"ID3" and at + _TAG_HEAD <= len(data):
        a, b, c, d = data[at + 6 : at + _TAG_HEAD]
        has_foot = bool(data[at + 5] & 0x10)
        at += _TAG_HEAD * (1 + has_foot) + ((a & 127) << 21 | (b & 127) << 14 | (c & 127) << 7 | d & 127)
    return at


def _declared_frames(head: bytes) -> int:
    """Return the number of frames that the first one (Xing, Info) declares, 0 if it does not."""
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or at + 12 > len(head) or not head[at + 7] & 1:
        return 0
    return int(struct.unpack_from(">I", head, at + 8)[0])
