"""Duration of a downloaded audio file, measured from its contents and not from its header."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.errors import StoreUnavailable
from orchestrator.recordings.mp3 import mp3_length
from orchestrator.recordings.wav import AudioLength, wav_length

# No library does this: they use the header, or extrapolate from the first frames and the file size.
_READERS: Final[Mapping[str, Callable[[mmap.mmap], AudioLength | None]]] = {"wav": wav_length, "mp3": mp3_length}

# The carrier's two times are those of its events: the first packet comes a moment later, and clocks differ a little.
_SLACK_S: Final = 1.0
_SLACK_SHARE: Final = 0.01
_MOST_SLACK_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class AudioFile:
    """The format of a file, its seconds of audio, and the seconds that its header declares."""

    format: str
    seconds: float
    declared_s: float

    def shortage(self, reported_s: float | None) -> str:
        """Return a sentence about missing audio, "" if the file is complete.

        One second plus 1 % of the declared duration may be missing, but never more than half. A longer file is
        complete.
        """
        declared_s = max(self.declared_s, reported_s or 0.0)
        slack_s = min(_SLACK_S + _SLACK_SHARE * declared_s, _MOST_SLACK_SHARE * declared_s)
        if self.seconds > 0 and self.seconds >= declared_s - slack_s:
            return ""
        return f"{self.seconds:.1f} s of sound came of {declared_s:.1f} s that were told"


def read_audio_file(path: Path) -> AudioFile | None:
    """Return the duration of a file; None if it is neither WAVE nor MPEG audio. Raises StoreUnavailable."""
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
