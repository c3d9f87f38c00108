"""The catalogue of metrics: each name once, with its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Metric(StrEnum):
    """A metric by its name, whose end says what it is: `_total` counts, `Distribution`s are histograms, others gauges.

    Its labels are in `LABELS`; none of them has values that a stranger could multiply.
    """

    STORE_UP = "orchestrator_store_up"
    STREAM_ENTRIES = "orchestrator_stream_entries"
    STREAM_AGE_S = "orchestrator_stream_oldest_entry_seconds"
    LIVE_CALLS = "orchestrator_live_calls"
    CALLS_OPEN = "orchestrator_calls_open"
    CONTACTS_DUE = "orchestrator_contacts_open"
    CONTACTS_HELD = "orchestrator_contacts_held"
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
    EVENT_TO_COMMAND_S = "orchestrator_event_to_command_seconds"
    COMMAND_HOP_S = "orchestrator_command_hop_seconds"
    QUEUED_CALLS = "orchestrator_queued_calls"
    DIAL_RATE_LIMIT = "orchestrator_dial_rate_limit"
    BUILD = "orchestrator_build_info"
    DIALS = "orchestrator_dials_total"
    COMMANDS = "orchestrator_commands_total"
    CARRIER_ERRORS = "orchestrator_carrier_errors_total"
    CALLS_ENDED = "orchestrator_calls_ended_total"
    WEBHOOKS = "orchestrator_webhooks_total"
    DELIVERIES = "orchestrator_webhook_deliveries_total"
    HTTP_REQUEST_S = "orchestrator_http_request_seconds"
    EVENT_LOOP_LAG_S = "orchestrator_event_loop_lag_seconds"
    DIAL_PERMIT_S = "orchestrator_dial_permit_seconds"
    LOOP_STEP_S = "orchestrator_loop_step_seconds"
    LOOP_FAILURES = "orchestrator_loop_failures_total"

    @property
    def meaning(self) -> str:
        """The help text: one sentence."""
        return _MEANINGS[self]


LABELS: Mapping[Metric, tuple[str, ...]] = {
    Metric.STORE_UP: ("store",),
    Metric.STREAM_ENTRIES: ("stream",),
    Metric.STREAM_AGE_S: ("stream",),
    Metric.CALLS_OPEN: ("state",),
    Metric.CONTACTS_DUE: ("status",),
    Metric.CONTACTS_HELD: ("reason",),
    Metric.CAMPAIGNS: ("status",),
    Metric.CAMPAIGNS_GUARDED: ("guard",),
    Metric.EVENT_TO_COMMAND_S: ("quantile",),
    Metric.COMMAND_HOP_S: ("hop",),
    Metric.QUEUED_CALLS: ("queue",),
    Metric.DIAL_RATE_LIMIT: ("limit",),
    Metric.BUILD: ("version",),
    Metric.DIALS: ("answer",),
    Metric.COMMANDS: ("answer",),
    Metric.CARRIER_ERRORS: ("request", "code"),
    Metric.CALLS_ENDED: ("direction", "disposition"),
    Metric.WEBHOOKS: ("result",),
    Metric.DELIVERIES: ("result",),
    Metric.HTTP_REQUEST_S: ("method", "route", "status"),
    Metric.EVENT_LOOP_LAG_S: (),
    Metric.DIAL_PERMIT_S: (),
    Metric.LOOP_STEP_S: ("loop",),
    Metric.LOOP_FAILURES: ("loop",),
}

BOUNDS_S: Mapping[Metric, tuple[float, ...]] = {
    Metric.HTTP_REQUEST_S: (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    Metric.EVENT_LOOP_LAG_S: (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5),
    Metric.DIAL_PERMIT_S: (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
    Metric.LOOP_STEP_S: (0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
}
"""Upper bounds of the histograms that processes count, in seconds; what took longer is counted too."""

_ANSWERS = ("accepted", "rejected", "refused", "busy", "unavailable", "ambiguous", "gone")
KNOWN_FROM_THE_START: Mapping[Metric, tuple[str, ...]] = {
    Metric.DIALS: _ANSWERS,
    Metric.COMMANDS: _ANSWERS,
    Metric.WEBHOOKS: ("taken", "bad_signature", "unknown_key", "not_an_event", "put_off"),
    Metric.DELIVERIES: ("delivered", "failed", "given_up"),
}
"""Counters that are shown as 0 before anything happens: Prometheus sees no increase where a series begins with 1."""

COUNTED = frozenset(
    {
        Metric.DIALS,
        Metric.COMMANDS,
        Metric.CARRIER_ERRORS,
        Metric.CALLS_ENDED,
        Metric.WEBHOOKS,
        Metric.DELIVERIES,
        Metric.LOOP_FAILURES,
        *BOUNDS_S,
    }
)
"""What each process counts as it happens; everything else is read from the stores when somebody asks."""


@dataclass(frozen=True)
class Reading:
    """One value of a metric, with the values of its labels."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distribution:
    """What a histogram has seen: for each upper bound how many were not above it, how many in all, and their sum."""

    metric: Metric
    at_most: tuple[tuple[float, int], ...]
    count: int
    sum: float
    labels: tuple[str, ...] = ()


_MEANINGS = {
    Metric.STORE_UP: "1 if the store is reachable, else 0.",
    Metric.STREAM_ENTRIES: "Entries in the stream that are waiting or in progress.",
    Metric.STREAM_AGE_S: "Age of the oldest entry in the stream, in seconds: the lag of the engine.",
    Metric.LIVE_CALLS: "Channels of the account that are in use.",
    Metric.CALLS_OPEN: "Calls that have not ended, by ledger state.",
    Metric.CONTACTS_DUE: "Contacts still to be called, by status; held: outside their calling hours or limits.",
    Metric.CONTACTS_HELD: "Contacts that are held, by reason.",
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
    Metric.EVENT_TO_COMMAND_S: "Seconds from a webhook to the command it causes, over the latest measurements.",
    Metric.COMMAND_HOP_S: "Seconds of each hop of a command, from the webhook that causes it to the carrier's answer.",
    Metric.QUEUED_CALLS: "Calls that no worker of this queue has taken yet.",
    Metric.DIAL_RATE_LIMIT: "Dials per second at most: as set for the account, and lowered where the carrier was busy.",
    Metric.BUILD: "1, with the version that answers.",
    Metric.DIALS: "Dials sent to the carrier, by what its answer means.",
    Metric.COMMANDS: "Commands sent to live calls, by what the carrier's answer means.",
    Metric.CARRIER_ERRORS: "Errors of the carrier by its code, or ours where it gave no answer.",
    Metric.CALLS_ENDED: "Calls that ended and were recorded, by how they ended.",
    Metric.WEBHOOKS: "Webhooks that came in, by what became of them.",
    Metric.DELIVERIES: "Tries to deliver an event to a webhook endpoint, by what became of them.",
    Metric.HTTP_REQUEST_S: "Seconds from a whole request to the beginning of its answer.",
    Metric.EVENT_LOOP_LAG_S: "Seconds by which the loops of the web servers are late, measured once a second.",
    Metric.DIAL_PERMIT_S: "Seconds of the transaction that permits dials right before they are sent.",
    Metric.LOOP_STEP_S: "Seconds of one step of a loop, in which some loops wait for work.",
    Metric.LOOP_FAILURES: "Steps of a loop that failed and are tried again.",
}
