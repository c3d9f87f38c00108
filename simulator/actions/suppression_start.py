"""Start noise suppression; no webhook tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.actions.shared import IDENTITY
from simulator.command import Body, Command, Shape
from simulator.fields import Choice, Decimal, Field, Record, Whole
from simulator.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World

_ENGINES = (
    "Denoiser", "DeepFilterNet", "Krisp", "AiCoustics", "aic_l_quail", "aic_l_rook", "aic_s_quail", "aic_s_rook",
    "quail_voice_focus_s", "quail_voice_focus_xs", "A", "B", "C", "D",
)  # fmt: skip

_KRISP = ("krisp-viva-tel-v2.kef", "krisp-viva-tel-lite-v1.kef", "krisp-viva-pro-v1.kef", "krisp-viva-ss-v1.kef")

_CONFIG: dict[str, Field] = {
    "attenuation_limit": Whole(least=0, most=100),
    "enhancement_level": Decimal(least=0, most=1),
    "family": Choice(("sparrow", "quail")),
    "mode": Choice(("standard", "advanced")),
    "model": Choice(_KRISP),
    "size": Choice(("s", "l", "xs", "xxs", "vf_l", "vf_1_1_l")),
    "suppression_level": Decimal(least=0, most=100),
    "voice_gain": Decimal(least=0.1, most=4),
}


def _start(_world: World, leg: Leg, body: Body) -> None:
    leg.suppression = body.get("direction") or "inbound"


SUPPRESSION_START = Command(
    action="suppression_start",
    shape=Shape(
        fields={
            **IDENTITY,
            "direction": Choice(("inbound", "outbound", "both")),
            "noise_suppression_engine": Choice(_ENGINES),
            "noise_suppression_engine_config": Record(fields=_CONFIG),
        }
    ),
    effect=_start,
)
