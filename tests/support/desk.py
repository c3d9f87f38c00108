"""A desk for tests: a simulator with test cards, a webhook receiver, and the official SDK between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from telnyx import Telnyx

from tests.support.payloads import unread
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess, simulator
from tests.support.webhook_receiver import Delivery, Receiver, webhook_receiver

CONNECTION = "2876500012345678901"
CALLER = "+13125550100"


@dataclass(frozen=True)
class Desk:
    """What a test of the simulator works with; a card is the last two digits of the number dialed."""

    simulator: SimulatorProcess
    receiver: Receiver
    sdk: Telnyx

    def dial(self, card: str = "01", **fields: Any) -> str:
        """Dial a test card and return the leg's call_control_id."""
        wanted = {"connection_id": CONNECTION, "from_": CALLER, "to": number(card), **fields}
        data = self.sdk.calls.dial(**wanted).data
        assert data is not None
        return data.call_control_id

    def talk(self, card: str = "01", **fields: Any) -> str:
        """Dial a test card, wait for the answer and return the leg's call_control_id."""
        leg = self.dial(card, **fields)
        self.receiver.wait("call.answered", leg=leg)
        return leg

    def post(
        self, path: str, body: object = None, *, key: str | None = None, raw: bytes | None = None
    ) -> requests.Response:
        """Send a request as it is, without the SDK; the path lies under /v2."""
        return requests.post(
            self.simulator.base_url + path,
            json=body,
            data=raw,
            headers={"Authorization": f"Bearer {self.simulator.api_key if key is None else key}"},
            timeout=15,
        )

    def act(self, leg: str, action: str, **body: Any) -> requests.Response:
        """Send an action as it is."""
        return self.post(f"/calls/{leg}/actions/{action}", body)

    def get(self, path: str) -> requests.Response:
        """Read a path under /v2."""
        headers = {"Authorization": f"Bearer {self.simulator.api_key}"}
        return requests.get(self.simulator.base_url + path, headers=headers, timeout=15)

    def history(self, leg: str, *, last: str = "call.hangup") -> list[str]:
        """Wait for the last event of a leg and return all its types in the order they occurred."""
        self.receiver.wait(last, leg=leg)
        eventually(lambda: all(told["status"] != "pending" for told in self.account(leg)["webhooks"]))
        return self.receiver.types(leg)

    def account(self, leg: str) -> dict[str, Any]:
        """Return what the ledger says about a leg."""
        ledger = self.simulator.ledger()
        rows: list[dict[str, Any]] = [*ledger["dials"], *ledger["targets"], *ledger["incoming"]]
        return next(row for row in rows if row["call_control_id"] == leg)

    def target(self, leg: str) -> str:
        """Wait for the leg that a transfer of this one makes, and return its call_control_id."""
        session = self.account(leg)["call_session_id"]

        def targets() -> list[dict[str, Any]]:
            return [row for row in self.simulator.ledger()["targets"] if row["call_session_id"] == session]

        return str(eventually(targets)[-1]["call_control_id"])

    def verified(self, delivery: Delivery) -> Any:
        """Return the delivery as the SDK's own type for it, its signature verified and its fields validated."""
        event = self.sdk.webhooks.unwrap(delivery.body.decode(), headers=delivery.headers)
        assert type(event).__name__ == _sdk_name(delivery.type)
        return type(event).model_validate_json(delivery.body)


_SDK_NAMES = {"call.dequeued": "CallLeftQueueWebhookEvent", "call.transcription": "TranscriptionWebhookEvent"}


def _sdk_name(event_type: str) -> str:
    words = event_type.replace(".", "_").split("_")
    whole = words if words[0] == "call" else ["call", *words]  # streaming.started is CallStreamingStarted
    return _SDK_NAMES.get(event_type, "".join(map(str.title, whole)) + "WebhookEvent")


def number(card: str) -> str:
    """Return the number of a test card."""
    return f"+141555501{card}"


@contextmanager
def desk(**options: Any) -> Iterator[Desk]:
    """Set up a desk; at its end every webhook must pass the SDK's verification, its typed parsing and our own."""
    with (
        webhook_receiver() as receiver,
        simulator(**{"webhook_url": receiver.url, "cards": True, **options}) as running,
    ):
        client = Telnyx(
            api_key=running.api_key, base_url=running.base_url, public_key=running.public_key, max_retries=0
        )
        with client:
            table = Desk(simulator=running, receiver=receiver, sdk=client)
            yield table
            for delivery in tuple(receiver.deliveries):
                table.verified(delivery)
                assert unread(delivery.type, delivery.payload) == []
