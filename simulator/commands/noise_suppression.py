"""Start and stop noise suppression; no webhook reports either."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.conditions import conflict
from simulator.schema.errors import Problem
from simulator.schema.fields import Choice, Decimal, Field, Record, Whole
from simulator.state.leg import Leg
from simulator.world import World

_ENGINES = (
    "Denoiser", "DeepFilterNet", "Krisp", "AiCoustics", "aic_l_quail", "aic_l_rook", "aic_s_quail", "aic_s_rook",
    "quail_voice_focus_s", "quail_voice_focus_xs", "A", "B", "C", "D",
)  # fmt: skip

_KRISP = ("krisp-viva-tel-v2.kef", "krisp-viva-tel-lite-v1.kef", "krisp-viva-pro-v1.kef", "krisp-viva-ss-v1.kef")

_OLD_NAMES = {"A": "Denoiser", "B": "DeepFilterNet", "C": "Krisp", "D": "AiCoustics"}

_OWNERS = {
    "attenuation_limit": "DeepFilterNet",
    "mode": "DeepFilterNet",
    "model": "Krisp",
    "suppression_level": "Krisp",
    "enhancement_level": "AiCoustics",
    "family": "AiCoustics",
    "size": "AiCoustics",
    "voice_gain": "AiCoustics",
}

_FAMILY_OF_SIZE = {"xs": "sparrow", "xxs": "sparrow", "vf_l": "quail", "vf_1_1_l": "quail"}

_CONFIG: dict[str, Field] = {
    "attenuation_limit": Whole(minimum=0, maximum=100),
    "enhancement_level": Decimal(minimum=0, maximum=1),
    "family": Choice(("sparrow", "quail")),
    "mode": Choice(("standard", "advanced")),
    "model": Choice(_KRISP),
    "size": Choice(("s", "l", "xs", "xxs", "vf_l", "vf_1_1_l")),
    "suppression_level": Decimal(minimum=0, maximum=100),
    "voice_gain": Decimal(minimum=0.1, maximum=4),
}


def _size_is_of_the_family(config: Body, at: str) -> Iterator[Problem]:
    family = _FAMILY_OF_SIZE.get(config.get("size") or "")
    if family and config.get("family") not in {None, family}:
        yield conflict(f"{at}/size", f"is only of the family {family}")


def _settings_are_of_the_engine(body: Body, at: str) -> Iterator[Problem]:
    engine = _engine_name(body.get("noise_suppression_engine") or "Denoiser")
    for name, value in (body.get("noise_suppression_engine_config") or {}).items():
        if value is not None and _OWNERS.get(name, engine) != engine:
            yield conflict(
                f"{at}/noise_suppression_engine_config/{name}", f"belongs to {_OWNERS[name]}, not to {engine}"
            )


def _engine_name(written: str) -> str:
    return "AiCoustics" if written.startswith(("aic_", "quail_")) else _OLD_NAMES.get(written, written)


def _start(_world: World, leg: Leg, body: Body) -> None:
    leg.suppression = body.get("direction") or "inbound"


SUPPRESSION_START = Command(
    action="suppression_start",
    schema=BodySchema(
        fields={
            **IDENTITY,
            "direction": Choice(("inbound", "outbound", "both")),
            "noise_suppression_engine": Choice(_ENGINES),
            "noise_suppression_engine_config": Record(_CONFIG, conditions=(_size_is_of_the_family,)),
        },
        conditions=(_settings_are_of_the_engine,),
    ),
    effect=_start,
)


def _stop(_world: World, leg: Leg, _body: Body) -> None:
    leg.suppression = None


SUPPRESSION_STOP = Command(action="suppression_stop", schema=BodySchema(fields=IDENTITY), effect=_stop)
