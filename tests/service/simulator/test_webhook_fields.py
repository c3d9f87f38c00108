"""Additional fields of webhooks: caller, headers, tags, codecs, stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.support.simulated_carrier import CALLER, SimulatedCarrier, simulated_carrier
from tests.support.stream_app import stream_app

_OWN_NUMBER, _CUSTOMER = "+13125550100", "+14155550118"
_TICKET = [{"name": "X-Ticket", "value": "17"}]
_UUI = [{"name": "User-to-User", "value": "abc;encoding=hex"}]
_STATE_CHANGES = ("call.initiated", "call.answered", "call.hangup")


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:  # on exit every webhook is parsed by the SDK and by us
        carrier.simulator.override_resources(numbers={CALLER: {"tags": ["spring", "north"]}})
        yield carrier


def _payloads(carrier: SimulatedCarrier, leg: str) -> dict[str, dict[str, Any]]:
    carrier.history(leg)
    return {webhook.type: webhook.payload for webhook in carrier.receiver.of(leg)}


def test_an_outbound_call_has_party_type_name_headers_and_tags(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", from_display_name="Ada Ltd", custom_headers=_TICKET, sip_headers=_UUI)
    carrier.act(leg, "hangup")

    sent = _payloads(carrier, leg)

    assert sent["call.initiated"]["caller_id_name"] == "Ada Ltd"
    assert {sent[name]["calling_party_type"] for name in _STATE_CHANGES} == {"pstn"}
    assert [sent[name]["tags"] for name in _STATE_CHANGES] == [["spring", "north"]] * 3
    assert [sent[name]["custom_headers"] for name in _STATE_CHANGES] == [_TICKET] * 3
    assert [sent[name]["sip_headers"] for name in _STATE_CHANGES] == [_UUI] * 3
    assert (sent["call.answered"]["codec"], sent["call.answered"]["sampling_rate"]) == ("PCMU", 8000)
    assert not {"from_sip_uri", "offered_codecs", "shaken_stir_attestation"} & sent["call.initiated"].keys()


def test_a_call_without_these_values_has_none_of_the_fields(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", from_=_CUSTOMER)
    carrier.act(leg, "hangup")

    sent = _payloads(carrier, leg)

    assert [sent[name]["tags"] for name in _STATE_CHANGES] == [[], [], []]
    assert not {"custom_headers", "sip_headers", "caller_id_name"} & sent["call.initiated"].keys()
    assert not {"stream_url", "stream_track"} & sent["call.answered"].keys()


@pytest.mark.parametrize(
    ("caller", "party", "uri"),
    [
        (_CUSTOMER, "pstn", f"{_CUSTOMER}@sip.simulator.example"),
        ("sip:ada@pbx.example.com", "sip", "ada@pbx.example.com"),
        ("sips:ada@pbx.example.com", "sip", "ada@pbx.example.com"),
    ],
)
def test_an_incoming_call_has_sip_uris_and_codecs(carrier: SimulatedCarrier, caller: str, party: str, uri: str) -> None:
    leg = carrier.simulator.call_in(
        caller=caller,
        to=_OWN_NUMBER,
        caller_id_name="Ada Lovelace",
        custom_headers=_TICKET,
        sip_headers=[*_UUI, {"name": "Diversion", "value": "<sip:+15550100@x.example>"}],
        attestation="A",
    )
    carrier.receiver.wait("call.initiated", leg=leg)
    carrier.act(leg, "hangup")

    sent = _payloads(carrier, leg)["call.initiated"]

    assert (sent["calling_party_type"], sent["from_sip_uri"], sent["caller_id_name"]) == (party, uri, "Ada Lovelace")
    assert (sent["to_sip_uri"], sent["tags"]) == (f"{_OWN_NUMBER}@sip.simulator.example", ["spring", "north"])
    assert (sent["shaken_stir_attestation"], sent["shaken_stir_validated"]) == ("A", True)
    assert (sent["custom_headers"], len(sent["sip_headers"])) == (_TICKET, 2)
    assert sent["offered_codecs"] == sent["connection_codecs"] == "PCMU,PCMA"


def test_once_answered_custom_headers_are_those_of_the_answer(carrier: SimulatedCarrier) -> None:
    leg = carrier.simulator.call_in(caller=_CUSTOMER, to=_OWN_NUMBER, custom_headers=_TICKET, sip_headers=_UUI)
    carrier.receiver.wait("call.initiated", leg=leg)
    carrier.act(leg, "answer", custom_headers=[{"name": "X-Answer", "value": "1"}])
    carrier.act(leg, "hangup")

    sent = _payloads(carrier, leg)

    assert sent["call.initiated"]["custom_headers"] == _TICKET
    assert sent["call.answered"]["custom_headers"] == sent["call.hangup"]["custom_headers"]
    assert sent["call.answered"]["custom_headers"][0]["name"] == "X-Answer"
    assert sent["call.hangup"]["sip_headers"] == _UUI


def test_the_leg_of_a_transfer_carries_its_own_headers(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18", custom_headers=_TICKET)
    carrier.act(leg, "transfer", to="+14155550150", custom_headers=[{"name": "X-Agent", "value": "7"}])
    target = carrier.target(leg)

    sent = carrier.receiver.wait("call.initiated", leg=target).payload

    assert sent["custom_headers"] == [{"name": "X-Agent", "value": "7"}]
    carrier.act(leg, "hangup")


def test_the_answer_names_the_requested_stream(carrier: SimulatedCarrier) -> None:
    with stream_app() as app:
        leg = carrier.talk("18", stream_url=app.url, stream_track="both_tracks")
        carrier.act(leg, "hangup")

        sent = _payloads(carrier, leg)["call.answered"]

    assert (sent["stream_url"], sent["stream_track"]) == (app.url, "both_tracks")


def test_speech_and_recordings_have_the_party_type_too(carrier: SimulatedCarrier) -> None:
    leg = carrier.talk("18")
    carrier.act(leg, "record_start", channels="single", format="wav")
    carrier.act(leg, "speak", payload="Hello.", voice="female")
    carrier.receiver.wait("call.speak.ended", leg=leg)
    carrier.act(leg, "hangup")
    carrier.receiver.wait("call.recording.saved", leg=leg)

    sent = _payloads(carrier, leg)

    named = ("call.speak.started", "call.speak.ended", "call.recording.saved")
    assert {sent[name]["calling_party_type"] for name in named} == {"pstn"}


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
def test_an_incoming_call_with_invalid_fields_is_refused(carrier: SimulatedCarrier, wrong: dict[str, Any]) -> None:
    body = {"from": _CUSTOMER, "to": _OWN_NUMBER, **wrong}

    answer = requests.post(f"{carrier.simulator.url}/inbound", json=body, timeout=5)

    assert (answer.status_code, answer.json()["problems"][0]["loc"][0]) == (400, next(iter(wrong)))
