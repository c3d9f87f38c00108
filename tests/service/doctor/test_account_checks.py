"""The doctor looks at the account as the simulator serves it, and names what is wrong there with its remedy.

What the carrier does not tell, or tells in a way nobody knows, is never called wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.doctor.check_carrier import check_carrier
from orchestrator.doctor.findings import Finding, Verdict
from orchestrator.doctor.planned_dialing import Plans
from orchestrator.settings import Settings
from orchestrator.telnyx.client import TelnyxClient
from tests.support.simulator import SimulatorProcess, simulator

_HOST = "https://dialer.example.com"
_OURS = f"{_HOST}/webhooks/telnyx"
_NUMBER, _OTHER = "+13125550100", "+13125550101"
_GOOD, _BAD, _DOUBTFUL, _UNSEEN = Verdict.GOOD, Verdict.BAD, Verdict.DOUBTFUL, Verdict.UNSEEN


@pytest.fixture(scope="module")
def carrier() -> Iterator[SimulatorProcess]:
    with simulator(webhook_url=_OURS, connection_id="17", caller_id=_NUMBER) as running:
        yield running


def _findings(
    carrier: SimulatorProcess,
    plans: Plans | None = None,
    *,
    caller_ids: tuple[str, ...] = (_NUMBER,),
    public_url: str | None = _HOST,
    **arranged: Any,
) -> dict[str, Finding]:
    settings = Settings(
        telnyx_api_key=SecretStr(carrier.api_key),
        telnyx_base_url=carrier.base_url,
        telnyx_connection_id="17",
        telnyx_public_key=carrier.public_key,
        public_url=public_url,
    )
    carrier.override_resources(**arranged)
    client = TelnyxClient(base_url=carrier.base_url, api_key=settings.telnyx_key())
    try:
        return {found.subject: found for found in check_carrier(settings, client, caller_ids, plans=plans or Plans())}
    finally:
        client.close()


def _application(**values: Any) -> dict[str, Any]:
    return {"application": values}


def _profile(**values: Any) -> dict[str, Any]:
    return {"profile": values}


def _number(**values: Any) -> dict[str, Any]:
    return {"numbers": {_NUMBER: values}}


_CALLER_ID = f"caller id {_NUMBER}"
_RECORDED = f"recording of {_NUMBER}"

WRONG: list[tuple[dict[str, Any], str, Verdict, str]] = [
    # The application.
    (_application(active=False), "connection", _BAD, "switched off"),
    ({"application": None}, "connection", _BAD, "no Voice API application 17"),
    (_application(webhook_api_version="1"), "webhook version", _BAD, "sends version 1"),
    (_application(webhook_api_version=1), "webhook version", _BAD, "sends version 1"),
    # Its webhook URL.
    (_application(webhook_event_url="https://elsewhere.example.net/webhooks/telnyx"), "webhook URL", _BAD, "elsewhere"),
    (
        _application(webhook_event_url="https://dialer.example.com.evil.example/webhooks/telnyx"),
        "webhook URL",
        _BAD,
        "e",
    ),
    (_application(webhook_event_url=f"{_HOST}/webhooks"), "webhook URL", _BAD, f"{_HOST}/webhooks"),
    (_application(webhook_event_url=f"{_OURS}/"), "webhook URL", _BAD, f"{_OURS}/"),
    (_application(webhook_event_url=_OURS.replace("https", "http")), "webhook URL", _BAD, "http://dialer"),
    (_application(webhook_event_url=_OURS.replace(".com", ".com:8443")), "webhook URL", _BAD, ":8443"),
    (_application(webhook_event_url="not an address"), "webhook URL", _BAD, "not an address"),
    (_application(webhook_event_url=None), "webhook URL", _BAD, "has none"),
    (_application(webhook_event_url=""), "webhook URL", _BAD, "has none"),
    # Its failover URL, channels and profile.
    (
        _application(webhook_event_failover_url="https://other.example.net/x"),
        "failover URL",
        _DOUBTFUL,
        "other.example",
    ),
    (_application(outbound={"channel_limit": 0, "outbound_voice_profile_id": "1"}), "channels", _BAD, "no outbound"),
    (_application(outbound={"channel_limit": 9, "outbound_voice_profile_id": "1"}), "channels", _DOUBTFUL, "make 10"),
    (
        _application(outbound={"channel_limit": None, "outbound_voice_profile_id": None}),
        "outbound profile",
        _BAD,
        "none",
    ),
    (_application(outbound={"channel_limit": None, "outbound_voice_profile_id": ""}), "outbound profile", _BAD, "none"),
    (_application(outbound={"outbound_voice_profile_id": "404"}), "outbound profile", _BAD, "404"),
    # The profile.
    ({"profile": None}, "outbound profile", _BAD, "does not have"),
    (_profile(enabled=False), "outbound profile", _BAD, "switched off"),
    (_profile(whitelisted_destinations=[]), "destinations", _BAD, "D13"),
    (_profile(whitelisted_destinations=["US"]), "destinations", _DOUBTFUL, "3 in CA"),
    (_profile(concurrent_call_limit=0), "calls at once", _BAD, "D2"),
    (_profile(concurrent_call_limit=2), "calls at once", _DOUBTFUL, "make 10"),
    (_profile(daily_spend_limit="0.00", daily_spend_limit_enabled=True), "spend limit", _BAD, "0 USD"),
    (_profile(calling_window={"start_time": "08:00", "end_time": "20:00"}), "calling window", _DOUBTFUL, "08:00"),
    (_profile(calling_window={"calls_per_cld": 2}), "calling window", _DOUBTFUL, "2 to the same number"),
    (_profile(call_recording={"call_recording_type": "all"}), "recording", _DOUBTFUL, "every call"),
    (
        _profile(
            call_recording={
                "call_recording_type": "by_caller_phone_number",
                "call_recording_caller_phone_numbers": [_NUMBER],
            }
        ),
        "recording",
        _DOUBTFUL,
        _NUMBER,
    ),
    # The number.
    ({"numbers": {_NUMBER: None}}, _CALLER_ID, _BAD, "neither owns nor has verified"),
    (_number(connection_id="18", connection_name="office"), _CALLER_ID, _DOUBTFUL, "another connection (office)"),
    (_number(connection_id=None), _CALLER_ID, _DOUBTFUL, "no connection"),
    (_number(status="ported-out"), _CALLER_ID, _BAD, "ported-out"),
    (_number(status="deleted"), _CALLER_ID, _BAD, "deleted"),
    (_number(status="purchase-pending"), _CALLER_ID, _BAD, "purchase-pending"),
    (_number(status="emergency-only"), _CALLER_ID, _BAD, "emergency"),
    (_number(status="port-out-pending"), _CALLER_ID, _DOUBTFUL, "port-out-pending"),
    (_number(call_recording_enabled=True), _RECORDED, _DOUBTFUL, "records"),
]
_PLANS = Plans(caller_ids=(_NUMBER,), max_live_calls=10, countries={"US": 40, "CA": 3})


@pytest.mark.parametrize(("arranged", "subject", "verdict", "says"), WRONG)
def test_what_is_wrong_at_the_carrier_is_named_with_its_remedy(
    carrier: SimulatorProcess, arranged: dict[str, Any], subject: str, verdict: Verdict, says: str
) -> None:
    found = _findings(carrier, _PLANS, **arranged)[subject]

    assert found.verdict is verdict, found
    assert says in found.detail
    assert found.remedy


RIGHT: list[dict[str, Any]] = [
    {},
    _application(webhook_event_url="https://DIALER.example.com:443/webhooks/telnyx"),
    _application(webhook_event_url=f"{_OURS}?source=portal"),
    _application(webhook_event_failover_url=_OURS),
    _application(webhook_event_failover_url=None),
    _application(outbound={"channel_limit": 10, "outbound_voice_profile_id": "1293384261075731499"}),
    _profile(concurrent_call_limit=10),
    _profile(daily_spend_limit="0.00", daily_spend_limit_enabled=False),
    _profile(daily_spend_limit="100.00", daily_spend_limit_enabled=True),
    _profile(calling_window=None),
    _profile(calling_window={"start_time": None, "end_time": None, "calls_per_cld": None}),
    _profile(
        call_recording={
            "call_recording_type": "by_caller_phone_number",
            "call_recording_caller_phone_numbers": [_OTHER],
        }
    ),
    _profile(whitelisted_destinations=["us", "ca", "GB"]),
    # Unknown or unreadable: nobody knows that it is wrong.
    _application(active=None, outbound={"channel_limit": "many", "outbound_voice_profile_id": 1293384261075731499}),
    _application(webhook_timeout_secs={"primary": 2}, colour="blue"),
    _profile(enabled=None, whitelisted_destinations=None, concurrent_call_limit="lots", daily_spend_limit="?"),
    _profile(daily_spend_limit="plenty", daily_spend_limit_enabled=True, call_recording="sometimes", tags=None),
    _profile(call_recording={"call_recording_type": "by_colour"}, calling_window=["08:00"]),
    _number(status=None, connection_name=None, features=[{"name": "voice"}]),
    _number(connection_id=17, call_recording_enabled=None),
]


@pytest.mark.parametrize("arranged", RIGHT)
def test_what_is_right_or_unknown_is_not_called_wrong(carrier: SimulatorProcess, arranged: dict[str, Any]) -> None:
    found = _findings(carrier, _PLANS, **arranged)

    assert {finding.verdict for finding in found.values()} == {_GOOD}


def test_without_our_own_address_or_their_word_nothing_is_claimed(carrier: SimulatorProcess) -> None:
    ours_unknown = _findings(carrier, public_url=None)
    theirs_unknown = _findings(carrier, **_application(webhook_api_version=None, outbound=None))

    assert ours_unknown["webhook URL"].verdict is _UNSEEN
    assert theirs_unknown["webhook version"].verdict is _UNSEEN
    assert theirs_unknown["outbound profile"].verdict is _UNSEEN


def test_a_remedy_says_the_very_address_to_set(carrier: SimulatorProcess) -> None:
    found = _findings(carrier, **_application(webhook_event_url="https://elsewhere.example.net/x"))["webhook URL"]

    assert "https://elsewhere.example.net/x" in found.detail and "elsewhere.example.net" in found.detail
    assert _OURS in found.remedy


def test_a_number_that_is_only_verified_may_be_shown(carrier: SimulatorProcess) -> None:
    found = _findings(carrier, caller_ids=(_OTHER,), verified=[_OTHER])[f"caller id {_OTHER}"]

    assert (found.verdict, "verified" in found.detail) == (_GOOD, True)


def test_part_of_a_number_is_not_taken_for_the_number(carrier: SimulatorProcess) -> None:
    found = _findings(carrier, caller_ids=("+1312555010",))["caller id +1312555010"]

    assert found.verdict is _BAD


def test_a_number_whose_callers_meet_a_flow_here_must_come_here(carrier: SimulatorProcess) -> None:
    plans = Plans(answered=(_NUMBER, _OTHER))

    elsewhere = _findings(carrier, plans, **_number(connection_id="18"))
    alone = _findings(carrier, plans, caller_ids=(), **_number(connection_id=""))
    right = _findings(carrier, plans, caller_ids=(), numbers={_OTHER: {}})

    assert (elsewhere[_CALLER_ID].verdict, elsewhere[f"number {_OTHER}"].verdict) == (_BAD, _BAD)
    assert alone[f"number {_NUMBER}"].verdict is _BAD
    assert {right[f"number {number}"].verdict for number in plans.answered} == {_GOOD}
