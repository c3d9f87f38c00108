"""A simulated carrier for tests: the simulator with test numbers, a webhook receiver and an SDK client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from telnyx import Telnyx

from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess, simulator
from tests.support.webhook_fields import unread
from tests.support.webhook_receiver import Delivery, Receiver, webhook_receiver

CONNECTION = "2876500012345678901"
CALLER = "+13125550100"


@dataclass(frozen=True)
class SimulatedCarrier:
    """The simulator, a receiver of its webhooks and an SDK client; test numbers are given by their last two digits."""

    simulator: SimulatorProcess
    receiver: Receiver
    sdk: Telnyx

    def dial(self, last_digits: str = "01", **fields: Any) -> str:
        """Dial a test number and return the leg's call_control_id."""
        wanted = {"connection_id": CONNECTION, "from_": CALLER, "to": number(last_digits), **fields}
        data = self.sdk.calls.dial(**wanted).data
        assert data is not None
        return data.call_control_id

    def talk(self, last_digits: str = "01", **fields: Any) -> str:
        """Dial a test number, wait for the answer and return the leg's call_control_id."""
        leg = self.dial(last_digits, **fields)
        self.receiver.wait("call.answered", leg=leg)
        return leg

    def post(
        self, path: str, body: object = None, *, key: str | None = None, raw: bytes | None = None, timeout: float = 15
    ) -> requests.Response:
        """Send a request unchanged, without the SDK; the path is below /v2."""
        return requests.post(
            self.simulator.base_url + path,
            json=body,
            data=raw,
            headers={"Authorization": f"Bearer {self.simulator.api_key if key is None else key}"},
            timeout=timeout,
        )

    def act(self, leg: str, action: str, **body: Any) -> requests.Response:
        """Send an action unchanged, without the SDK."""
        return self.post(f"/calls/{leg}/actions/{action}", body)

    def get(self, path: str) -> requests.Response:
        """Send a GET for a path below /v2."""
        headers = {"Authorization": f"Bearer {self.simulator.api_key}"}
        return requests.get(self.simulator.base_url + path, headers=headers, timeout=15)

    def history(self, leg: str, *, last: str = "call.hangup") -> list[str]:
        """Wait for the last event of a leg and return all its event types in order."""
        self.receiver.wait(last, leg=leg)
        eventually(lambda: all(webhook["status"] != "pending" for webhook in self.account(leg)["webhooks"]))
        return self.receiver.types(leg)

    def account(self, leg: str) -> dict[str, Any]:
        """Return the ledger's row of a leg."""
        ledger = self.simulator.ledger()
        rows: list[dict[str, Any]] = [*ledger["dials"], *ledger["targets"], *ledger["incoming"]]
        return next(row for row in rows if row["call_control_id"] == leg)

    def target(self, leg: str) -> str:
        """Wait for the target leg of a transfer and return its call_control_id."""
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


def number(last_digits: str) -> str:
    """Return the test number with these last two digits."""
    return f"+141555501{last_digits}"


@contextmanager
def simulated_carrier(**options: Any) -> Iterator[SimulatedCarrier]:
    """Run a simulated carrier; at the end every webhook must pass verification and parsing by the SDK and by us."""
    with (
        webhook_receiver() as receiver,
        simulator(**{"webhook_url": receiver.url, "cards": True, **options}) as running,
    ):
        client = Telnyx(
            api_key=running.api_key, base_url=running.base_url, public_key=running.public_key, max_retries=0
        )
        with client:
            carrier = SimulatedCarrier(simulator=running, receiver=receiver, sdk=client)
            yield carrier
            for delivery in tuple(receiver.deliveries):
                carrier.verified(delivery)
                assert unread(delivery.type, delivery.payload) == [], delivery.type
