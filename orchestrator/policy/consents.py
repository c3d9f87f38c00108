"""Consent: what a person may give, what a campaign asks for, and whether what was given still holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from orchestrator.policy.purposes import Purpose


class ConsentKind(StrEnum):
    """How a consent was given."""

    EXPRESS = "express"
    WRITTEN = "written"
    ORAL = "oral"


class RequiredConsent(StrEnum):
    """The consent without which a campaign dials nobody: none, one of any kind, or one in writing."""

    NONE = "none"
    EXPRESS = "express"
    WRITTEN = "written"


class RevokedScope(StrEnum):
    """What a revocation covers: every call, or the calls about one subject."""

    ALL = "all"
    SUBJECT = "subject"


class RevocationChannel(StrEnum):
    """The way on which a revocation came in."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    MAIL = "mail"
    AGENT = "agent"
    OTHER = "other"


class OnOptOut(StrEnum):
    """What becomes of a call that rings when its number is suppressed or its person revokes."""

    FINISH = "finish"
    HANGUP = "hangup"


def _once_each(purposes: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    return tuple(dict.fromkeys(purposes))


Purposes = Annotated[tuple[Purpose, ...], Field(min_length=1, max_length=len(Purpose)), AfterValidator(_once_each)]


class ConsentRule(BaseModel):
    """The consent that a campaign asks for; a revocation binds it whatever it asks for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    require: RequiredConsent = Field(
        RequiredConsent.NONE,
        description="`express`: a consent of any kind; `written`: one in writing. Without it a contact is held.",
    )
    purposes: Purposes | None = Field(
        None, description="What the consent must cover. Null: the campaign's own purpose."
    )


def holds(given_at: datetime | None, *, revoked_at: datetime | None) -> bool:
    """Return whether a consent was given after the last revocation; of two at one instant the revocation counts."""
    return given_at is not None and (revoked_at is None or given_at > revoked_at)
