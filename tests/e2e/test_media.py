"""The sound of a live call, from REST over the simulated carrier and the receivers to files that any player opens."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.cli.api_client import ApiClient
from orchestrator.cli.api_errors import ApiError
from orchestrator.local_stack.ports import free_port
from simulator.callees.callee import Kind
from simulator.callees.population import CalleePopulation
from simulator.seeded_random import SeededRandom
from simulator.settings import Settings
from tests.support.poll import eventually
from tests.support.up import Up

MP3 = base64.b64encode(bytes.fromhex("fffb9000") + bytes(413)).decode()  # one silent frame
FLOW = f"""
name: sound
answers: {{status: null}}
outcomes: [heard, unheard]
outcome: unheard
start: listen
steps:
  listen: {{streaming_start: {{stream_url: ours}}, goto: say}}
  say:
    stream_play: {{payload: {MP3}}}
    on: {{stream_play.ended: {{set: {{status: "{{{{ event.status }}}}"}}, outcome: heard, goto: bye}}}}
    timeout: {{after: 20s, goto: bye}}
  bye: {{hangup: {{}}}}
"""


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = Up(tmp_path_factory.mktemp("media") / "data", free_port(), "--media")
    try:
        up.wait_until_up()
        yield up
    finally:
        up.clear_away()


@pytest.fixture
def rest(up: Up) -> Iterator[ApiClient]:
    key, address = up.wait_until_up()
    rest = ApiClient(address.removesuffix("/v1/flows"), SecretStr(key))
    yield rest
    rest.close()


def test_a_live_call_is_streamed_played_to_and_captured(up: Up, rest: ApiClient) -> None:
    call_id = answered_call(rest, range(100, 150))
    stream_url = rest.calls.media(call_id)["stream_url"]

    rest.calls.streaming_start(call_id, stream_url=stream_url, stream_track="both_tracks")
    eventually(lambda: "streaming.started" in told(rest, call_id), within=60)
    eventually(lambda: plays(rest, call_id), within=60)
    eventually(lambda: len(captures(rest, call_id)) == 2, within=60)
    rest.calls.hangup(call_id)

    whole = eventually(lambda: complete(rest, call_id), within=60)
    assert sorted(capture["track"] for capture in whole) == ["inbound", "outbound"]
    assert [capture["lost"] for capture in whole] == [0, 0]
    for capture in whole:
        with wave.open(io.BytesIO((up.folder / "media" / call_id / capture["file"]).read_bytes())) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            assert sound.getnframes() / 8000 == pytest.approx(capture["seconds"], abs=0.02)


def test_a_flow_streams_to_our_receiver_plays_a_sound_and_goes_on_when_it_was_heard(up: Up, rest: ApiClient) -> None:
    flow_id = rest.flows.create(FLOW)["id"]

    call_id = answered_call(rest, range(150, 200), flow=flow_id)
    call = eventually(lambda: ended(rest, call_id), within=60)

    assert (call["outcome"], call["answers"]) == ("heard", {"status": "completed"})
    whole = eventually(lambda: complete(rest, call_id), within=60)
    assert [capture["track"] for capture in whole] == ["inbound"]
    assert "/streams/" not in str([line for line in call["timeline"] if line["kind"] == "command"])


def ended(rest: ApiClient, call_id: str) -> dict[str, Any] | None:
    call = dict(rest.calls.get(call_id))
    return call if call["status"] == "ended" else None


def answered_call(rest: ApiClient, lines: range, **more: Any) -> str:
    """Call the first of these people who picks up at once and stays; return the call, answered."""
    number = next(number for line in lines if is_patient(number := f"+14155550{line}"))
    whom = {"to": number, "from": "+13125550100", "ignore_hours": True, "because": "a test", **more}
    call_id = str(rest.calls.create(**whom, idempotency_key=number)["id"])
    eventually(lambda: "call.answered" in told(rest, call_id), within=60)
    return call_id


def is_patient(number: str) -> bool:
    """Say whether, of the people whom `up` simulates, somebody there answers soon and bears silence."""
    usual = Settings()
    mix = {str(kind): weight for kind, weight in usual.mix.items()}
    people = CalleePopulation(random=SeededRandom(usual.seed), mix=mix, with_test_numbers=False)
    person = people.answer(number, nth=0)
    return person.kind is Kind.HUMAN and person.rings_s < 4 and person.patience_s > 20


def told(rest: ApiClient, call_id: str) -> list[str]:
    return [line["type"] for line in rest.calls.get(call_id)["timeline"]]


def plays(rest: ApiClient, call_id: str) -> bool:
    """Say whether the receiver has told that it has the call's stream, and takes a sound for it."""
    try:
        rest.calls.play_media(call_id, payload=MP3)
    except ApiError as refused:
        if refused.status != 409:
            raise
        return False
    return True


def captures(rest: ApiClient, call_id: str) -> list[dict[str, Any]]:
    return list(rest.calls.media(call_id)["data"])


def complete(rest: ApiClient, call_id: str) -> list[dict[str, Any]]:
    found = captures(rest, call_id)
    return found if all(capture["is_complete"] for capture in found) else []
