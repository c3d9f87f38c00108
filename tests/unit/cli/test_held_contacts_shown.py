"""Why contacts wait stands on the screen and in the line of `campaign watch`."""

from __future__ import annotations

from rich.console import Console

from orchestrator.cli.campaign_report import stats_line, stats_screen
from orchestrator.policy.hold_reasons import Reason

WAITS = {"contacts": 7, "next_at": "2031-03-03T12:00:00.000Z", "sentence": Reason.NUMBER_DAY_LIMIT.sentence}
STATS = {"status": "running", "contacts": {"total": 7, "held": 7}, "held_by_reason": {"number_day_limit": WAITS}}


def test_the_screen_says_why_contacts_wait_in_words() -> None:
    console = Console(width=200, record=True)

    console.print(stats_screen("spring", STATS))

    assert Reason.NUMBER_DAY_LIMIT.sentence[:60] in console.export_text()


def test_the_line_of_a_pipe_says_why_contacts_wait() -> None:
    assert "held because number_day_limit 7, next at 2031-03-03T12:00:00.000Z" in stats_line(STATS)
    assert "because" not in stats_line({**STATS, "held_by_reason": {}})


def test_when_the_last_is_dialed_stands_on_both() -> None:
    stats = {**STATS, "eta": {"at": "2031-03-04T09:30:00.000Z"}}
    console = Console(width=200, record=True)
    console.print(stats_screen("spring", stats))

    for shown in (console.export_text(), stats_line(stats)):
        assert "the last is dialed about 2031-03-04T09:30:00.000Z" in shown
