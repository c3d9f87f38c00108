"""Everything we ask of a carrier, asked of another implementation of its API; all of it is the official SDK's."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Any

import pytest

from orchestrator.telnyx.commands import COMMANDS
from tests.support.campaign_run import FINAL, CampaignRun
from tests.support.other_carrier import OtherCarrier, other_carrier
from tests.support.poll import eventually
from tests.support.stack_run import CALLER_ID, CARRIER_KEY, CONNECTION, StackRun, free_ports
from tests.support.stream_app import stream_app

HELLO = {"payload": "Hello.", "voice": "female"}
FILE = {"audio_url": "https://example.com/a.mp3"}
PARKED = """
name: parked
start: bye
inbound: listen
steps:
  listen: {wait_for: call.dtmf.received, goto: bye}
  bye: {hangup: {}}
"""
OUR_NUMBER = "+13125550199"
_EXPECTED = {"0": "busy", "1": "no_answer", "2": "machine", "3": "answered"}
_people = count(14)

# What is given to one call over REST, in this order, and what must be told of it.
GIVEN: list[tuple[str, dict[str, Any], list[str]]] = [
    ("speak", HELLO, ["call.speak.started", "call.speak.ended"]),
    ("playback_start", {**FILE, "loop": "infinity"}, ["call.playback.started"]),
    ("playback_stop", {"stop": "all"}, ["call.playback.ended"]),
    ("gather", {"maximum_digits": 4}, ["call.dtmf.received"]),
    ("gather_stop", {}, ["call.gather.ended"]),
    ("gather_using_speak", {**HELLO, "maximum_digits": 1}, ["call.dtmf.received", "call.gather.ended"]),
    (
        "gather_using_audio",
        {**FILE, "maximum_digits": 1},
        ["call.playback.started", "call.playback.ended", "call.dtmf.received", "call.gather.ended"],
    ),
    ("send_dtmf", {"digits": "1w2#"}, []),
    ("record_start", {"format": "wav", "channels": "dual", "transcription": True}, []),
    ("record_pause", {}, []),
    ("record_resume", {}, []),
    ("record_stop", {}, ["call.recording.saved", "call.recording.transcription.saved"]),
    ("transcription_start", {"transcription_engine": "Telnyx"}, ["call.transcription"]),
    ("transcription_stop", {}, []),
    ("suppression_start", {"direction": "both"}, []),
    ("suppression_stop", {}, []),
    ("fork_start", {"rx": "udp:192.0.2.1:9000", "tx": "udp:192.0.2.1:9001"}, ["call.fork.started"]),
    ("fork_stop", {}, ["call.fork.stopped"]),
    ("client_state_update", {"client_state": base64.b64encode(b"mine").decode()}, []),
    ("enqueue", {"queue_name": "support"}, ["call.enqueued"]),
    ("leave_queue", {}, ["call.dequeued"]),
]


@pytest.fixture(scope="module")
def carrier() -> Iterator[OtherCarrier]:
    with other_carrier(CARRIER_KEY) as carrier:
        yield carrier


@pytest.fixture(scope="module")
def stack(carrier: OtherCarrier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackRun]:
    environment = {
        "TELNYX_BASE_URL": carrier.url,
        "TELNYX_API_KEY": CARRIER_KEY,
        "TELNYX_PUBLIC_KEY": carrier.public_key,
        "TELNYX_CONNECTION_ID": CONNECTION,
    }
    stack = StackRun(tmp_path_factory.mktemp("other") / "data", environment, port=free_ports())
    try:
        stack.start()
        yield stack
        assert stack.stop() == 0
    finally:
        stack.clear_away()


@pytest.fixture
def obliging(carrier: OtherCarrier) -> Iterator[OtherCarrier]:
    """Return the carrier while it takes every dial: a single call that is refused is withdrawn and dialed later."""
    carrier.is_sometimes_busy = False
    yield carrier
    carrier.is_sometimes_busy = True


def test_a_campaign_at_another_carrier_ends_with_every_contact_final_and_every_request_valid(
    stack: StackRun, carrier: OtherCarrier
) -> None:
    campaign = CampaignRun(stack, 80)
    campaign.act("start")
    campaign.wait_until_completed()
    contacts, calls = campaign.contacts(), campaign.calls()

    assert carrier.invalid == []
    assert carrier.undelivered == []
    assert carrier.refused > 0
    assert {contact["status"] for contact in contacts} <= FINAL - {"unknown"}
    ours = {number: times for number, times in carrier.rang.items() if number in set(campaign.numbers)}
    assert Counter(call["to"] for call in calls) == ours
    assert {call["call_control_id"] for call in calls} <= set(carrier.lines)
    for call in calls:
        assert call["disposition"] == _EXPECTED.get(call["to"][-1], "human"), call
        assert call["cost"]["billed_duration_secs"] == "60", call
    for contact in contacts:
        wanted = {"2": "voicemail", "3": "hung_up", "9": "opted_out"}.get(contact["phone"][-1], "confirmed")
        if contact["phone"][-1] not in "01":
            assert contact["outcome"] == wanted, contact
    assert all(times == 1 for line in carrier.lines.values() for times in line.commands.values())


@pytest.mark.proves("REST", *COMMANDS)
def test_every_command_is_taken_by_another_carrier_and_what_it_tells_is_heard(
    stack: StackRun, obliging: OtherCarrier
) -> None:
    carrier = obliging
    one, two, three, four = (_talking(stack) for _ in range(4))
    on_one = partial(_give, stack, one)
    for action, body, events in GIVEN:
        on_one(action, body, *events)
    with stream_app() as app:
        on_one("streaming_start", {"stream_url": app.url}, "streaming.started")
        assert app.wait("media")[0]["media"]["track"] == "inbound"
        on_one("streaming_stop", {}, "streaming.stopped")
    on_one("bridge", {"call_control_id": two}, "call.bridged")
    on_one("hangup", {}, "call.hangup")
    joined = ("call.initiated", "call.answered", "call.bridged", "call.bridged")
    _give(stack, three, "transfer", {"to": "+13125550155", "from": CALLER_ID}, *joined)
    _give(stack, three, "hangup", {}, "call.hangup", "call.hangup")
    refers = ("call.refer.started", "call.refer.completed", "call.hangup")
    _give(stack, four, "refer", {"sip_address": "sip:ann@example.com"}, *refers)
    in_, out = _parked(stack, carrier, "+12025550171"), _parked(stack, carrier, "+12025550172")
    _give(stack, in_, "answer", {}, "call.answered")
    _give(stack, in_, "hangup", {}, "call.hangup")
    _give(stack, out, "reject", {"cause": "USER_BUSY"}, "call.hangup")

    assert set(carrier.taken) == set(COMMANDS)
    assert (carrier.invalid, carrier.undelivered) == ([], [])
    for call_id in (one, two, three, four, in_, out):
        call = eventually(lambda call_id=call_id: _ended(stack, call_id), within=60)
        assert [line for line in call["timeline"] if line["type"] == "command.failed"] == []
    [recording] = eventually(lambda: _kept(stack, one), within=60)
    assert recording["size_bytes"] == 44 + 16_000


def _talking(stack: StackRun) -> str:
    """Dial somebody, and return the call once it is answered."""
    body = {"to": f"+141555501{next(_people)}", "from": CALLER_ID, "ignore_hours": True, "because": "a test"}
    placed = stack.rest.ask("POST", "/v1/calls", json=body, headers={"Idempotency-Key": str(body["to"])})
    assert placed.ok, placed.text
    call_id = str(placed.json()["id"])
    eventually(lambda: _told(stack, call_id)["call.answered"], within=60)
    return call_id


def _parked(stack: StackRun, carrier: OtherCarrier, caller: str) -> str:
    if not stack.rest.get("/v1/numbers")["data"]:
        flow = stack.rest.send("/v1/flows", PARKED, media="application/yaml")["id"]
        stack.rest.post("/v1/numbers", {"number": OUR_NUMBER, "flow": flow})
    line = carrier.call_in(caller=caller, to=OUR_NUMBER, webhook_url=f"{stack.door}/webhooks/telnyx")

    def found() -> list[str]:
        calls = stack.rest.get("/v1/calls", direction="inbound")["data"]
        return [call["id"] for call in calls if call["call_control_id"] == line.control_id]

    return str(eventually(found, within=60)[0])


def _give(stack: StackRun, call_id: str, action: str, body: dict[str, Any], *events: str) -> None:
    """Give the call a command, and return once all that must be told of it stands in the timeline."""
    before = _told(stack, call_id)
    stack.rest.post(f"/v1/calls/{call_id}/actions/{action}", body)
    wanted = Counter([action, *events])
    eventually(lambda: wanted <= _told(stack, call_id) - before, within=60)


def _told(stack: StackRun, call_id: str) -> Counter[str]:
    return Counter(line["type"] for line in stack.rest.get(f"/v1/calls/{call_id}")["timeline"])


def _ended(stack: StackRun, call_id: str) -> dict[str, Any] | None:
    call = dict(stack.rest.get(f"/v1/calls/{call_id}"))
    return call if call["status"] == "ended" else None


def _kept(stack: StackRun, call_id: str) -> list[dict[str, Any]]:
    recordings = stack.rest.get("/v1/recordings", call_id=call_id)["data"]
    return [each for each in recordings if each["status"] == "fetched"]
