"""Telling synthetic voices from real ones."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, unset_means


class DeepfakeDetection(Part):
    """Whether a voice is real; times in seconds (rtp 30, whole 15 unless set)."""

    enabled: bool
    rtp_timeout: Annotated[int, Field(ge=5, le=120)] | None = unset_means(30)
    timeout: Annotated[int, Field(ge=5, le=60)] | None = unset_means(15)
