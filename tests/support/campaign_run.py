"""One campaign on a running stack, driven over REST: made, started, watched until every contact is final."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice, product
from pathlib import Path
from typing import Any

from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import CALLER_ID, StackRun

FINAL = frozenset({"completed", "exhausted", "suppressed", "canceled", "expired", "unknown"})
REMINDER = Path(__file__).resolve().parents[2] / "orchestrator" / "flow" / "samples" / "appointment.yaml"

_AREAS = (
    201, 202, 203, 205, 206, 207, 208, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239,
    240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310,
    313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 346, 347, 351, 352, 360,
    361, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430, 432,
)  # fmt: skip
_UPLOAD = 1000
_numbers: Iterator[str] = (f"+1{area}55501{line:02d}" for area, line in product(_AREAS, range(100)))
_campaigns = count(1)
_BECAUSE = "a test at any hour"
_GUARDS = ("abandon", "silence", "failures", "no_answers", "opt_outs")

UNHURRIED = {"calls_per_second": 8}
"""The pacing of a campaign that is still in its middle when a slow test has looked at it."""

RETRY = {"max_attempts": 2, "on": {"busy": {"after": "2s"}, "no_answer": {"after": "2s"}}}


class CampaignRun:
    """A campaign whose numbers no other campaign of this process has, nor are they of the area of caller ids.

    With `numbers` it calls these: on a stack of its own they may be those of an earlier one.
    """

    def __init__(
        self,
        stack: StackRun,
        contacts: int,
        *,
        flow: Path | str = REMINDER,
        numbers: Sequence[str] = (),
        **changes: Any,
    ) -> None:
        self.stack = stack
        self.numbers = list(numbers or islice(_numbers, contacts))
        source = flow.read_text() if isinstance(flow, Path) else flow
        stored = stack.rest.send("/v1/flows", source, media="application/yaml")
        document = {
            "name": f"campaign {next(_campaigns)}",
            "flow": stored["id"],
            "caller_ids": [CALLER_ID],
            "calling_hours": {"always": True, "because": _BECAUSE},
            "law": {"mode": "off", "because": _BECAUSE},
            "guards": {name: {"pause": None, "because": "faults are what is tested"} for name in _GUARDS},
            "retry": RETRY,
            "number_gap": "1s",
            **changes,
        }
        self.id: str = stack.rest.post("/v1/campaigns", document)["id"]
        variables = {"first_name": "Ada", "appointment": "Monday at 9"}
        for first in range(0, contacts, _UPLOAD):
            phones = self.numbers[first : first + _UPLOAD]
            listed = {"contacts": [{"phone": phone, "variables": variables} for phone in phones]}
            added = stack.rest.post(f"/v1/campaigns/{self.id}/contacts", listed)
            assert added["accepted"] == len(phones), added

    def act(self, action: str, body: Any = None) -> dict[str, Any]:
        """Start, pause, resume or cancel it."""
        return dict(self.stack.rest.post(f"/v1/campaigns/{self.id}/{action}", body))

    def show(self) -> dict[str, Any]:
        return dict(self.stack.rest.get(f"/v1/campaigns/{self.id}"))

    def stats(self) -> dict[str, Any]:
        return dict(self.stack.rest.get(f"/v1/campaigns/{self.id}/stats"))

    def contacts(self) -> list[dict[str, Any]]:
        return list(self.stack.rest.pages("/v1/contacts", campaign_id=self.id))

    def calls(self) -> list[dict[str, Any]]:
        """Return its calls, without the attempts that were withdrawn."""
        return list(self.stack.rest.pages("/v1/calls", campaign_id=self.id))

    def dialed(self) -> int:
        """Return how many calls were dialed, 0 while the API or its stores are away."""
        listed = self.stack.rest.try_to_get("/v1/campaigns?include=stats&limit=100")  # its own stats are kept a second
        each = next((each for each in listed["data"] if each["id"] == self.id), None) if listed else None
        return int(each["stats"]["calls"]["dialed"]) if each else 0

    def wait_until_dialed(self, at_least: int, *, within: float = 60.0) -> None:
        """Return once so many calls were dialed: the middle of the campaign."""
        eventually(lambda: self.dialed() >= at_least, within=within, every=0.05)

    def wait_until_completed(self, *, within: float = 90.0, hurried_by: SimulatorProcess | None = None) -> None:
        """Return once the campaign is completed; fail with where its contacts stand.

        `hurried_by` lets what would wait for minutes be due once that carrier has no live call and nothing to tell.
        """

        def is_over() -> bool:
            if hurried_by is not None and _is_silent(hurried_by):
                self._let_time_pass()
            campaign = self.stack.rest.try_to_get(f"/v1/campaigns/{self.id}")
            return campaign is not None and bool(campaign["status"] == "completed")

        try:
            eventually(is_over, within=within, every=0.2)
        except AssertionError as err:
            raise AssertionError(f"not completed within {within} s: {self._standing()}") from err

    def _let_time_pass(self) -> None:
        """Let calls whose end was never told reach their deadline, and attempts that stay unknown their age."""
        self.stack.execute(
            "UPDATE calls SET deadline_at = now() WHERE campaign_id = :id AND state = 'accepted' "
            "AND accepted_at < now() - interval '10 s' AND deadline_at > now() + interval '1 min'",
            id=self.id,
        )
        self.stack.execute(
            "UPDATE calls SET first_sent_at = first_sent_at - interval '1 h', absent_at = absent_at - interval '1 min' "
            "WHERE campaign_id = :id AND state = 'unknown' AND disposition IS NULL "
            "AND (absent_at IS NULL OR absent_at > now() - interval '30 s')",
            id=self.id,
        )

    def _standing(self) -> str:
        campaign, stats = self.show(), self.stats()
        waiting = [c for c in self.contacts() if c["status"] not in FINAL]
        lines = [f"{c['phone']} {c['status']} {c['reason']} until {c['until']}" for c in waiting[:20]]
        open_calls = self.stack.query(
            "SELECT id, to_number, state, send_no, answered_send, absences, dialed_at, accepted_at, deadline_at "
            "FROM calls WHERE campaign_id = :id AND state IN ('reserved', 'dialing', 'accepted', 'unknown')",
            id=self.id,
        )
        lines += [str(dict(call)) for call in open_calls[:20]]
        return "\n".join([str(campaign["status"]), str(campaign.get("status_reason")), str(stats), *lines])


def first_numbers(contacts: int) -> list[str]:
    """Return so many of the numbers that campaigns call, always the same."""
    return [f"+1{area}55501{line:02d}" for area, line in islice(product(_AREAS, range(100)), contacts)]


def _is_silent(carrier: SimulatorProcess) -> bool:
    """Whether no call lives and no webhook is still to come: minutes later it would not be otherwise."""
    summary = carrier.summary()
    return not summary["live"] and not summary["webhooks_under_way"]
