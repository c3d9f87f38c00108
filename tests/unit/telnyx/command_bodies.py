"""Bodies of every command with one field changed: to each value it may have, and to each kind of wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestrator.telnyx.commands import COMMANDS
from orchestrator.telnyx.commands.languages import GOOGLE_LANGUAGES
from tests.unit.telnyx.carrier_bodies import SMALLEST
from tests.unit.telnyx.field_values import field_type, right, wrong
from tests.unit.telnyx.text_forms import Why

_AI_COUSTICS = {"noise_suppression_engine": "AiCoustics"}
_KRISP = {"noise_suppression_engine": "Krisp"}
_DEEP_FILTER = {"noise_suppression_engine": "DeepFilterNet"}

# Fields that stand only beside others.
_BESIDE: dict[str, dict[str, Any]] = {
    "bridge_intent": {"link_to": "v3:other"},
    "bridge_on_answer": {"link_to": "v3:other"},
    "minimum_digits": {"maximum_digits": 128},
    "transcription_min_speaker_count": {"transcription_max_speaker_count": 128},
    "video_room_context": {"video_room_id": "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"},
}
# What each setting of noise suppression stands beside, unless it is one of the third engine.
_NOISE_SETTINGS = {
    "attenuation_limit": _DEEP_FILTER,
    "mode": _DEEP_FILTER,
    "model": _KRISP,
    "suppression_level": _KRISP,
}
# Fields that stand instead of those in the smallest body.
_INSTEAD: dict[str, tuple[str, ...]] = {
    "target": ("rx", "tx"),
    "queue": ("call_control_id",),
    "video_room_id": ("call_control_id",),
    "video_room_context": ("call_control_id",),
    "audio_url": ("media_name",),
    "playback_content": ("media_name",),
    "invalid_audio_url": ("invalid_media_name",),
}
# Where a condition leaves less than the type.
_CHOICES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("dial", "to"): ("+12", "+13125550187,12w#", "sip:desk@b.test", ["+12"], ["+12", "SIPS:b.test"]),
    ("transcription_start", "language"): tuple(sorted(GOOGLE_LANGUAGES)),
}


@dataclass(frozen=True)
class WrongBody:
    """A body with one mistake in it, and where the carrier points."""

    body: dict[str, Any]
    why: Why
    pointer: str

    @property
    def field(self) -> str:
        """The field at the top of the body that holds the mistake."""
        return self.pointer.split("/")[1]


def body_with(action: str, field: str, value: Any) -> dict[str, Any]:
    """Return the smallest body of a command in which a field may have this value."""
    left_out = _INSTEAD.get(field, ())
    small = {name: given for name, given in SMALLEST[action].items() if name not in left_out}
    return {**small, **_beside(field, value), field: value}


def wrong_bodies(action: str) -> Iterator[WrongBody]:
    """Yield each kind of mistake in each field of a command, at any depth."""
    for name, field in COMMANDS[action].model_fields.items():
        wire = field.alias or name
        if field.is_required():
            without = {other: value for other, value in SMALLEST[action].items() if other != wire}
            yield WrongBody(without, Why.MISSING, f"/{wire}")
        for one in wrong(field_type(field)):
            yield WrongBody(body_with(action, wire, one.value), one.why, "/".join(["", wire, *map(str, one.at)]))


def right_bodies(action: str) -> Iterator[dict[str, Any]]:
    """Yield each choice and each limit of each field of a command, at any depth."""
    for name, field in COMMANDS[action].model_fields.items():
        wire = field.alias or name
        for value in _CHOICES.get((action, wire), right(field_type(field))):
            yield body_with(action, wire, value)


def _beside(field: str, value: Any) -> dict[str, Any]:
    if field == "noise_suppression_engine_config" and isinstance(value, dict):
        return next((_NOISE_SETTINGS[name] for name in value if name in _NOISE_SETTINGS), _AI_COUSTICS)
    return _BESIDE.get(field, {})
