"""Fields of dial and answer that ask for a search for deep fakes."""

from __future__ import annotations

from simulator.schema.fields import Field, Flag, Record, Whole

DEEPFAKE: dict[str, Field] = {
    "deepfake_detection": Record(
        fields={
            "enabled": Flag(required=True),
            "rtp_timeout": Whole(least=5, most=120),
            "timeout": Whole(least=5, most=60),
        }
    ),
}
