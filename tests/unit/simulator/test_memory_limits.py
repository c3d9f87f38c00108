"""Everything that the simulator keeps in memory has an upper limit."""

from __future__ import annotations

from simulator.state.counters import Counters, Tally
from simulator.state.leg import MAX_KEPT, Leg, ReceivedCommand, Webhook
from simulator.state.queues import MAX_QUEUES, Queues
from simulator.state.recordings import Recording, RecordingStore, SavedRecording


def _leg() -> Leg:
    leg = object.__new__(Leg)
    leg.commands, leg.webhooks, leg.webhooks_created = [], [], 0
    return leg


def test_a_leg_keeps_its_latest_commands_and_webhooks() -> None:
    leg = _leg()

    for nth in range(MAX_KEPT + 5):
        leg.keep_command(ReceivedCommand(action="speak", at=nth, command_id=None, status=200))
        leg.keep_webhook(Webhook(id=str(nth), type="call.dtmf.received", occurred_at=nth, data=b"{}"))

    assert (len(leg.commands), len(leg.webhooks), leg.webhooks_created) == (MAX_KEPT, MAX_KEPT, MAX_KEPT + 5)
    assert (leg.commands[0].at, leg.webhooks[0].id) == (5, "5")


def test_unknown_labels_beyond_a_thousand_are_counted_together() -> None:
    counters = Counters()

    for nth in range(1_200):
        counters.add("unknown_fields", f"speak.field{nth}")
    counters.add("unknown_fields", "speak.field0")

    counts = counters.as_json()["unknown_fields"]
    assert isinstance(counts, dict)
    assert (len(counts), counts["other"], counts["speak.field0"]) == (1_001, 200, 2)


def test_the_number_seen_longest_ago_is_forgotten_first() -> None:
    tally = Tally(maximum=2)

    seen = [tally.next(number) for number in ("a", "b", "a", "c", "b", "a")]

    assert seen == [0, 0, 1, 0, 0, 0]
    assert tally.as_json() == {"b": 1, "a": 1}


def test_empty_queues_beyond_a_thousand_are_forgotten() -> None:
    queues = Queues()

    for nth in range(MAX_QUEUES + 3):
        queues.open(f"queue {nth}", max_size=None, now=float(nth))

    assert len(queues.all()) == MAX_QUEUES
    assert queues.find("queue 0") is None
    assert queues.find(f"queue {MAX_QUEUES + 2}") is not None


def test_the_oldest_recordings_beyond_the_limit_are_dropped() -> None:
    recordings = RecordingStore(maximum=3)

    for nth in range(5):
        recording = Recording(id=str(nth), channels="dual", format="wav", started_at=0)
        recordings.put(SavedRecording(recording, "v3:1", "leg", "session", "17", "+13125550100", "+13125550101"))

    assert [recordings.find(str(nth)) is not None for nth in range(5)] == [False, False, True, True, True]
