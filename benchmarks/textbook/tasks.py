"""The tasks of the textbook app: dial, and act on each webhook by its type; the stage of a call is its client_state."""

from __future__ import annotations

import os
import time
from base64 import b64decode, b64encode
from typing import Any

import redis
import requests
from celery import Celery

CARRIER = os.environ["TELNYX_BASE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['TELNYX_API_KEY']}"}
VOICE = {"voice": "female", "language": "en-US"}

app = Celery("textbook", broker=os.environ["TEXTBOOK_REDIS_URL"])
app.conf.task_ignore_result = True
db = redis.Redis.from_url(os.environ["TEXTBOOK_REDIS_URL"], decode_responses=True)


@app.task
def run_campaign(people: list[dict[str, str]], calls_per_second: float) -> None:
    """Call everybody, at this pace; 0 is as fast as it goes."""
    began = time.monotonic()
    for number, person in enumerate(people):
        if calls_per_second:
            time.sleep(max(0.0, began + number / calls_per_second - time.monotonic()))
        dial.delay(person)


@app.task
def dial(person: dict[str, str]) -> None:
    """Call one person."""
    body = {
        "to": person["phone"],
        "from": "+13125550100",
        "connection_id": os.environ["TELNYX_CONNECTION_ID"],
        "webhook_url": os.environ["TEXTBOOK_WEBHOOK_URL"],
        "answering_machine_detection": "premium",
        "timeout_secs": 25,
    }
    answer = requests.post(f"{CARRIER}/calls", json=body, headers=HEADERS, timeout=10)
    answer.raise_for_status()
    db.hset(f"call:{answer.json()['data']['call_control_id']}", mapping={**person, "status": "dialing"})


@app.task
def handle(event: dict[str, Any]) -> None:
    """Act on one webhook."""
    kind, payload = event["event_type"], event["payload"]
    call = payload["call_control_id"]
    match kind, payload.get("result"):
        case "call.machine.premium.detection.ended", result:
            if result in ("human_residence", "human_business", "not_sure"):
                greet(call, turn=1)
        case "call.machine.premium.greeting.ended", _:
            speak(call, "Your appointment is {appointment}.", stage="voicemail")
        case "call.gather.ended", _:
            on_gather_ended(call, payload)
        case "call.speak.ended", _:
            send(call, "hangup", {})
        case "call.hangup", _:
            db.hset(f"call:{call}", "status", "ended")


def on_gather_ended(call: str, payload: dict[str, Any]) -> None:
    """Confirm, stop, or ask once more."""
    if payload["status"] == "call_hangup":
        return
    turn = int(stage_of(payload).removeprefix("greet:") or 1)
    if payload.get("digits") == "1":
        db.hset(f"call:{call}", "outcome", "confirmed")
        speak(call, "Thank you. Goodbye.", stage="thanks")
    elif payload.get("digits") == "9":
        db.hset(f"call:{call}", "outcome", "opted_out")
        db.sadd("do_not_call", payload["to"])
        send(call, "hangup", {})
    elif turn < 2:
        greet(call, turn=turn + 1)
    else:
        send(call, "hangup", {})


def greet(call: str, *, turn: int) -> None:
    """Say whom the call is from, and ask for a digit."""
    person = db.hgetall(f"call:{call}")
    text = "This is Elm Clinic for {first_name}: {appointment}. Press 1 to confirm, 9 to stop these calls."
    body = {**VOICE, "payload": text.format(**person), "valid_digits": "19", "maximum_digits": 1}
    send(call, "gather_using_speak", {**body, "client_state": encoded(f"greet:{turn}")})


def speak(call: str, text: str, *, stage: str) -> None:
    """Say a sentence."""
    person = db.hgetall(f"call:{call}")
    send(call, "speak", {**VOICE, "payload": text.format(**person), "client_state": encoded(stage)})


def send(call: str, action: str, body: dict[str, Any]) -> None:
    """Send a command to the carrier."""
    requests.post(f"{CARRIER}/calls/{call}/actions/{action}", json=body, headers=HEADERS, timeout=10)


def encoded(stage: str) -> str:
    """Return the state that the carrier echoes in the webhooks behind a command."""
    return b64encode(stage.encode()).decode()


def stage_of(payload: dict[str, Any]) -> str:
    """Return the stage that the command before this webhook set."""
    return b64decode(payload.get("client_state") or "").decode()
