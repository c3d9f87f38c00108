"""Taking noise out of a leg's audio, and leaving it in again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, Problem, RepeatableCommand, unset_means

# A to D are the engines' old names, still taken (the official SDK's text).
NoiseEngine = Literal[
    "Denoiser",
    "DeepFilterNet",
    "Krisp",
    "AiCoustics",
    "aic_l_quail",
    "aic_l_rook",
    "aic_s_quail",
    "aic_s_rook",
    "quail_voice_focus_s",
    "quail_voice_focus_xs",
    "A",
    "B",
    "C",
    "D",
]

_OLD_NAMES: Final = {"A": "Denoiser", "B": "DeepFilterNet", "C": "Krisp", "D": "AiCoustics"}
_OWNERS: Final = {
    "attenuation_limit": "DeepFilterNet",
    "mode": "DeepFilterNet",
    "model": "Krisp",
    "suppression_level": "Krisp",
    "enhancement_level": "AiCoustics",
    "family": "AiCoustics",
    "size": "AiCoustics",
    "voice_gain": "AiCoustics",
}
_SIZES_OF_ONE_FAMILY: Final = {"xs": "sparrow", "xxs": "sparrow", "vf_l": "quail", "vf_1_1_l": "quail"}


class NoiseSettings(Part):
    """Settings of one engine: limits and levels 0..100, `enhancement_level` 0..1, `voice_gain` a factor 0.1..4.

    DeepFilterNet knows `attenuation_limit` (100 unless set) and `mode`, Krisp `model` and `suppression_level`,
    AiCoustics the rest; sizes xs and xxs are of the family sparrow only, vf_l and vf_1_1_l of quail.
    """

    attenuation_limit: Annotated[int, Field(ge=0, le=100)] | None = unset_means(100)
    enhancement_level: Annotated[float, Field(ge=0, le=1)] | None = None
    family: Literal["sparrow", "quail"] | None = None
    mode: Literal["standard", "advanced"] | None = None
    model: (
        Literal["krisp-viva-tel-v2.kef", "krisp-viva-tel-lite-v1.kef", "krisp-viva-pro-v1.kef", "krisp-viva-ss-v1.kef"]
        | None
    ) = None
    size: Literal["s", "l", "xs", "xxs", "vf_l", "vf_1_1_l"] | None = None
    suppression_level: Annotated[float, Field(ge=0, le=100)] | None = None
    voice_gain: Annotated[float, Field(ge=0.1, le=4)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a size that the family does not have."""
        yield from super().problems()
        needed = _SIZES_OF_ONE_FAMILY.get(self.size or "")
        if needed and self.family not in {None, needed}:
            yield Problem("size", f"{self.size} is only of the family {needed}")


class SuppressionStart(RepeatableCommand):
    """Suppress noise of what comes in (unless `direction` says otherwise), with Denoiser unless an engine is named.

    No webhook follows.
    """

    action: ClassVar[str] = "suppression_start"
    stopped_by: ClassVar[str | None] = "suppression_stop"

    direction: Literal["inbound", "outbound", "both"] | None = unset_means("inbound")
    noise_suppression_engine: NoiseEngine | None = unset_means("Denoiser")
    noise_suppression_engine_config: NoiseSettings | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield settings of another engine than the one that runs."""
        yield from super().problems()
        engine = _family_name(self.noise_suppression_engine)
        settings = self.noise_suppression_engine_config
        for name in sorted(settings.model_fields_set) if settings else ():
            if _OWNERS[name] != engine:
                yield Problem("noise_suppression_engine_config", f"{name} belongs to {_OWNERS[name]}, not to {engine}")


class SuppressionStop(RepeatableCommand):
    """Stop suppressing noise; no webhook follows."""

    action: ClassVar[str] = "suppression_stop"


def _family_name(engine: str | None) -> str:
    if engine is None:
        return "Denoiser"
    return "AiCoustics" if engine.startswith(("aic_", "quail_")) else _OLD_NAMES.get(engine, engine)
