"""The request of a dial: what is kept, and what is sent."""

from __future__ import annotations

from typing import Any

from orchestrator.operations.dialing.dial_request import WEBHOOK_RETRIES_MS, dial_request, with_webhook_retries
from orchestrator.telnyx.commands import COMMANDS, Dial

_CALL_ID = "call_01JABCDEFGHJKMNPQRSTVWXYZ0"


def stored(webhook_url: str | None) -> dict[str, Any]:
    return dial_request(
        None,
        call_id=_CALL_ID,
        to="+13125550100",
        caller_id="+13125550101",
        connection_id="1",
        webhook_url=webhook_url,
    )


def test_what_is_sent_is_what_the_carrier_takes() -> None:
    body = with_webhook_retries(stored("https://calls.example/v1/webhooks"))

    assert Dial.model_validate(body).body() == body


def test_each_event_that_a_command_can_cause_is_sent_again() -> None:
    expected = frozenset[str]().union(*(command.expects for command in COMMANDS.values()))

    policies = with_webhook_retries(stored("https://calls.example/v1/webhooks"))["webhook_retries_policies"]

    assert policies == {event: {"retries_ms": list(WEBHOOK_RETRIES_MS)} for event in expected}
    assert "webhook_retries_policies" not in with_webhook_retries(stored(None))


def test_a_request_of_a_version_that_kept_its_retries_is_sent_as_it_was() -> None:
    kept = {**stored("https://calls.example/v1/webhooks"), "webhook_retries_policies": {"call.hangup": {}}}

    assert with_webhook_retries(kept) == kept
