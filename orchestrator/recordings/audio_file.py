"""Whether a downloaded file is sound, and how much of it: what is there counts, not what a head promises."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.errors import StoreUnavailable
from orchestrator.recordings.mp3 import mp3_length
from orchestrator.recordings.wav import AudioLength, wav_length

# No library does: they take a length from the head, or reckon it from the first frames and the file's size.
_READERS: Final[Mapping[str, Callable[[mmap.mmap], AudioLength | None]]] = {"wav": wav_length, "mp3": mp3_length}

# The carrier's two times are those of its events: the first packet comes a moment later, and clocks differ a little.
_SLACK_S: Final = 1.0
_SLACK_SHARE: Final = 0.01
_MOST_SLACK_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file's format, the seconds of sound in it, and the seconds that its own head announces."""

    format: str
    seconds: float
    declared_s: float

    def shortage(self, reported_s: float | None) -> str:
        """Return what is missing in words, "" where nothing is.

        A second and a hundredth of what was announced may be missing, and never more than its half. What is longer is
        whole.
        """
        declared_s = max(self.declared_s, reported_s or 0.0)
        slack_s = min(_SLACK_S + _SLACK_SHARE * declared_s, _MOST_SLACK_SHARE * declared_s)
        if self.seconds > 0 and self.seconds >= declared_s - slack_s:
            return ""
        return f"{self.seconds:.1f} s of sound came of {declared_s:.1f} s that were told"


def read_audio_file(path: Path) -> AudioFile | None:
    """Return what a file holds; None where it is neither WAVE nor MPEG audio. Raises StoreUnavailable."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _read(data)
    except OSError as err:
        raise StoreUnavailable(f"the folder of recordings ({err.strerror})") from err


def _read(data: mmap.mmap) -> AudioFile | None:
    for name, reader in _READERS.items():
        if length := reader(data):
            return AudioFile(name, length.present_s, length.declared_s)
    return None
