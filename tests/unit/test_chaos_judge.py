"""The judge of chaos runs: who opted out is not dialed behind that, by the ledger of the carrier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fault.chaos_run import dialed_too_late
from tests.fault.monkey import Strike

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
PHONE = "+13125550111"


def judged(*strikes: tuple[str, str, float, float], sent_after_s: float, accepted_after_s: float) -> list[str]:
    at = NOON.timestamp()
    opt_out: dict[str, Any] = {"id": "call_1", "to_number": PHONE, "since": NOON}
    opt_out["last_sent_at"] = NOON + timedelta(seconds=sent_after_s)
    dial = {"to": PHONE, "accepted_at": at + accepted_after_s}
    held = [Strike(kind, whom, at + began, at + ended) for kind, whom, began, ended in strikes]
    return list(dialed_too_late([opt_out], [dial], held))


def test_a_send_behind_an_opt_out_is_too_late() -> None:
    [said] = judged(sent_after_s=0.1, accepted_after_s=0.2)

    assert "call_1 was sent at" in said


@pytest.mark.parametrize("accepted_after_s", [-5.0, 3.9])
def test_what_was_on_its_way_may_arrive(accepted_after_s: float) -> None:
    assert judged(sent_after_s=-0.1, accepted_after_s=accepted_after_s) == []


def test_what_comes_to_the_carrier_long_behind_an_opt_out_is_too_late_whatever_our_ledger_says() -> None:
    [said] = judged(sent_after_s=-0.1, accepted_after_s=7.0)

    assert said == f"the carrier was asked to dial {PHONE} 7.0 s behind its opt-out"


@pytest.mark.parametrize(
    ("strike", "is_excused"),
    [
        (("mute", "carrier", -1, 6.5), True),  # the network held it
        (("mute", "carrier", -9, -4), False),  # over before it was sent
        (("freeze", "dials", -1, 6.5), False),  # who thaws too late does not dial
    ],
)
def test_a_fault_that_held_it_back_excuses_it(strike: tuple[str, str, float, float], is_excused: bool) -> None:
    assert (judged(strike, sent_after_s=-0.1, accepted_after_s=7.0) == []) is is_excused
