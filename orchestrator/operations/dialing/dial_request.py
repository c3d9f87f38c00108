"""Writes the one body an attempt is dialed with; it is kept with the row, so that a repeat is the same request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.flow import Flow
from orchestrator.flow.limits import DEFAULT_RING_S, DEFAULT_TIME_LIMIT_S
from orchestrator.ids import stable_uuid
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.commands import COMMANDS, Dial

# Five tries within the 60 s the carrier allows: a longer outage of the webhook receiver loses webhooks for good.
WEBHOOK_RETRIES_MS = (1_000, 3_000, 8_000, 18_000, 30_000)
_CAUSED = sorted(frozenset[str]().union(*(command.expects for command in COMMANDS.values())))
_WITHOUT_FLOW = {"timeout_secs": DEFAULT_RING_S, "time_limit_secs": DEFAULT_TIME_LIMIT_S}
_WEBHOOK_RETRIES = {str(event): {"retries_ms": list(WEBHOOK_RETRIES_MS)} for event in _CAUSED}


def dial_command_id(call_id: str) -> str:
    """Return the attempt's own command id: the same at every send, another for every attempt."""
    return stable_uuid(call_id, "dial")


def dial_request(
    flow: Flow | None, *, call_id: str, to: str, caller_id: str, connection_id: str, webhook_url: str | None
) -> dict[str, Any]:
    """Return the JSON body of POST /calls without the retries of its webhooks, checked against the carrier's limits."""
    fields: dict[str, Any] = {
        **(flow.dial_fields() if flow else _WITHOUT_FLOW),
        "connection_id": connection_id,
        "to": to,
        "from": caller_id,
        "client_state": ClientState(call=call_id, role="A", user=None).encode(),
        "command_id": dial_command_id(call_id),
    }
    if webhook_url:
        fields["webhook_url"] = webhook_url
    return Dial.model_validate(fields).body()


def with_webhook_retries(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body as it is sent: how webhooks are repeated is the same in each, and three quarters of its bytes."""
    retries = {"webhook_retries_policies": _WEBHOOK_RETRIES} if "webhook_url" in request else {}
    return {**retries, **request}
