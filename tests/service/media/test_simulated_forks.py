"""The simulator forks a call's audio as RTP over real UDP."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from orchestrator.media.rtp import parse_rtp
from orchestrator.media.strep import parse_strep
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier
from tests.support.stream_app import stream_app


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


def address(listening: socket.socket) -> str:
    return f"udp:127.0.0.1:{listening.getsockname()[1]}"


def problem(answer: object) -> tuple[int, str, str | None]:
    first = answer.json()["errors"][0]  # type: ignore[attr-defined]
    return answer.status_code, first["code"], first.get("source", {}).get("pointer")  # type: ignore[attr-defined]


def test_a_target_gets_both_directions_behind_a_strep_header(carrier: SimulatedCarrier, port: socket.socket) -> None:
    leg = carrier.talk("18")

    assert carrier.act(leg, "fork_start", target=address(port)).status_code == 200
    packets = [port.recv(2_000) for _ in range(80)]
    carrier.sdk.calls.actions.stop_forking(leg)

    assert {parse_strep(packet).track for packet in packets} == {"a-received", "a-sent"}
    assert {parse_strep(packet).call_leg_id for packet in packets} == {carrier.account(leg)["call_leg_id"]}
    sent = [parse_rtp(p, 24) for p in packets if parse_strep(p).is_sent]
    assert all((rtp.payload_type, len(rtp.payload)) == (0, 160) for rtp in sent)
    numbers = [(rtp.sequence - sent[0].sequence) % 65_536 for rtp in sent]
    assert numbers != sorted(numbers)
    assert sorted(numbers)[:30] == list(range(30))
    assert carrier.history(leg, last="call.fork.stopped")[-2:] == ["call.fork.started", "call.fork.stopped"]
    assert carrier.receiver.wait("call.fork.started", leg=leg).payload["stream_type"] == "decrypted"


def test_rx_and_tx_get_a_direction_each_as_plain_rtp(carrier: SimulatedCarrier, port: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(5)
        leg = carrier.talk("18")

        carrier.sdk.calls.actions.start_forking(leg, rx=address(port), tx=address(other))

        sources = [{parse_rtp(listening.recv(2_000)).ssrc for _ in range(20)} for listening in (port, other)]
    assert [len(source) for source in sources] == [1, 1]
    assert sources[0] != sources[1]


def test_a_fork_ends_with_its_call(carrier: SimulatedCarrier, port: socket.socket) -> None:
    leg = carrier.talk("18")
    carrier.act(leg, "fork_start", target=address(port))

    carrier.sdk.calls.actions.hangup(leg)

    assert carrier.history(leg)[-2:] == ["call.fork.stopped", "call.hangup"]


def test_a_fork_replaces_a_stream(carrier: SimulatedCarrier, port: socket.socket) -> None:
    with stream_app() as app:
        leg = carrier.talk("18")
        carrier.sdk.calls.actions.start_streaming(leg, stream_url=app.url)
        app.wait("media")

        carrier.act(leg, "fork_start", target=address(port))

        app.wait("stop")
    assert carrier.history(leg, last="call.fork.started")[-2:] == ["streaming.stopped", "call.fork.started"]
    assert problem(carrier.act(leg, "streaming_start", stream_url="ws://127.0.0.1:9/"))[:2] == (422, "90045")
    assert problem(carrier.act(leg, "fork_start", target=address(port)))[:2] == (422, "90045")


def test_a_stop_without_a_fork_is_refused(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")

    assert problem(carrier.act(leg, "fork_stop"))[:2] == (422, "90031")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (422, "10004", "/target")),
        ({"stream_type": "cooked", "target": "udp:127.0.0.1:9"}, (422, "10032", "/stream_type")),
        ({"target": "tcp:127.0.0.1:9"}, (422, "10015", "/target")),
        ({"target": "udp:host.example:9"}, (422, "10015", "/target")),
        ({"rx": "udp:127.0.0.1"}, (422, "10015", "/rx")),
        ({"rx": "udp:127.0.0.1:0"}, (422, "10015", "/rx")),
        ({"target": "udp:127.0.0.1:9", "rx": "udp:127.0.0.1:9"}, (422, "10015", "/rx")),
    ],
)
def test_an_invalid_fork_is_refused_by_field(
    carrier: SimulatedCarrier, body: dict[str, object], expected: tuple[object, ...]
) -> None:
    leg = carrier.talk("18")

    assert problem(carrier.act(leg, "fork_start", **body)) == expected
