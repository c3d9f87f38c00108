"""The guards of a campaign as a document: each holds with its default unless the campaign says otherwise.

A campaign may be stricter as it likes. Who makes a guard laxer than its default, or switches it off, says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from orchestrator.policy.because import Because, because_needed
from orchestrator.policy.purposes import UNCAPPED, Purpose


class Guard(StrEnum):
    """What watches a campaign; a campaign that it pauses has the code of its name as its `status_reason`."""

    ABANDON = "abandon"
    SILENCE = "silence"
    FAILURES = "failures"
    NO_ANSWERS = "no_answers"
    OPT_OUTS = "opt_outs"
    SPEND = "spend"

    @property
    def code(self) -> str:
        """The code of a campaign's `status_reason`."""
        return f"guard_{self.value}"


Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
_PAUSE: Final = "Null switches the guard off."
_BECAUSE: Final = "Why the guard is laxer than its default, or off."


class GuardRule(BaseModel):
    """One guard: the share at which it pauses the campaign, and why where that is laxer than the default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    default: ClassVar[float]

    pause: Share | None
    because: Because | None = Field(None, validate_default=True, description=_BECAUSE)

    @classmethod
    def is_looser(cls, share: float | None) -> bool:
        """Return whether this share is laxer than the default; None is off."""
        return share is None or share > cls.default

    @property
    def is_loosened(self) -> bool:
        """Whether the campaign has made it laxer than its default."""
        return self.is_looser(self.pause)

    @field_validator("because", mode="after")
    @classmethod
    def _says_why(cls, because: str | None, info: ValidationInfo) -> str | None:
        if because is None and "pause" in info.data and cls.is_looser(info.data["pause"]):
            raise because_needed(f"a guard that is laxer than its default of {cls.default}")
        return because


class AbandonGuard(GuardRule):
    """Pauses before more than this share of the people of 30 days were abandoned, on 100 people or more.

    On fewer than 100 people it allows as many as on 100. It warns above `warn`. 47 CFR 64.1200(a)(7).
    """

    default: ClassVar[float] = 0.03

    pause: Share | None = Field(0.03, description=_PAUSE)
    warn: Share | None = Field(0.02, description="The share above which the stats warn. Null: no warning.")

    @field_validator("warn", mode="after")
    @classmethod
    def _warns_in_time(cls, warn: float | None, info: ValidationInfo) -> float | None:
        pause = info.data.get("pause")
        if warn is not None and pause is not None and warn > pause and warn != cls.model_fields["warn"].default:
            raise PydanticCustomError("warn", "warn is at most pause, which is {pause}", {"pause": pause})
        return warn


class SilenceGuard(GuardRule):
    """Pauses when more than this share of the last 200 people heard nothing within three seconds."""

    default: ClassVar[float] = 0.05

    pause: Share | None = Field(0.05, description=_PAUSE)


class FailuresGuard(GuardRule):
    """Pauses when this share of 20 or more dials within 120 s is failed, not_found or rejected."""

    default: ClassVar[float] = 0.5

    pause: Share | None = Field(0.5, description=_PAUSE)


class NoAnswersGuard(GuardRule):
    """Pauses when the last 100 dials were answered less often than this share of the campaign's own median."""

    default: ClassVar[float] = 0.333

    pause: Share | None = Field(0.333, description=_PAUSE)

    @classmethod
    def is_looser(cls, share: float | None) -> bool:
        """Return whether this share is laxer than the default: it lets the rate of answers fall further."""
        return share is None or share < cls.default


class OptOutsGuard(GuardRule):
    """Pauses when more than this share of 100 people or more, the last 1,000 at most, opted out in the call."""

    default: ClassVar[float] = 0.05

    pause: Share | None = Field(0.05, description=_PAUSE)


class Guards(BaseModel):
    """The guards of a campaign; one that is left out holds with its default."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    abandon: AbandonGuard | None = None
    silence: SilenceGuard | None = None
    failures: FailuresGuard | None = None
    no_answers: NoAnswersGuard | None = None
    opt_outs: OptOutsGuard | None = None

    def in_force(self, purpose: Purpose) -> GuardsInForce:
        """Return every guard as it holds; calls to one's own staff and in an emergency may be abandoned by default."""
        off = AbandonGuard.model_construct(pause=None, warn=None, because=None)
        return GuardsInForce(
            abandon=self.abandon or (off if purpose in UNCAPPED else AbandonGuard()),
            silence=self.silence or SilenceGuard(),
            failures=self.failures or FailuresGuard(),
            no_answers=self.no_answers or NoAnswersGuard(),
            opt_outs=self.opt_outs or OptOutsGuard(),
        )

    def loosened(self) -> Mapping[str, str]:
        """Return why each guard is laxer than its default, by its field: `guards.silence`."""
        rules = {name: getattr(self, name) for name in type(self).model_fields}
        return {f"guards.{name}": rule.because or "" for name, rule in rules.items() if rule and rule.is_loosened}

    @classmethod
    def stored(cls, document: Mapping[str, object]) -> Self:
        """Return the guards that a campaign's row holds."""
        return cls.model_validate(document)


class GuardsInForce(Guards):
    """The guards as they hold for a campaign: none is left out."""

    abandon: AbandonGuard
    silence: SilenceGuard
    failures: FailuresGuard
    no_answers: NoAnswersGuard
    opt_outs: OptOutsGuard
