"""Each call is one trace from its claim to its record, put together by processes that tell each other nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ulid import ULID

from orchestrator.errors import Misconfigured
from orchestrator.traces import add_span, begin_tracing
from tests.support.span_receiver import receiver
from tests.support.two_step_calls import answered_call
from tests.support.world import World


def walk(world: World) -> str:
    """Let a call go from its claim to its record."""
    call_id = answered_call(world)
    world.work(call_id)
    world.hear(call_id, "call.speak.ended", status="completed")
    world.work(call_id)
    world.hang_up(call_id)
    return call_id


ASKING = """
name: asking
start: ask
steps:
  ask: {http: {url: "http://127.0.0.1:9/", timeout: 1s}, on: {http.succeeded: bye, http.failed: bye}}
  bye: {hangup: {}}
"""


def test_the_request_of_a_flows_step_is_in_the_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_TRACES_SAMPLER", raising=False)
    with receiver() as (address, spans):
        end = begin_tracing(address, process="test")
        call_id = world.dialed_call(flow=ASKING)
        world.hear(call_id, "call.answered")
        world.work(call_id)
        end()

    [asked] = [span for span in spans if span.name == "http"]
    facts = {each.key: each.value.string_value for each in asked.attributes}
    assert facts == {"call_id": call_id, "result": "http.failed"}  # nobody asks an address within the house


def test_a_call_is_one_trace_under_a_root_that_is_its_own_id(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_TRACES_SAMPLER", raising=False)
    with receiver() as (address, spans):
        end = begin_tracing(address, process="test")
        calls = [walk(world), walk(world)]
        end()

    for call_id in calls:
        ulid = ULID.from_str(call_id.removeprefix("call_"))
        of_call = [span for span in spans if span.trace_id == ulid.bytes]
        [root] = [span for span in of_call if not span.parent_span_id]
        names = {span.name for span in of_call}
        assert names == {"call", "claim", "dial", "event", "command", "record"}
        assert (root.name, root.span_id) == ("call", ulid.bytes[8:])
        assert {span.parent_span_id for span in of_call if span is not root} == {root.span_id}
        assert len({span.span_id for span in of_call}) == len(of_call)
        assert root.start_time_unix_nano // 1_000_000 == ulid.milliseconds
        assert all(span.start_time_unix_nano <= span.end_time_unix_nano <= root.end_time_unix_nano for span in of_call)
    assert len({span.trace_id for span in spans}) == 2


def test_spans_hold_ids_and_kinds_and_nothing_of_the_person(world: World) -> None:
    with receiver() as (address, spans):
        end = begin_tracing(address, process="test")
        call_id = walk(world)
        end()

    number = str(world.call_row(call_id)["to_number"])
    assert {fact.key for span in spans for fact in span.attributes} <= {
        "call_id", "type", "action", "answer", "send_no", "disposition",
    }  # fmt: skip
    assert number.removeprefix("+1") not in str(spans)


def test_a_share_of_whole_calls_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0")
    with receiver() as (address, spans):
        end = begin_tracing(address, process="test")
        walk(world)
        end()

    assert spans == []


def test_a_receiver_that_is_away_costs_spans_and_no_call(world: World, free_port: int) -> None:
    end = begin_tracing(f"http://127.0.0.1:{free_port}", process="test")
    call_id = walk(world)
    end()

    assert world.call_row(call_id)["state"] == "ended"


def test_without_a_receiver_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys; import workers.engine.__main__, api.service, orchestrator.traces as t;"
        "t.begin_tracing(None, process='x')();"
        "t.add_span('call_01K8ZZZZZZZZZZZZZZZZZZZZZZ', 'dial');"
        "t.add_request_span('GET', '/v1/flows', 200, took_s=0.1, request_id='req_1');"
        "sys.exit(any(name.startswith('opentelemetry.exporter') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
    add_span("no call", "dial")  # and nothing is made of it


def test_what_has_to_be_installed_for_traces_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(Misconfigured, match=r"call-orchestrator\[traces\]"):
        begin_tracing("http://127.0.0.1:1", process="test")
