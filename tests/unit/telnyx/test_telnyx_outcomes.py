"""The carrier's words for endings and findings."""

from __future__ import annotations

import pytest

from orchestrator.telnyx.outcomes import AmdResult, HangupCause, LineKind, line_kind


@pytest.mark.parametrize("cause", HangupCause)
def test_a_known_cause_is_read(cause: HangupCause) -> None:
    assert HangupCause.read(str(cause)) is cause


@pytest.mark.parametrize("word", [None, "", "lost_in_space", 486, ["timeout"]])
def test_an_unknown_cause_is_unspecified(word: object) -> None:
    assert HangupCause.read(word) is HangupCause.UNSPECIFIED


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (AmdResult.HUMAN, LineKind.HUMAN),
        (AmdResult.HUMAN_RESIDENCE, LineKind.HUMAN),
        (AmdResult.HUMAN_BUSINESS, LineKind.HUMAN),
        (AmdResult.MACHINE, LineKind.MACHINE),
        (AmdResult.FAX_DETECTED, LineKind.FAX),
        (AmdResult.NOT_SURE, LineKind.UNSURE),
        (AmdResult.SILENCE, LineKind.UNSURE),
        ("machine_start", LineKind.UNSURE),
        (None, LineKind.UNSURE),
    ],
)
def test_r16_every_result_of_both_families_has_a_kind(result: object, kind: LineKind) -> None:
    assert line_kind(result) is kind
