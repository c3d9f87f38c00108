"""The caps and rests that hold for a contact, and who may say one."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from orchestrator.policy.caps import stricter
from orchestrator.policy.law.law import Law


class Author(StrEnum):
    """Who says a cap, a rest or a gap."""

    LAW = "law"
    INSTALLATION = "installation"
    CAMPAIGN = "campaign"
    POOL = "pool"


class Limits(NamedTuple):
    """Caps and rests of a number, named as in `Caps`; None is none."""

    per_number_24h: int | None = None
    per_number_7d: int | None = None
    per_subject_24h: int | None = None
    rest_after_human: timedelta | None = None
    rest_after_abandoned: timedelta | None = None

    def tightened_by(self, other: Limits) -> Limits:
        """Return the stricter of each."""
        return Limits(*map(stricter, self, other))


NO_LIMITS: Final = Limits()


def limits_of_law(law: Law | None) -> Limits:
    """Return what the law says; nothing where it does not bind."""
    if law is None:
        return NO_LIMITS
    caps, rests = law.caps, law.rests
    return Limits(
        caps.per_number_24h, caps.per_number_7d, caps.per_subject_24h, rests.after_human, rests.after_abandoned
    )
