"""Calls over REST: listed, told in full, placed one by one, and commanded while they live."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from orchestrator.services import Services
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import close_dispatch
from orchestrator.store.sql import pagination
from tests.support.ledger_rows import ended_call, live_call
from tests.support.rest import CALLER_ID, CONNECTION, FLOW, Rest, fresh_number, pointers

ANN = {"first_name": "Ann"}
ALWAYS = {"ignore_hours": True, "because": "a test"}


def _place(rest: Rest, key: str = "k", **document: Any) -> Any:
    return rest.post("/v1/calls", document, headers={"Idempotency-Key": key})


def test_a_call_is_told_in_full(rest: Rest, services: Services) -> None:
    number = fresh_number()
    ids = ended_call(rest, services, to=number, external_id="order-7")

    call = rest.get(f"/v1/calls/{ids['call']}").json

    assert (call["campaign_id"], call["contact_id"], call["external_id"]) == (
        ids["campaign"],
        ids["contact"],
        "order-7",
    )
    assert (call["to"], call["from"], call["direction"], call["attempt"]) == (number, CALLER_ID, "outbound", 1)
    assert (call["status"], call["disposition"], call["outcome"]) == ("ended", "human", "confirmed")
    assert call["answers"] == {"confirmed": True}
    assert (call["ring_s"], call["talk_s"]) == (10.0, 15.0)
    assert call["flow"]["version"] == 1 and call["timeline"] == [] and call["phase"] is None


def test_a_call_is_shown_with_what_the_carrier_said_of_its_end(rest: Rest, services: Services) -> None:
    ids = ended_call(rest, services, disposition="failed", outcome=None)
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "UPDATE calls SET hangup_cause = 'call_rejected', sip_hangup_cause = '403', fault = 'carrier_refused',"
                ' telnyx_error = \'{"error_code": "D17"}\''
            )
        )

    shown = rest.get(f"/v1/calls/{ids['call']}").json
    (listed,) = rest.get("/v1/calls").json["data"]

    for call in (shown, listed):
        assert (call["hangup_cause"], call["sip_hangup_cause"], call["fault"]) == (
            "call_rejected",
            "403",
            "carrier_refused",
        )
        assert call["telnyx_error"] == {"error_code": "D17"}


@pytest.mark.parametrize(
    "query",
    [
        "campaign_id={campaign}",
        "contact_id={contact}",
        "external_id=order-7",
        "to=%2B{digits}",
        "to=%2B{digits}&status=ended&disposition=busy&outcome=heard",
        "disposition=busy",
        "outcome=heard",
        "campaign_id={campaign}&ended_after=2020-01-01T00:00:00Z&ended_before=2099-01-01T00:00:00Z",
    ],
)
def test_calls_are_found_by_each_filter(rest: Rest, services: Services, query: str) -> None:
    number = fresh_number()
    ended_call(rest, services)
    ids = ended_call(rest, services, to=number, external_id="order-7", disposition="busy", outcome="heard")

    found = rest.get("/v1/calls?" + query.format(**ids, digits=number[1:])).json["data"]

    assert [call["id"] for call in found] == [ids["call"]]


def test_of_many_calls_with_one_value_and_few_with_another_some_are_judged_at_a_time(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    asked, promised = "disposition=human&outcome=promised", ended_call(rest, services, outcome="promised")["call"]
    for _ in range(4):
        ended_call(rest, services)

    page = rest.get(f"/v1/calls?{asked}").json
    found = [page["data"]]
    while page["next_cursor"]:
        page = rest.get(f"/v1/calls?{asked}&cursor={page['next_cursor']}").json
        found.append(page["data"])

    assert [[call["id"] for call in calls] for calls in found] == [[], [], [promised]]
    exported = rest.get(f"/v1/calls/export?{asked}&format=jsonl").text.splitlines()
    assert [orjson.loads(line)["call_id"] for line in exported] == [promised]


def test_the_few_that_ended_within_the_times_are_found_at_once(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    long_ago = ended_call(rest, services)["call"]
    for _ in range(4):
        ended_call(rest, services)
    with services.sql.begin() as tx:
        old = {"id": long_ago, "at": "2001-01-02T00:00:00Z"}
        tx.execute(text("UPDATE calls SET ended_at = :at, reserved_at = :at WHERE id = :id"), old)

    page = rest.get(
        "/v1/calls?disposition=human&ended_after=2001-01-01T00:00:00Z&ended_before=2001-02-01T00:00:00Z"
    ).json

    assert ([call["id"] for call in page["data"]], page["next_cursor"]) == ([long_ago], None)


def test_calls_that_were_reserved_later_are_not_looked_at_for_those_that_ended_earlier(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "LOOKED_AT", 3)
    calls = [ended_call(rest, services)["call"] for _ in range(9)]
    with services.sql.begin() as tx:
        for n, call in enumerate(calls):
            day = {"id": call, "at": f"2001-01-0{n + 1}T00:00:00Z", "hours": 3 if n == 4 else 0}
            tx.execute(
                text(
                    "UPDATE calls SET reserved_at = CAST(:at AS timestamptz), "
                    "ended_at = CAST(:at AS timestamptz) + make_interval(hours => :hours) WHERE id = :id"
                ),
                day,
            )

    page = rest.get("/v1/calls?disposition=human&ended_before=2001-01-05T00:30:00Z").json

    assert [call["id"] for call in page["data"]] == calls[3:1:-1]
    assert page["next_cursor"]


def test_calls_that_ended_at_another_time_are_left_out(rest: Rest, services: Services) -> None:
    ended_call(rest, services)

    assert rest.get("/v1/calls?ended_before=2020-01-01T00:00:00Z").json["data"] == []
    assert rest.get("/v1/calls?ended_after=2099-01-01T00:00:00Z").json["data"] == []


def test_a_withdrawn_attempt_is_shown_only_when_asked_for(rest: Rest, services: Services) -> None:
    ids = ended_call(rest, services, state="withdrawn", disposition=None)

    assert rest.get("/v1/calls").json["data"] == []
    assert [call["id"] for call in rest.get("/v1/calls?status=withdrawn").json["data"]] == [ids["call"]]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=gone", "?status"),
        ("disposition=asleep", "?disposition"),
        ("ended_after=yesterday", "?ended_after"),
        ("ended_before=2031-01-01", "?ended_before"),
        ("number=1", "?number"),
    ],
)
def test_a_wrong_filter_of_calls_is_named(rest: Rest, query: str, pointer: str) -> None:
    assert list(pointers(rest.get(f"/v1/calls?{query}"))) == [pointer]


def test_a_recorded_timeline_stands_in_the_order_the_call_took_notice(rest: Rest, services: Services) -> None:
    call = ended_call(rest, services)["call"]
    with services.sql.begin() as tx:
        for position, kind in ((2, "call.answered"), (1, "call.initiated"), (3, "speak")):
            tx.execute(
                text(
                    "INSERT INTO call_events (call_id, event_id, position, kind, type, occurred_at, recorded_at,"
                    " payload) VALUES (:c, :t, :p, :k, :t, now(), now(), '{\"a\": 1}')"
                ),
                {"c": call, "t": kind, "p": position, "k": "command" if kind == "speak" else "event"},
            )

    timeline = rest.get(f"/v1/calls/{call}").json["timeline"]

    assert [entry["type"] for entry in timeline] == ["call.initiated", "call.answered", "speak"]
    assert timeline[2]["kind"] == "command" and timeline[0]["payload"] == {"a": 1} and timeline[0]["at"].endswith("Z")


def test_a_live_call_tells_its_phase_and_step(rest: Rest, services: Services) -> None:
    call = rest.get(f"/v1/calls/{live_call(rest, services)}").json

    assert (call["status"], call["phase"], call["step"]) == ("accepted", "answered", "greet")


def test_a_single_call_is_reserved_for_the_next_tick(rest: Rest, services: Services) -> None:
    flow, number = rest.flow(), fresh_number()

    placed = _place(rest, to=number, flow=flow["name"], variables=ANN, external_id="order-7", **ALWAYS)

    assert placed.status_code == 202, placed.text
    call = placed.json
    assert (call["status"], call["to"], call["from"], call["campaign_id"]) == ("reserved", number, CALLER_ID, None)
    assert (call["external_id"], call["flow"]["id"], call["attempt"]) == ("order-7", flow["id"], 1)
    with services.sql.connect() as tx:
        row = tx.execute(text("SELECT published_at, request FROM calls")).one()
    assert row.published_at is None
    assert row.request["to"] == number and row.request["webhook_url"] == "https://calls.example/webhooks/telnyx"


def test_a_single_call_is_no_campaigns(rest: Rest) -> None:
    _place(rest, to=fresh_number(), flow=rest.flow()["id"], variables=ANN, **ALWAYS)

    assert rest.get("/v1/campaigns").json["data"] == []
    assert [contact["campaign_id"] for contact in rest.get("/v1/contacts").json["data"]] == [None]


def test_a_single_call_without_a_flow_is_driven_by_actions(rest: Rest) -> None:
    placed = _place(rest, to=fresh_number(), **ALWAYS)

    assert placed.status_code == 202, placed.text
    assert placed.json["flow"] is None


def test_a_single_call_needs_a_key(rest: Rest) -> None:
    refused = rest.post("/v1/calls", {"to": fresh_number(), **ALWAYS})

    assert refused.status_code == 400 and refused.json["code"] == "idempotency_key_required"


def test_the_same_key_and_body_ring_once(rest: Rest) -> None:
    document = {"to": fresh_number(), **ALWAYS}

    first, again = _place(rest, "a", **document), _place(rest, "a", **document)

    assert again.status_code == 202 and again.json == first.json
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(rest.get("/v1/calls").json["data"]) == 1


def test_a_number_in_a_call_is_not_called_again(rest: Rest) -> None:
    number = fresh_number()
    _place(rest, "a", to=number, **ALWAYS)

    refused = _place(rest, "b", to=number, **ALWAYS)

    assert refused.status_code == 409 and refused.json["code"] == "number_in_use"
    assert len(rest.get("/v1/contacts").json["data"]) == 1


def test_a_number_may_be_called_again_after_its_call(rest: Rest, services: Services) -> None:
    number = fresh_number()
    _place(rest, "a", to=number, external_id="x", **ALWAYS)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET state = 'ended'"))

    assert _place(rest, "b", to=number, external_id="x", **ALWAYS).status_code == 202


def test_a_suppressed_number_is_not_called(rest: Rest) -> None:
    number = fresh_number()
    rest.post("/v1/suppressions", {"phone": number})

    refused = _place(rest, to=number, **ALWAYS)

    assert refused.status_code == 409 and refused.json["code"] == "suppressed"
    assert rest.get("/v1/contacts").json["data"] == []


def test_calling_hours_hold_back_a_single_call_unless_it_may_ignore_them(rest: Rest) -> None:
    rest.patch(f"/v1/connections/{CONNECTION}", {"dial_regions": ["US", "GB", "JP"]})
    sleeping = next(
        n for n in ("+12125550123", "+442071234567", "+81312345678") if _is_held(rest, n)
    )  # never all awake

    refused = _place(rest, "x", to=sleeping)
    placed = _place(rest, "y", to=sleeping, **ALWAYS)

    assert refused.status_code == 409 and refused.json["code"] == "outside_hours"
    assert refused.json["until"].endswith("Z")
    assert placed.status_code == 202


def _is_held(rest: Rest, number: str) -> bool:
    return bool(_place(rest, f"try-{number}", to=number).status_code == 409)


def test_nothing_is_called_while_dialing_is_stopped(rest: Rest) -> None:
    rest.post("/v1/dialing/stop")

    refused = _place(rest, "a", to=fresh_number(), **ALWAYS)
    rest.post("/v1/dialing/resume")
    placed = _place(rest, "b", to=fresh_number(), **ALWAYS)

    assert refused.status_code == 409 and refused.json["code"] == "dialing_stopped"
    assert placed.status_code == 202


def test_nothing_is_called_while_the_carrier_is_away(rest: Rest, services: Services) -> None:
    close_dispatch(services.redis, Keys(), CONNECTION, reason="carrier_unavailable")

    refused = _place(rest, to=fresh_number(), **ALWAYS)

    assert refused.status_code == 409 and "carrier_unavailable" in refused.json["detail"]


def test_when_all_channels_are_taken_the_caller_may_try_again(rest: Rest) -> None:
    rest.patch(f"/v1/connections/{CONNECTION}", {"max_live_calls": 1})
    _place(rest, "a", to=fresh_number(), **ALWAYS)
    document = {"to": fresh_number(), **ALWAYS}

    refused = _place(rest, "b", **document)
    rest.patch(f"/v1/connections/{CONNECTION}", {"max_live_calls": 2})
    placed = _place(rest, "b", **document)

    assert refused.status_code == 429 and refused.headers["Retry-After"] == "1"
    assert placed.status_code == 202


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/to"),
        ({"to": "12"}, "/to"),
        ({"to": 12125550123}, "/to"),
        ({"to": "sip:ann@example.com"}, "/to"),
        ({"to": "+12125550123", "from": "anonymous"}, "/from"),
        ({"to": "+12125550123", "flow": "nowhere"}, "/flow"),
        ({"to": "+12125550123", "flow": 7}, "/flow"),
        ({"to": "+12125550123", "variables": []}, "/variables"),
        ({"to": "+12125550123", "variables": {"a": [1]}}, "/variables/a"),
        ({"to": "+12125550123", "external_id": 7}, "/external_id"),
        ({"to": "+12125550123", "external_id": "x" * 300}, "/external_id"),
        ({"to": "+12125550123", "ignore_hours": "yes"}, "/ignore_hours"),
        ({"to": "+12125550123", "ignore_hours": True}, "/because"),
        ({"to": "+12125550123", "ignore_hours": True, "because": ""}, "/because"),
        ({"to": "+12125550123", "ignore_hours": True, "because": "x" * 501}, "/because"),
        ({"to": "+12125550123", "because": "my own phone"}, "/because"),
        ({"to": "+12125550123", "when": "now"}, "/when"),
    ],
)
def test_each_wrong_field_of_a_single_call_is_named(rest: Rest, document: dict[str, Any], pointer: str) -> None:
    refused = rest.post("/v1/calls", document, headers={"Idempotency-Key": "k"})

    assert any(at == pointer or at.startswith(pointer + "/") for at in pointers(refused))


def test_a_single_call_that_lacks_what_its_flow_needs_is_refused(rest: Rest) -> None:
    refused = _place(rest, to=fresh_number(), flow=rest.flow()["id"], **ALWAYS)

    assert pointers(refused) == {"/variables/first_name": "missing_input"}


def test_the_fourth_call_to_a_number_in_a_day_is_refused_with_the_reason_and_the_time(
    rest: Rest, services: Services
) -> None:
    number = fresh_number()
    for _ in range(3):
        ended_call(rest, services, to=number)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET last_sent_at = now() - interval '1 hour'"))

    refused = _place(rest, to=number, **ALWAYS)

    assert (refused.status_code, refused.json["code"]) == (409, "number_day_limit")
    assert "24 hours" in refused.json["detail"]
    assert refused.json["detail"].endswith("This is said by the caps of the installation: 3.")
    assert refused.json["until"].endswith("Z")


@pytest.mark.parametrize(
    ("number", "word"), [("+19005551212", "premium"), ("+881612345678", "satellite"), ("+80812345678", "shared-cost")]
)
def test_a_call_to_a_number_that_is_never_dialed_is_refused_with_its_kind(rest: Rest, number: str, word: str) -> None:
    refused = _place(rest, to=number, **ALWAYS)

    assert pointers(refused) == {"/to": "number_kind"}
    assert word in refused.text


def test_a_number_that_is_dear_to_call_back_is_not_shown_to_anybody(rest: Rest) -> None:
    refused = _place(rest, **{"to": fresh_number(), "from": "+19005551212"}, **ALWAYS)

    assert pointers(refused) == {"/from": "number_kind"}


def test_a_single_call_whose_flow_rings_for_less_than_15_seconds_is_refused(rest: Rest) -> None:
    hasty = rest.flow(text=FLOW.replace("\nstart: greet", "\ndial: {{timeout_secs: 5}}\nstart: greet"))

    refused = _place(rest, to=fresh_number(), flow=hasty["id"], variables=ANN, **ALWAYS)

    assert pointers(refused) == {"/flow": "ring_floor"}
