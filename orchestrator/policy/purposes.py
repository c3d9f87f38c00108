"""What a campaign calls for, and whose voice is heard: the law of a place depends on both."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What a campaign calls for."""

    INFORMATIONAL = "informational"
    SALES = "sales"
    DEBT = "debt"
    SURVEY = "survey"
    POLITICAL = "political"
    CHARITY = "charity"
    EMERGENCY = "emergency"
    INTERNAL = "internal"


DEFAULT_PURPOSE = Purpose.INFORMATIONAL
UNCAPPED = frozenset({Purpose.INTERNAL, Purpose.EMERGENCY})
"""The purposes without caps and rests: calls to one's own staff, and in an emergency."""


class Voice(StrEnum):
    """Whose voice the person hears: a person's, a recording, synthesized speech, or an AI that answers."""

    AGENT = "agent"
    RECORDED = "recorded"
    TTS = "tts"
    AI = "ai"


SYNTHETIC = frozenset({Voice.TTS, Voice.AI})
"""The voices that are artificial."""
