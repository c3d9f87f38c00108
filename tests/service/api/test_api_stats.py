"""A campaign in numbers and as a table."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import time_machine
from sqlalchemy import text

from api.app import create_app
from orchestrator.model.metric import Metric, Reading
from orchestrator.operations.campaigns.export_results import export_results
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number, pointers
from tests.support.run_operation import run_operation

MONDAY_NOON_IN_NEW_YORK = datetime(2031, 3, 3, 17, tzinfo=UTC)

_CALL = text(
    """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, disposition, outcome, answers, first_sent_at)
    SELECT 'call_' || substr(id, 5), campaign_id, id, :connection, phone, :caller, 1, :state, 'c', 30, 600,
        :disposition, :outcome, CAST(:answers AS jsonb), now()
    FROM contacts WHERE id = :contact
    """
)

_REFUSED = (
    "hangup_cause = 'call_rejected', sip_hangup_cause = '403', fault = 'carrier_refused', "
    'telnyx_error = \'{"error_code": "D17"}\''
)


def _call(services: Services, contact: str, **columns: object) -> None:
    fields = {"state": "ended", "disposition": "human", "outcome": "confirmed", "answers": "{}", **columns}
    with services.sql.begin() as tx:
        tx.execute(_CALL, {"contact": contact, "connection": CONNECTION, "caller": CALLER_ID, **fields})


def _set(services: Services, contact: str, assignments: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(text(f"UPDATE contacts SET {assignments} WHERE id = :id"), {"id": contact})


def held(stats: dict[str, Any]) -> dict[str, int]:
    return {reason: why["contacts"] for reason, why in stats["held_by_reason"].items()}


def test_every_contact_is_counted_once(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    statuses = ["waiting", "held", "calling", "completed", "exhausted", "suppressed", "canceled", "expired", "unknown"]
    for contact, status in zip(rest.contacts(campaign, *(fresh_number() for _ in range(9))), statuses, strict=True):
        _set(services, contact, f"status = '{status}', reason = 'retry_due'")

    stats = rest.get(f"/v1/campaigns/{campaign}/stats").json

    assert stats["contacts"] == {"total": 9, **dict.fromkeys(statuses, 1)}
    assert held(stats) == {"retry_due": 1}
    assert stats["status"] == "draft"


def test_who_waits_in_a_closed_zone_is_held_with_the_reason(rest: Rest) -> None:
    with time_machine.travel(MONDAY_NOON_IN_NEW_YORK, tick=False):
        campaign = rest.campaign(calling_hours={"timezone": "contact"})["id"]
        rest.contacts(campaign, "+12125550123", "+12125550124")
        rest.contacts(campaign, "+12125550125", timezone="Asia/Tokyo")
        rest.contacts(campaign, "+18005550123")
        rest.contacts(campaign, "+12125550126", not_before="2099-01-01T00:00:00Z")

        stats = rest.get(f"/v1/campaigns/{campaign}/stats").json

    assert (stats["contacts"]["waiting"], stats["contacts"]["held"], stats["contacts"]["total"]) == (2, 3, 5)
    assert held(stats) == {"outside_hours": 1, "zone_unknown": 1, "not_yet": 1}


def test_the_metrics_of_all_campaigns_agree_with_the_numbers_of_each(rest: Rest, services: Services) -> None:
    noons = {"windows": [{"days": ["mon"], "start": "12:00", "end": "13:00"}]}
    campaigns = [
        rest.campaign(calling_hours=noons)["id"],
        rest.campaign(calling_hours=noons)["id"],
        rest.campaign()["id"],
        rest.campaign(calling_hours={"always": True, "because": "a test"})["id"],
    ]
    for campaign in campaigns:
        phones = [f"+1212555{fresh_number()[-4:]}", f"+1415555{fresh_number()[-4:]}", f"+1602555{fresh_number()[-4:]}"]
        first, *_ = rest.contacts(campaign, *phones, fresh_number())
        _set(services, first, "status = 'held', reason = 'retry_due'")

    for hour in range(0, 48, 7):
        with time_machine.travel(MONDAY_NOON_IN_NEW_YORK + timedelta(hours=hour), tick=False):
            stats = [rest.get(f"/v1/campaigns/{campaign}/stats").json for campaign in campaigns]
            read = [r for r in run_operation(collect_metrics, services=services) if isinstance(r, Reading)]
        told = {r.labels[0]: r.value for r in read if r.metric is Metric.CONTACTS_DUE}
        reasons = {r.labels[0]: r.value for r in read if r.metric is Metric.CONTACTS_HELD}
        assert reasons == dict(sum((Counter(held(each)) for each in stats), Counter[str]())), hour
        for status in ("waiting", "held"):
            assert told.get(status, 0) == sum(each["contacts"][status] for each in stats), (hour, status)
        assert hour == 0 or told["held"] > len(campaigns)  # those outside the hours beside those who are held at all


def test_a_campaign_that_is_over_is_in_no_metric(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE campaigns SET status = 'canceled' WHERE id = :id"), {"id": campaign})

    of_contacts = (Metric.CONTACTS_DUE, Metric.CONTACTS_HELD)
    assert [r for r in run_operation(collect_metrics, services=services) if r.metric in of_contacts] == []


def test_calls_are_counted_by_what_they_brought(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    contacts = rest.contacts(campaign, *(fresh_number() for _ in range(6)))
    _call(services, contacts[0], answers='{"confirmed": true, "q1": "5", "_private": 1}')
    _call(services, contacts[1], answers='{"confirmed": false, "q1": null}')
    _call(services, contacts[2], disposition="busy", outcome=None)
    _call(services, contacts[3], state="accepted", disposition=None, outcome=None)
    _call(services, contacts[4], state="reserved", disposition=None, outcome=None)
    _call(services, contacts[5], state="withdrawn", disposition=None, outcome=None)

    calls = rest.get(f"/v1/campaigns/{campaign}/stats").json["calls"]

    assert (calls["dialed"], calls["live"], calls["ended"]) == (4, 1, 3)
    assert calls["by_disposition"] == {"human": 2, "busy": 1}
    assert calls["by_outcome"] == {"confirmed": 2}
    assert calls["by_answer"] == {"confirmed": {"true": 1, "false": 1}, "q1": {"5": 1, "null": 1}}


def test_the_rate_is_the_campaigns_own_of_the_last_five_seconds(rest: Rest, services: Services) -> None:
    campaign, other = rest.campaign(pacing={"calls_per_second": 7, "max_live_calls": 12})["id"], rest.campaign()["id"]
    for contact in rest.contacts(campaign, *(fresh_number() for _ in range(10))):
        _call(services, contact)
    _call(services, rest.contacts(other, fresh_number())[0])

    own, others = (rest.get(f"/v1/campaigns/{c}/stats").json["rate"] for c in (campaign, other))

    assert own == {"dials_per_s": 2.0, "limit": 7.0, "max_live_calls": 12}
    assert others == {"dials_per_s": 0.2, "limit": 20.0, "max_live_calls": 50}


def test_a_caller_id_that_dials_too_often_is_a_warning(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    before = rest.get(f"/v1/campaigns/{campaign}/stats").json["warnings"]
    for contact in rest.contacts(rest.campaign()["id"], *(fresh_number() for _ in range(76))):
        _call(services, contact)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET last_sent_at = now() WHERE from_number = :caller"), {"caller": CALLER_ID})

    [told] = rest.get(f"/v1/campaigns/{rest.campaign()['id']}/stats").json["warnings"]

    assert before == []
    assert (told["pointer"], told["code"]) == ("/caller_ids", "dials_per_caller_id")
    assert told["detail"].startswith(f"1 of 1 caller ids, such as {CALLER_ID},")


def test_latency_is_the_campaigns_own_and_nothing_without_a_call(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    services.redis.rpush(Keys().latency, "7000")  # the whole services's
    before = rest.get(f"/v1/campaigns/{campaign}/stats").json["latency_ms"]
    services.redis.rpush(Keys().latency_of(rest.campaign()["id"]), "9000")
    services.redis.rpush(Keys().latency_of(campaign), *[str(n + 0.5) for n in range(100)])

    after = rest.get(f"/v1/campaigns/{campaign}/stats").json["latency_ms"]

    assert before == {"event_to_command": {"p50": None, "p99": None}}
    assert after == {"event_to_command": {"p50": 50.5, "p99": 99.5}}


def test_results_are_a_row_for_each_contact_with_its_answers(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    first, second = rest.contacts(campaign, "+12125550123", "+12125550124")
    _set(
        services,
        first,
        "status = 'completed', outcome = 'confirmed', answers = '{\"confirmed\": true, \"_private\": 1}'",
    )

    answered = rest.get(f"/v1/campaigns/{campaign}/results")

    assert answered.status_code == 200 and answered.mimetype == "text/csv"
    rows = {row["contact_id"]: row for row in csv.DictReader(io.StringIO(answered.text))}
    assert set(rows) == {first, second}
    assert rows[first]["phone"] == "+12125550123" and rows[first]["answer_confirmed"] == "true"
    assert rows[second]["answer_confirmed"] == "" and rows[second]["status"] == "waiting"
    assert "answer__private" not in rows[first]


def test_results_come_as_json_lines_when_asked_for(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, "+12125550123")
    _set(services, contact, 'answers = \'{"confirmed": [1, "=x"]}\'')

    answered = rest.get(f"/v1/campaigns/{campaign}/results", headers={"Accept": "application/x-ndjson"})

    assert answered.mimetype == "application/x-ndjson"
    (row,) = [orjson.loads(line) for line in answered.data.splitlines()]
    assert row["contact_id"] == contact and row["answer_confirmed"] == [1, "=x"] and row["outcome"] is None


def test_results_say_how_the_last_call_ended_in_the_carriers_words(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, "+12125550123")
    _call(services, contact, disposition="failed", outcome=None)
    with services.sql.begin() as tx:
        tx.execute(text(f"UPDATE calls SET {_REFUSED}"))
    _set(services, contact, "last_call_id = 'call_' || substr(id, 5)")

    (row,) = csv.DictReader(io.StringIO(rest.get(f"/v1/campaigns/{campaign}/results").text))
    line = orjson.loads(rest.get(f"/v1/campaigns/{campaign}/results?format=jsonl").data)

    assert (row["hangup_cause"], row["sip_hangup_cause"], row["fault"]) == ("call_rejected", "403", "carrier_refused")
    assert orjson.loads(row["telnyx_error"]) == line["telnyx_error"] == {"error_code": "D17"}
    assert (line["sip_hangup_cause"], line["fault"]) == ("403", "carrier_refused")


def test_the_format_can_be_asked_for_in_the_address(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    formats = [rest.get(f"/v1/campaigns/{campaign}/results?format={f}") for f in ("csv", "jsonl", "ods")]

    assert [f.mimetype for f in formats[:2]] == ["text/csv", "application/x-ndjson"]
    assert formats[2].status_code == 422


def test_a_spreadsheet_runs_nothing_that_a_contact_said(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, fresh_number(), external_id="=HYPERLINK(1)")
    _set(services, contact, 'answers = \'{"confirmed": "@SUM(A1)"}\'')

    (row,) = csv.DictReader(io.StringIO(rest.get(f"/v1/campaigns/{campaign}/results").text))

    assert row["external_id"] == "'=HYPERLINK(1)" and row["answer_confirmed"] == "'@SUM(A1)"


def test_an_empty_campaign_has_a_header_and_no_rows(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    assert rest.get(f"/v1/campaigns/{campaign}/results").text.count("\n") == 1
    assert rest.get(f"/v1/campaigns/{campaign}/results", headers={"Accept": "application/x-ndjson"}).data == b""


def test_results_need_no_more_memory_for_more_contacts(rest: Rest, services: Services) -> None:
    small, large = rest.campaign()["id"], rest.campaign()["id"]
    with services.sql.begin() as tx:
        for campaign, n in ((small, 3_000), (large, 9_000)):
            tx.execute(
                text(
                    "INSERT INTO contacts (id, campaign_id, phone, variables)"
                    " SELECT 'con_' || :c || lpad(n::text, 8, '0'), :c, '+1' || n, '{}' FROM generate_series(1, :n) n"
                ),
                {"c": campaign, "n": n},
            )

    peaks = [_peak_of_export(services, campaign, n) for campaign, n in ((small, 3_000), (large, 9_000))]

    assert peaks[1] < peaks[0] * 1.5


def _peak_of_export(services: Services, campaign: str, rows: int) -> int:
    tracemalloc.start()
    try:
        assert sum(1 for _ in run_operation(export_results, campaign, services=services)) == rows + 1
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_format_that_is_repeated_or_unknown_is_refused(rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    assert pointers(rest.get(f"/v1/campaigns/{campaign}/results?format=csv&format=csv")) == {"?format": "repeated"}
    assert pointers(rest.get(f"/v1/campaigns/{campaign}/results?format=xml")) == {"?format": "literal_error"}


def test_a_campaign_that_a_guard_has_paused_says_so_in_its_stats_and_in_the_metrics(
    rest: Rest, services: Services
) -> None:
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(campaign, fresh_number())
    _call(services, contact)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET abandoned = true, silent = true, opted_out = false, answered_at = now()"))
    running = rest.get(f"/v1/campaigns/{campaign}/stats").json
    reason = '{"code": "guard_abandon", "detail": "x", "at": null}'
    with services.sql.begin() as tx:
        tx.execute(text(f"UPDATE campaigns SET status = 'paused', status_reason = '{reason}'"))

    paused = rest.get(f"/v1/campaigns/{campaign}/stats").json

    counted = {name: running["calls"][name] for name in ("people", "abandoned", "silent", "opted_out")}
    assert counted == {"people": 1, "abandoned": 1, "silent": 1, "opted_out": 0}
    assert running["people"] == {"humans": 1, "bridged": 0, "abandoned": 1, "silent": 1, "abandon_rate_30d": 1.0}
    [guard] = running["guards"]
    assert (guard["guard"], guard["state"], guard["share"], guard["limit"]) == ("abandon", "ok", 1.0, 0.03)
    assert paused["status_reason"]["code"] == "guard_abandon"
    assert '\norchestrator_campaigns_paused_by_guard{guard="abandon"} 1.0' in rest.get("/metrics").text


def test_what_contacts_wait_for_says_until_when_and_when_the_last_is_dialed(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(pacing={"calls_per_second": 0.5}, calling_hours={"always": True, "because": "a test"})[
        "id"
    ]
    _due, later, held, for_ever = rest.contacts(campaign, *(fresh_number() for _ in range(4)))
    soon = services.clock().replace(microsecond=0) + timedelta(hours=2)
    _set(services, later, f"reason = 'retry_due', due_at = '{soon.isoformat()}'")
    _set(services, held, f"status = 'held', reason = 'number_gap', due_at = '{soon.isoformat()}'")
    _set(services, for_ever, "status = 'held', reason = 'unknown_attempt', due_at = NULL")

    before = rest.get(f"/v1/campaigns/{campaign}/stats").json
    rest.post(f"/v1/campaigns/{campaign}/start", {"accept": ["nobody_dialable"]})
    stats = rest.get(f"/v1/campaigns/{campaign}/stats").json

    assert (before["waiting_by_reason"]["campaign_not_started"]["contacts"], before["eta"]) == (2, None)
    assert stats["waiting_by_reason"]["retry_due"]["next_at"] == format_timestamp(soon)
    assert stats["held_by_reason"]["number_gap"]["next_at"] == format_timestamp(soon)
    assert (stats["held_by_reason"]["unknown_attempt"]["next_at"], stats["eta"]["left_out"]) == (None, 1)
    assert (stats["eta"]["dials_per_s"], stats["eta"]["based_on"]) == (0.5, "allowed_pace")
    assert stats["eta"]["at"] >= format_timestamp(soon)


def test_the_pace_that_is_allowed_is_that_of_the_lines_of_the_account_too(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, *(fresh_number() for _ in range(100)))
    expected = rest.post(f"/v1/campaigns/{campaign}/preflight").json["estimate"]["duration_s"]
    rest.post(f"/v1/campaigns/{campaign}/start")

    eta = rest.get(f"/v1/campaigns/{campaign}/stats").json["eta"]

    assert (eta["dials_per_s"], eta["based_on"]) == (1.25, "allowed_pace")  # fifty lines, forty seconds a call
    assert expected == 100 / eta["dials_per_s"]


def test_the_pace_is_that_since_dialing_began(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(calling_hours={"always": True, "because": "a test"})["id"]
    dialed = rest.contacts(campaign, *(fresh_number() for _ in range(60)))
    rest.contacts(campaign, *(fresh_number() for _ in range(60)))
    rest.post(f"/v1/campaigns/{campaign}/start")
    for contact in dialed:
        _set(services, contact, "status = 'calling'")
        _call(services, contact, state="accepted", disposition=None, outcome=None)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET dialed_at = now() - interval '20 s'"))
        tx.execute(text("UPDATE campaigns SET proving_since = now() - interval '30 s'"))

    eta = rest.get(f"/v1/campaigns/{campaign}/stats").json["eta"]

    assert eta["based_on"] == "measured_pace"
    assert 0.5 < eta["dials_per_s"] <= 3.0  # 60 within 20 to 30 s, and not within ten minutes


@pytest.mark.parametrize("standing", ["reason = 'retry_due'", "status = 'held', reason = 'outside_hours'"])
def test_the_last_is_not_dialed_before_those_who_are_called_again(
    rest: Rest, services: Services, standing: str
) -> None:
    hours = {"always": True, "because": "a test"}
    campaign = rest.campaign(pacing={"calls_per_second": 0.5}, calling_hours=hours)["id"]
    now = services.clock().replace(microsecond=0)
    last = now + timedelta(hours=5)
    for contact, at in zip(rest.contacts(campaign, *(fresh_number() for _ in range(3))), (now, now, last), strict=True):
        _set(services, contact, f"{standing}, due_at = '{max(at, now + timedelta(hours=2)).isoformat()}'")
    rest.post(f"/v1/campaigns/{campaign}/start")

    eta = rest.get(f"/v1/campaigns/{campaign}/stats").json["eta"]

    assert format_timestamp(last) <= eta["at"] <= format_timestamp(last + timedelta(minutes=1))


def test_a_budget_is_told_with_what_was_spent_and_is_reserved(rest: Rest, services: Services) -> None:
    campaign = rest.campaign(spend={"per_day": "5.00"})["id"]
    over, going = rest.contacts(campaign, fresh_number(), fresh_number())
    _call(services, over)
    _call(services, going, state="accepted", disposition=None, outcome=None)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET spent = CASE state WHEN 'ended' THEN 0.0125 ELSE 0.1 END"))

    spend = rest.get(f"/v1/campaigns/{campaign}/stats").json["spend"]

    assert {name: spend[name] for name in ("today", "total", "reserved", "per_day_limit", "total_limit")} == {
        "today": "0.0125", "total": "0.0125", "reserved": "0.1", "per_day_limit": "5.00", "total_limit": None,
    }  # fmt: skip


def test_stats_are_read_once_for_all_who_ask_within_a_second_and_anew_when_the_campaign_was_changed(
    settings: Settings,
) -> None:
    services = Services(settings=settings, stats_kept_s=3600)
    rest = Rest(create_app(services))
    campaign = rest.campaign()["id"]
    path = f"/v1/campaigns/{campaign}"

    def stats() -> dict[str, Any]:
        return dict(rest.get(f"{path}/stats").json or {})

    assert stats()["contacts"]["total"] == 0
    rest.contacts(campaign, fresh_number())
    assert stats()["contacts"]["total"] == 0

    rest.patch(path, {"pacing": {"calls_per_second": 3}})
    assert (stats()["rate"]["limit"], stats()["contacts"]["total"]) == (3, 1)
    rest.post(f"{path}/start")
    assert stats()["status"] == "running"
    rest.post("/v1/dialing/stop", {"reason": "a fire"})
    assert stats()["status_reason"]["code"] == "dialing_stopped"
    rest.post("/v1/dialing/resume")
    assert stats()["status_reason"] is None
    rest.post(f"{path}/pause")
    assert stats()["status"] == "paused"

    other = rest.campaign()["id"]
    assert (rest.get(f"/v1/campaigns/{other}/stats").json or {})["contacts"]["total"] == 0
    assert rest.get("/v1/campaigns/cmp_none/stats").status_code == 404
    services.close()
