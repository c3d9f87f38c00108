"""The carrier's words for how detection, gathers and calls end, and what kind of line they describe."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class HangupCause(StrEnum):
    """Why a leg ended; an unknown cause reads as unspecified (`no_answer` only with `retry_on_timeout: false`)."""

    CALL_REJECTED = "call_rejected"
    NORMAL_CLEARING = "normal_clearing"
    ORIGINATOR_CANCEL = "originator_cancel"
    TIMEOUT = "timeout"
    TIME_LIMIT = "time_limit"
    USER_BUSY = "user_busy"
    NOT_FOUND = "not_found"
    NO_ANSWER = "no_answer"
    UNSPECIFIED = "unspecified"

    @classmethod
    def read(cls, word: object) -> HangupCause:
        """Return the cause `word` names, unspecified for anything else."""
        return _CAUSES.get(word, cls.UNSPECIFIED) if isinstance(word, str) else cls.UNSPECIFIED


class AmdResult(StrEnum):
    """What detection found, both families: the standard one knows human, machine and not_sure."""

    HUMAN = "human"
    MACHINE = "machine"
    NOT_SURE = "not_sure"
    HUMAN_RESIDENCE = "human_residence"
    HUMAN_BUSINESS = "human_business"
    SILENCE = "silence"
    FAX_DETECTED = "fax_detected"


class LineKind(StrEnum):
    """Who or what answered, as far as a flow asks."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    UNSURE = "not_sure"


_CAUSES: Final[Mapping[str, HangupCause]] = {cause.value: cause for cause in HangupCause}
_KINDS: Final[Mapping[str, LineKind]] = {
    AmdResult.HUMAN: LineKind.HUMAN,
    AmdResult.HUMAN_RESIDENCE: LineKind.HUMAN,
    AmdResult.HUMAN_BUSINESS: LineKind.HUMAN,
    AmdResult.MACHINE: LineKind.MACHINE,
    AmdResult.FAX_DETECTED: LineKind.FAX,
}


def line_kind(result: object) -> LineKind:
    """Return what an AMD result of either family says; not_sure, silence and anything new are unsure."""
    return _KINDS.get(result, LineKind.UNSURE) if isinstance(result, str) else LineKind.UNSURE
