"""How a leg's voice is changed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, unset_means


class SoundModifications(Part):
    """A changed voice: octaves -1..1, pitch above 0 (1 is unchanged), semitones -14..14."""

    octaves: Annotated[float, Field(ge=-1, le=1)] | None = unset_means(0)
    pitch: Annotated[float, Field(gt=0)] | None = unset_means(1)
    semitone: Annotated[float, Field(ge=-14, le=14)] | None = unset_means(0)
    track: str | None = unset_means("outbound")
