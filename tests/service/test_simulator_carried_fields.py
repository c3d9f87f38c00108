"""Webhooks carry what live ones carry besides the event: who calls and how, headers, tags, codecs, the stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.desk import CALLER, Desk, desk
from tests.support.stream_app import stream_app

_OURS, _CUSTOMER = "+13125550100", "+14155550118"
_TICKET = [{"name": "X-Ticket", "value": "17"}]
_UUI = [{"name": "User-to-User", "value": "abc;encoding=hex"}]
_LIFE = ("call.initiated", "call.answered", "call.hangup")


@pytest.fixture(scope="module")
def table() -> Iterator[Desk]:
    with desk(time_scale=20) as table:  # leaving it reads every webhook with the SDK's types and with our own
        table.simulator.arrange(numbers={CALLER: {"tags": ["spring", "north"]}})
        yield table


def _payloads(table: Desk, leg: str) -> dict[str, dict[str, Any]]:
    table.history(leg)
    return {told.type: told.payload for told in table.receiver.of(leg)}


def test_a_call_we_make_carries_its_party_its_name_its_headers_and_our_numbers_tags(table: Desk) -> None:
    leg = table.talk("18", from_display_name="Ada Ltd", custom_headers=_TICKET, sip_headers=_UUI)
    table.act(leg, "hangup")

    told = _payloads(table, leg)

    assert told["call.initiated"]["caller_id_name"] == "Ada Ltd"
    assert {told[name]["calling_party_type"] for name in _LIFE} == {"pstn"}
    assert [told[name]["tags"] for name in _LIFE] == [["spring", "north"]] * 3
    assert [told[name]["custom_headers"] for name in _LIFE] == [_TICKET] * 3
    assert [told[name]["sip_headers"] for name in _LIFE] == [_UUI] * 3
    assert (told["call.answered"]["codec"], told["call.answered"]["sampling_rate"]) == ("PCMU", 8000)
    assert not {"from_sip_uri", "offered_codecs", "shaken_stir_attestation"} & told["call.initiated"].keys()


def test_a_call_without_any_of_it_carries_none_of_it(table: Desk) -> None:
    leg = table.talk("18", from_=_CUSTOMER)
    table.act(leg, "hangup")

    told = _payloads(table, leg)

    assert [told[name]["tags"] for name in _LIFE] == [[], [], []]
    assert not {"custom_headers", "sip_headers", "caller_id_name"} & told["call.initiated"].keys()
    assert not {"stream_url", "stream_track"} & told["call.answered"].keys()


@pytest.mark.parametrize(
    ("caller", "party", "uri"),
    [
        (_CUSTOMER, "pstn", f"{_CUSTOMER}@sip.simulator.example"),
        ("sip:ada@pbx.example.com", "sip", "ada@pbx.example.com"),
        ("sips:ada@pbx.example.com", "sip", "ada@pbx.example.com"),
    ],
)
def test_a_call_that_comes_in_carries_where_it_is_from(table: Desk, caller: str, party: str, uri: str) -> None:
    leg = table.simulator.call_in(
        caller=caller,
        to=_OURS,
        caller_id_name="Ada Lovelace",
        custom_headers=_TICKET,
        sip_headers=[*_UUI, {"name": "Diversion", "value": "<sip:+15550100@x.example>"}],
        attestation="A",
    )
    table.receiver.wait("call.initiated", leg=leg)
    table.act(leg, "hangup")

    told = _payloads(table, leg)["call.initiated"]

    assert (told["calling_party_type"], told["from_sip_uri"], told["caller_id_name"]) == (party, uri, "Ada Lovelace")
    assert (told["to_sip_uri"], told["tags"]) == (f"{_OURS}@sip.simulator.example", ["spring", "north"])
    assert (told["shaken_stir_attestation"], told["shaken_stir_validated"]) == ("A", True)
    assert (told["custom_headers"], len(told["sip_headers"])) == (_TICKET, 2)
    assert told["offered_codecs"] == told["connection_codecs"] == "PCMU,PCMA"


def test_once_answered_custom_headers_are_those_of_the_answer(table: Desk) -> None:
    leg = table.simulator.call_in(caller=_CUSTOMER, to=_OURS, custom_headers=_TICKET, sip_headers=_UUI)
    table.receiver.wait("call.initiated", leg=leg)
    table.act(leg, "answer", custom_headers=[{"name": "X-Answer", "value": "1"}])
    table.act(leg, "hangup")

    told = _payloads(table, leg)

    assert told["call.initiated"]["custom_headers"] == _TICKET
    assert told["call.answered"]["custom_headers"] == told["call.hangup"]["custom_headers"]
    assert told["call.answered"]["custom_headers"][0]["name"] == "X-Answer"
    assert told["call.hangup"]["sip_headers"] == _UUI


def test_the_leg_of_a_transfer_carries_its_own_headers(table: Desk) -> None:
    leg = table.talk("18", custom_headers=_TICKET)
    table.act(leg, "transfer", to="+14155550150", custom_headers=[{"name": "X-Agent", "value": "7"}])
    target = table.target(leg)

    told = table.receiver.wait("call.initiated", leg=target).payload

    assert told["custom_headers"] == [{"name": "X-Agent", "value": "7"}]
    table.act(leg, "hangup")


def test_an_answer_tells_of_the_stream_that_was_asked_for(table: Desk) -> None:
    with stream_app() as app:
        leg = table.talk("18", stream_url=app.url, stream_track="both_tracks")
        table.act(leg, "hangup")

        told = _payloads(table, leg)["call.answered"]

    assert (told["stream_url"], told["stream_track"]) == (app.url, "both_tracks")


def test_speech_and_recordings_carry_the_party_too(table: Desk) -> None:
    leg = table.talk("18")
    table.act(leg, "record_start", channels="single", format="wav")
    table.act(leg, "speak", payload="Hello.", voice="female")
    table.receiver.wait("call.speak.ended", leg=leg)
    table.act(leg, "hangup")
    table.receiver.wait("call.recording.saved", leg=leg)

    told = _payloads(table, leg)

    named = ("call.speak.started", "call.speak.ended", "call.recording.saved")
    assert {told[name]["calling_party_type"] for name in named} == {"pstn"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"caller_id_name": ""},
        {"caller_id_name": "x" * 129},
        {"custom_headers": [{"name": "X"}]},
        {"custom_headers": {"X": "1"}},
        {"sip_headers": [{"name": "X-Other", "value": "1"}]},
        {"attestation": "D"},
    ],
)
def test_a_caller_that_carries_nonsense_is_refused(table: Desk, wrong: dict[str, Any]) -> None:
    body = {"from": _CUSTOMER, "to": _OURS, **wrong}

    answer = requests.post(f"{table.simulator.url}/inbound", json=body, timeout=5)

    assert (answer.status_code, answer.json()["problems"][0]["loc"][0]) == (400, next(iter(wrong)))
