"""Caps on dials per number and per caller id within 24 hours."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.bounds import DIALS_PER_NUMBER, DialsPerCallerId, DialsPerNumber

CAP_WINDOW = timedelta(days=1)


class Caps(BaseModel):
    """The caps of an installation or a campaign; null is no cap, and the smaller of two caps applies."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    per_number_24h: DialsPerNumber | None = Field(
        None, description="Dials to one number in 24 h, all campaigns and single calls together. Null: as set for all."
    )
    per_caller_id_24h: DialsPerCallerId | None = Field(
        None, description="Dials from one caller id in 24 h, all campaigns and single calls together. Null: as for all."
    )

    def loosened_by(self, wanted: Caps) -> dict[str, int]:
        """Return the caps, by name, that `wanted` exceeds: a campaign may only lower them."""
        caps = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: cap for name, cap in caps.items() if cap is not None and (getattr(wanted, name) or 0) > cap}


DEFAULT_CAPS = Caps(per_number_24h=DIALS_PER_NUMBER)
"""The caps of an installation without settings of its own."""
