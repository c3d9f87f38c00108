"""What the simulator keeps in memory has an upper limit, however long it runs."""

from __future__ import annotations

from simulator.state.counters import Counters, Tally
from simulator.state.leg import MOST_KEPT, CommandSeen, Leg, Notice
from simulator.state.queues import MOST_QUEUES, Queues
from simulator.state.recordings import Kept, Recording, Shelf


def _leg() -> Leg:
    leg = object.__new__(Leg)
    leg.commands, leg.notices, leg.told = [], [], 0
    return leg


def test_a_leg_keeps_its_latest_commands_and_webhooks() -> None:
    leg = _leg()

    for nth in range(MOST_KEPT + 5):
        leg.see(CommandSeen(action="speak", at=nth, command_id=None, status=200))
        leg.note(Notice(id=str(nth), type="call.dtmf.received", occurred_at=nth, data=b"{}"))

    assert (len(leg.commands), len(leg.notices), leg.told) == (MOST_KEPT, MOST_KEPT, MOST_KEPT + 5)
    assert (leg.commands[0].at, leg.notices[0].id) == (5, "5")


def test_unknown_labels_beyond_a_thousand_are_counted_together() -> None:
    counters = Counters()

    for nth in range(1_200):
        counters.add("unknown_fields", f"speak.field{nth}")
    counters.add("unknown_fields", "speak.field0")

    counts = counters.shape()["unknown_fields"]
    assert isinstance(counts, dict)
    assert (len(counts), counts["other"], counts["speak.field0"]) == (1_001, 200, 2)


def test_the_number_seen_longest_ago_is_forgotten_first() -> None:
    tally = Tally(most=2)

    seen = [tally.next(number) for number in ("a", "b", "a", "c", "b", "a")]

    assert seen == [0, 0, 1, 0, 0, 0]
    assert tally.shape() == {"b": 1, "a": 1}


def test_empty_queues_beyond_a_thousand_are_forgotten() -> None:
    queues = Queues()

    for nth in range(MOST_QUEUES + 3):
        queues.open(f"queue {nth}", max_size=None, now=float(nth))

    assert len(queues.all()) == MOST_QUEUES
    assert queues.find("queue 0") is None
    assert queues.find(f"queue {MOST_QUEUES + 2}") is not None


def test_recordings_are_served_up_to_a_limit() -> None:
    shelf = Shelf(most=3)

    for nth in range(5):
        recording = Recording(id=str(nth), channels="dual", format="wav", started_at=0)
        shelf.put(Kept(recording, "v3:1", "leg", "session", "17", "+13125550100", "+13125550101"))

    assert [shelf.find(str(nth)) is not None for nth in range(5)] == [False, False, True, True, True]
