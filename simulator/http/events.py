"""The rows of GET /v2/call_events, and its filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt
from typing import Any

import orjson

from simulator.clock import iso
from simulator.state.leg import Leg, ReceivedCommand, Webhook

_COMPARE: dict[str, Callable[[float, float], bool]] = {"eq": eq, "gt": gt, "gte": ge, "lt": lt, "lte": le}


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One command or webhook of one leg."""

    leg: Leg
    at: float
    source: ReceivedCommand | Webhook

    @property
    def type(self) -> str:
        """`webhook` or `command`."""
        return "webhook" if isinstance(self.source, Webhook) else "command"

    @property
    def name(self) -> str:
        """The event type or the action."""
        return self.source.type if isinstance(self.source, Webhook) else self.source.action

    @property
    def failed(self) -> bool:
        """Whether delivery of the webhook was given up, or the command refused."""
        if isinstance(self.source, Webhook):
            return self.source.delivered_at is None and self.source.status != "pending"
        return self.source.status >= 400

    def as_json(self) -> dict[str, Any]:
        """Return the row as the carrier writes it."""
        return {
            "record_type": "call_event",
            "type": self.type,
            "name": self.name,
            "call_leg_id": self.leg.call_leg_id,
            "call_session_id": self.leg.call_session_id,
            "event_timestamp": iso(self.at),
            "metadata": self._metadata(),
        }

    def _metadata(self) -> dict[str, Any]:
        if isinstance(self.source, Webhook):
            return {**orjson.loads(self.source.data), "attempts": self.source.attempts, "failed": self.failed}
        return {
            "call_control_id": self.leg.call_control_id,
            "client_state": self.leg.client_state,
            "command_id": self.source.command_id,
            "status": self.source.status,
            "failed": self.failed,
        }


def events_of(leg: Leg) -> Iterator[CallEvent]:
    """Yield the commands and webhooks of a leg."""
    yield from (CallEvent(leg, command.at, command) for command in leg.commands)
    yield from (CallEvent(leg, webhook.occurred_at, webhook) for webhook in leg.webhooks)


def passes(event: CallEvent, filters: Mapping[str, str]) -> bool:
    """Return whether an event passes every filter; filters without a meaning here pass everything."""
    return all(_meets(event, name, value) for name, value in filters.items())


def _meets(event: CallEvent, name: str, value: str) -> bool:
    facts = {
        "filter[application_session_id]": event.leg.call_session_id,
        "filter[connection_id]": event.leg.connection_id,
        "filter[from]": event.leg.from_,
        "filter[to]": event.leg.to,
        "filter[name]": event.name,
        "filter[type]": event.type,
        "filter[product]": "call_control",
        "filter[failed]": str(event.failed).lower(),
        "filter[status]": "in_progress" if event.leg.is_live else "completed",
    }
    if name.startswith("filter[occurred_at]"):
        return _in_time(event.at, name, value)
    return name not in facts or facts[name].lstrip("+") == value.strip().lstrip("+")


def _in_time(at: float, name: str, value: str) -> bool:
    compare = _COMPARE.get(name.removeprefix("filter[occurred_at][").removesuffix("]"))
    try:
        mark = datetime.fromisoformat(value).timestamp()
    except ValueError:
        return True
    rounded = datetime.fromtimestamp(at, UTC).timestamp()  # rounded to microseconds, as in webhooks
    return compare is None or compare(rounded, mark)
