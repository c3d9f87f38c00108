"""Recording that begins by itself when a leg answers or is bridged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, unset_means
from orchestrator.telnyx.commands.values import AudioFormat, Channels, Count, FileName, Track


class Recorded(Part):
    """What is recorded from the answer on; lengths in seconds, at most 43,200, 0 for no limit.

    Unless set: dual channels, mp3, both tracks (public schema of 2026-07-16).
    """

    record: Literal["record-from-answer"] | None = None
    record_channels: Channels | None = unset_means("dual")
    record_custom_file_name: FileName | None = None
    record_format: AudioFormat | None = unset_means("mp3")
    record_max_length: Annotated[int, Field(ge=0, le=43_200)] | None = unset_means(0)
    record_timeout_secs: Count | None = unset_means(0)
    record_track: Track | None = unset_means("both")
    record_trim: Literal["trim-silence"] | None = None
