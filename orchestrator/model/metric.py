"""The catalogue of metrics: each name once, with its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """A gauge; its label, if it has one, is in `LABELS`."""

    STORE_UP = "orchestrator_store_up"
    STREAM_ENTRIES = "orchestrator_stream_entries"
    STREAM_AGE_S = "orchestrator_stream_oldest_entry_seconds"
    LIVE_CALLS = "orchestrator_live_calls"
    CALLS_OPEN = "orchestrator_calls_open"
    CONTACTS_DUE = "orchestrator_contacts_open"
    CAMPAIGNS = "orchestrator_campaigns"
    OUTBOX_DUE = "orchestrator_outbox_due"
    TIMERS = "orchestrator_timers"
    DEAD_LETTERS = "orchestrator_dead_letters"
    ORPHANS = "orchestrator_orphan_webhooks"
    RECORDINGS_PENDING = "orchestrator_recordings_pending"
    DIALS_5_S = "orchestrator_dials_trailing_5_seconds"
    DISPATCH_OPEN = "orchestrator_dispatch_open"
    DIALING_STOPPED = "orchestrator_dialing_stopped"
    EVENT_TO_COMMAND_MS = "orchestrator_event_to_command_milliseconds"

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
    Metric.EVENT_TO_COMMAND_MS: "quantile",
}


@dataclass(frozen=True)
class Reading:
    """One value of a metric; `label` is the value of its label."""

    metric: Metric
    value: float
    label: str = ""


_MEANINGS = {
    Metric.STORE_UP: "Whether the store answers.",
    Metric.STREAM_ENTRIES: "Entries that wait in the stream or are being worked on.",
    Metric.STREAM_AGE_S: "Age of the oldest entry of the stream: how far the engine lags behind.",
    Metric.LIVE_CALLS: "Channels of the account in use.",
    Metric.CALLS_OPEN: "Calls that have not ended, by their state in the ledger.",
    Metric.CONTACTS_DUE: "Contacts that are still to be called; who waits outside the calling hours there is held.",
    Metric.CAMPAIGNS: "Campaigns that are not over.",
    Metric.OUTBOX_DUE: "Calls with commands that are to be sent.",
    Metric.TIMERS: "Timers that are set.",
    Metric.DEAD_LETTERS: "Entries that failed for good and wait for a person.",
    Metric.ORPHANS: "Webhooks kept that belong to no call of ours.",
    Metric.RECORDINGS_PENDING: "Recordings that are still to be fetched.",
    Metric.DIALS_5_S: "Dials sent in the trailing 5 s.",
    Metric.DISPATCH_OPEN: "Whether the carrier lets new calls be dialed.",
    Metric.DIALING_STOPPED: "Whether a person has stopped all dialing.",
    Metric.EVENT_TO_COMMAND_MS: "Time from a webhook to the command that follows, over the newest measurements.",
}
