"""A rule of a pack: what it is about, which calls it binds, and where it is written."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from orchestrator.policy.law.kinds import Kind, read_value
from orchestrator.policy.purposes import Purpose, Voice

LOOKED_OVER_ON: Final = date(2026, 11, 29)
"""The day on which the packs were last looked over: no rule can have been read later."""

_ALL_BUT_EMERGENCIES = frozenset(Purpose) - {Purpose.EMERGENCY}
_ALL_VOICES = frozenset(Voice)


class Confidence(StrEnum):
    """How sure a rule is: read in the text of the law, in a text about it, or in a table of a vendor."""

    TEXT = "text"
    SECONDARY = "secondary"
    VENDOR = "vendor"


def _not_later(as_of: date) -> date:
    if as_of > LOOKED_OVER_ON:
        raise PydanticCustomError("as_of", "{day} is still to come", {"day": as_of.isoformat()})
    return as_of


class RuleRow(BaseModel):
    """A `[[rule]]` of a pack. Left out, `purposes` are all but emergency, and `voices` all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    purposes: Annotated[frozenset[Purpose], Field(min_length=1)] = _ALL_BUT_EMERGENCIES
    voices: Annotated[frozenset[Voice], Field(min_length=1)] = _ALL_VOICES
    value: Any
    source: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    as_of: Annotated[date, AfterValidator(_not_later)]
    confidence: Confidence

    @field_validator("value")
    @classmethod
    def _is_of_its_kind(cls, value: Any, info: ValidationInfo) -> Any:
        return read_value(info.data["kind"], value) if "kind" in info.data else value


class Rule(NamedTuple):
    """A rule with the pack that it stands in."""

    pack: str
    row: RuleRow

    def binds(self, purpose: Purpose, voice: Voice | None) -> bool:
        """Return whether it binds calls for this purpose in this voice; None is a voice that nobody knows: all."""
        return purpose in self.row.purposes and (voice is None or voice in self.row.voices)
