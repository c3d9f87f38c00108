"""Voice settings, with one schema per provider."""

from __future__ import annotations

from simulator.schema.discriminated import Discriminated
from simulator.schema.fields import Choice, Decimal, Record, Text, Whole
from simulator.schema.languages import BOOSTED

VOICE_SETTINGS = Discriminated(
    by="type",
    of={
        "elevenlabs": Record({"api_key_ref": Text()}),
        "telnyx": Record({"voice_speed": Decimal(minimum=0.1, maximum=2)}),
        "aws": Record(),
        "minimax": Record(
            {"language_boost": Choice(BOOSTED), "pitch": Whole(), "speed": Decimal(), "vol": Decimal()},
        ),
        "azure": Record(
            {
                "api_key_ref": Text(),
                "deployment_id": Text(),
                "effect": Choice(("eq_car", "eq_telecomhp8k")),
                "gender": Choice(("Male", "Female")),
                "region": Text(),
            }
        ),
        "rime": Record({"voice_speed": Decimal()}),
        "resemble": Record(
            {
                "format": Choice(("wav", "mp3")),
                "precision": Choice(("PCM_16", "PCM_24", "PCM_32", "MULAW")),
                "sample_rate": Choice(("8000", "16000", "22050", "32000", "44100", "48000")),
            }
        ),
        "inworld": Record({"delivery_mode": Choice(("STABLE", "BALANCED", "CREATIVE"))}),
        "xai": Record({"language": Text()}),
    },
)
