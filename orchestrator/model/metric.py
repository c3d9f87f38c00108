"""The catalogue of metrics: each name once, with its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """A gauge, or a histogram; its label, if it has one, is in `LABELS`."""

    STORE_UP = "orchestrator_store_up"
    STREAM_ENTRIES = "orchestrator_stream_entries"
    STREAM_AGE_S = "orchestrator_stream_oldest_entry_seconds"
    LIVE_CALLS = "orchestrator_live_calls"
    CALLS_OPEN = "orchestrator_calls_open"
    CONTACTS_DUE = "orchestrator_contacts_open"
    CAMPAIGNS = "orchestrator_campaigns"
    CAMPAIGNS_GUARDED = "orchestrator_campaigns_paused_by_guard"
    OUTBOX_DUE = "orchestrator_outbox_due"
    WAITING_TOO_LONG = "orchestrator_waiting_too_long"
    TIMERS = "orchestrator_timers"
    DEAD_LETTERS = "orchestrator_dead_letters"
    UNMATCHED_WEBHOOKS = "orchestrator_orphan_webhooks"
    RECORDINGS_PENDING = "orchestrator_recordings_pending"
    DIALS_5_S = "orchestrator_dials_trailing_5_seconds"
    DISPATCH_OPEN = "orchestrator_dispatch_open"
    DIALING_STOPPED = "orchestrator_dialing_stopped"
    EVENT_TO_COMMAND_MS = "orchestrator_event_to_command_milliseconds"
    COMMAND_HOP_S = "orchestrator_command_hop_seconds"

    @property
    def meaning(self) -> str:
        """The help text: one sentence."""
        return _MEANINGS[self]


LABELS = {
    Metric.STORE_UP: "store",
    Metric.STREAM_ENTRIES: "stream",
    Metric.STREAM_AGE_S: "stream",
    Metric.CALLS_OPEN: "state",
    Metric.CONTACTS_DUE: "status",
    Metric.CAMPAIGNS: "status",
    Metric.CAMPAIGNS_GUARDED: "guard",
    Metric.EVENT_TO_COMMAND_MS: "quantile",
    Metric.COMMAND_HOP_S: "hop",
}


@dataclass(frozen=True)
class Reading:
    """One value of a metric; `label` is the value of its label."""

    metric: Metric
    value: float
    label: str = ""


@dataclass(frozen=True)
class Distribution:
    """What a histogram has seen: for each upper bound how many were not above it, how many in all, and their sum."""

    metric: Metric
    at_most: tuple[tuple[float, int], ...]
    count: int
    sum: float
    label: str = ""


_MEANINGS = {
    Metric.STORE_UP: "1 if the store is reachable, else 0.",
    Metric.STREAM_ENTRIES: "Entries in the stream that are waiting or in progress.",
    Metric.STREAM_AGE_S: "Age of the oldest entry in the stream, in seconds: the lag of the engine.",
    Metric.LIVE_CALLS: "Channels of the account that are in use.",
    Metric.CALLS_OPEN: "Calls that have not ended, by ledger state.",
    Metric.CONTACTS_DUE: "Contacts still to be called, by status; held: outside their calling hours or limits.",
    Metric.CAMPAIGNS: "Campaigns that are not completed or canceled, by status.",
    Metric.CAMPAIGNS_GUARDED: "Campaigns that a guard has paused and nobody has resumed, by guard.",
    Metric.OUTBOX_DUE: "Calls with commands that are waiting to be sent.",
    Metric.WAITING_TOO_LONG: "Events and commands that have waited for 0.1 s; above 10 nobody new is called.",
    Metric.TIMERS: "Timers that are pending.",
    Metric.DEAD_LETTERS: "Dead letters: entries that failed permanently and need an operator.",
    Metric.UNMATCHED_WEBHOOKS: "Unmatched webhooks: kept webhooks that belong to no known call.",
    Metric.RECORDINGS_PENDING: "Recordings that are waiting to be downloaded.",
    Metric.DIALS_5_S: "Dials sent in the last 5 seconds.",
    Metric.DISPATCH_OPEN: "1 if the carrier accepts new dials, 0 while dialing is paused because of it.",
    Metric.DIALING_STOPPED: "1 if an operator has stopped all dialing, else 0.",
    Metric.EVENT_TO_COMMAND_MS: "Milliseconds from a webhook to the command it causes, over the latest measurements.",
    Metric.COMMAND_HOP_S: "Seconds of each hop of a command, from the webhook that causes it to the carrier's answer.",
}
