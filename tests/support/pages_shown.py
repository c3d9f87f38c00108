"""A stack with campaigns in several states, for whoever looks at pages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine

from orchestrator.clock import utc_now
from orchestrator.operations.access.sign_in import create_sign_in_link
from orchestrator.policy.roles import Role
from tests.support.rest import AT_ANY_HOUR, FLOW, fresh_number
from tests.support.stack_run import CALLER_ID, StackRun

_RECORDS = """
name: feedback
inputs: {first_name: {}}
outcomes: [heard, hung_up]
outcome: hung_up
recording_notice: never
start: tape
steps:
  tape: {record_start: {channels: single, format: wav}, goto: ask}
  ask:
    speak: {payload: "Hello {{ contact.first_name }}, how was your visit?", voice: female}
    outcome: heard
    on: {call.speak.ended: bye}
  bye: {hangup: {}}
"""


def sign_in_path(folder: Path, role: Role = Role.ADMIN) -> str:
    """Return the path of a link that signs in once to the stack whose data lie in `folder`."""
    engine = create_engine(json.loads((folder / "addresses.json").read_text())["database_url"])
    try:
        return f"/sign-in/link/{create_sign_in_link(role, by='tests', now=utc_now(), sql=engine)}"
    finally:
        engine.dispose()


def fill(stack: StackRun, *, contacts: int) -> dict[str, str]:
    """Make a draft, a running campaign with so many contacts, one that waits for its hours; return ids by state."""
    flow = stack.rest.send("/v1/flows", FLOW.format(name="reminder"), media="application/yaml")["id"]
    base = {"flow": flow, "caller_ids": [CALLER_ID], "retry": {"max_attempts": 3, "on": {"no_answer": {"after": "1m"}}}}
    running = _campaign(stack, {**base, **AT_ANY_HOUR, "name": "Appointment reminders", "tags": ["clinic"]}, contacts)
    draft = _campaign(stack, {**base, **AT_ANY_HOUR, "name": "Survey after the visit"}, 5)
    # Noon all over the United States, in a zone whose clock is never changed, and not today.
    day = f"{utc_now() + timedelta(days=3):%a}".lower()
    asleep = {"timezone": "Pacific/Kiritimati", "windows": [{"days": [day], "start": "10:00", "end": "10:05"}]}
    waiting = _campaign(stack, {**base, "name": "Parcel notices", "calling_hours": asleep}, 100)
    for each in (running, waiting):
        stack.rest.post(f"/v1/campaigns/{each}/start")
    return {"running": running, "draft": draft, "waiting": waiting}


def record(stack: StackRun, *, contacts: int) -> str:
    """Start a campaign whose calls are recorded, and return its id."""
    flow = stack.rest.send("/v1/flows", _RECORDS, media="application/yaml")["id"]
    document = {"flow": flow, "caller_ids": [CALLER_ID], **AT_ANY_HOUR, "name": "Feedback"}
    recorded = _campaign(stack, document, contacts)
    stack.rest.post(f"/v1/campaigns/{recorded}/start")
    return recorded


def _campaign(stack: StackRun, document: dict[str, object], contacts: int) -> str:
    campaign = stack.rest.post("/v1/campaigns", document)["id"]
    for start in range(0, contacts, 500):
        people = [
            {"phone": fresh_number(), "variables": {"first_name": "Ann"}} for _ in range(min(500, contacts - start))
        ]
        stack.rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": people})
    return str(campaign)
