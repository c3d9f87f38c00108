"""While nothing is dialed because of a limit, whoever asks is told so, and by when it passes."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.operations.dialing.rate_limits import account_rate_limit, campaign_rate_limit
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import close_dispatch, reserve
from tests.support.rest import CONNECTION, Rest, pointers

PLAIN = CliRunner(env={"NO_COLOR": "1", "TERM": "dumb"})
SLOW = {"calls_per_second": 0.02, "max_live_calls": 50}


def running(rest: Rest, **changes: object) -> str:
    campaign: str = rest.campaign(**changes)["id"]
    rest.contacts(campaign, "+12125550123")
    assert rest.post(f"/v1/campaigns/{campaign}/start").status_code == 200
    return campaign


def use_up(services: Services, campaign: str) -> None:
    rate_limits = (
        account_rate_limit(CONNECTION, calls_per_second=0.02, max_live_calls=50),
        campaign_rate_limit(campaign, {}),
    )
    assert reserve(services.redis, Keys(), *rate_limits, call_ids=["call_1"], lease_s=600) == 1


def test_a_contact_and_its_campaign_say_that_the_rate_is_used_up_and_until_when(rest: Rest, services: Services) -> None:
    rest.patch(f"/v1/connections/{CONNECTION}", SLOW)
    campaign = running(rest)
    before = rest.get(f"/v1/campaigns/{campaign}").json["waits_for"]

    use_up(services, campaign)
    shown = rest.get(f"/v1/campaigns/{campaign}").json["waits_for"]
    [contact] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]

    assert before is None
    assert shown["code"] == "rate" and "calls per second" in shown["detail"]
    assert (contact["status"], contact["reason"]) == ("waiting", "rate")
    assert contact["until"] > contact["created_at"] and shown["until"] > contact["created_at"]


def test_a_campaign_whose_channels_are_full_says_so(rest: Rest, services: Services) -> None:
    campaign = running(rest, pacing={"max_live_calls": 1})
    use_up(services, campaign)

    assert rest.get(f"/v1/campaigns/{campaign}").json["waits_for"]["code"] == "no_capacity"


def test_a_closed_carrier_is_what_contacts_campaign_and_readiness_speak_of(rest: Rest, services: Services) -> None:
    campaign = running(rest)
    close_dispatch(services.redis, Keys(), CONNECTION, reason="The carrier is away")

    [contact] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    checks = {check["name"]: check for check in rest.get("/readyz").json["checks"]}

    assert contact["reason"] == "carrier_unavailable"
    assert rest.get(f"/v1/campaigns/{campaign}").json["waits_for"]["code"] == "carrier_unavailable"
    assert "The carrier is away" in checks["dialing"]["remedy"] and not checks["dialing"]["is_vital"]


def test_readiness_warns_of_a_rate_that_lets_nobody_be_dialed_for_a_while(rest: Rest, services: Services) -> None:
    rest.patch(f"/v1/connections/{CONNECTION}", SLOW)
    use_up(services, running(rest))

    checks = {check["name"]: check for check in rest.get("/readyz").json["checks"]}

    assert "calls_per_second" in checks["dialing"]["remedy"] and not checks["dialing"]["is_vital"]


def test_contacts_are_listed_while_redis_is_away(rest: Rest, services: Services) -> None:
    campaign = running(rest)
    services.redis.connection_pool.connection_kwargs["port"] = 1
    services.redis.close()

    assert rest.get(f"/v1/contacts?campaign_id={campaign}").status_code == 200


@pytest.mark.parametrize(
    "limits",
    [{"calls_per_second": 1e-38}, {"calls_per_second": 0.009}, {"calls_per_second": 1001}, {"max_live_calls": 0}],
)
def test_limits_are_bounded_alike_for_a_campaign_the_account_the_environment_and_the_command_line(
    rest: Rest, limits: dict[str, float]
) -> None:
    [(name, value)] = limits.items()
    option = f"--{name.replace('_', '-')}"
    settings = f"ORCHESTRATOR_{name.upper()}"

    account = rest.patch(f"/v1/connections/{CONNECTION}", limits)
    campaign = rest.post("/v1/campaigns", {"pacing": limits})
    create = PLAIN.invoke(app, ["campaign", "create", "x", "--flow", "f", "--caller-id", "+1", option, str(value)])
    up = PLAIN.invoke(app, ["up", option, str(value)])

    assert list(pointers(account)) == [f"/{name}"]
    assert f"/pacing/{name}" in pointers(campaign)
    assert (create.exit_code, up.exit_code) == (2, 2)
    assert all(option in told and "than or" in told for told in (create.output, up.output))
    with pytest.raises(ValueError, match=r"(greater|less) than or equal"):
        Settings.model_validate({settings: value})


def said_of(rest: Rest, campaign: str) -> tuple[tuple[str, str, str], list[str]]:
    """Return what a campaign's contact shows, and who is found by that reason; everybody asked says the same."""
    [listed] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    alone = rest.get(f"/v1/contacts/{listed['id']}").json
    explained = rest.get(f"/v1/contacts/{listed['id']}/explain").json
    [row] = rest.get(f"/v1/campaigns/{campaign}/results?format=jsonl").text.splitlines()
    found = rest.get(f"/v1/campaigns/{campaign}/contacts?reason={listed['reason']}").json["data"]
    said = [(each["reason"], each["reason_detail"], each["until"]) for each in (listed, alone)]
    assert said == [(explained["reason"], explained["sentence"], explained["until"])] * 2
    assert orjson.loads(row)["reason"] == listed["reason"]
    return said[0], [contact["id"] for contact in found]


def test_a_contact_says_that_its_campaign_is_paused_and_why(rest: Rest, services: Services) -> None:
    campaign = running(rest)
    rest.post(f"/v1/campaigns/{campaign}/pause")
    with services.sql.begin() as tx:
        tx.execute(text("""UPDATE campaigns SET status_reason = '{"code": "guard_x", "detail": "Nobody answers."}'"""))

    (reason, detail, until), found = said_of(rest, campaign)

    assert (reason, until, len(found)) == ("campaign_paused", None, 1)
    assert detail == "The campaign is paused; resume it to go on. Nobody answers."


def test_a_contact_says_that_its_campaign_has_not_been_started(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, "+12125550123")

    (reason, _, until), found = said_of(rest, campaign)

    assert (reason, until, len(found)) == ("campaign_not_started", None, 1)


def test_a_contact_says_when_its_campaign_starts_by_itself(rest: Rest) -> None:
    campaign = rest.campaign(starts_at="2097-03-01T09:00:00Z")["id"]
    rest.contacts(campaign, "+12125550123")
    rest.post(f"/v1/campaigns/{campaign}/start")

    [contact] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]

    assert contact["reason"] == "campaign_not_started"
    assert contact["until"][:16] in ("2097-03-01T08:59", "2097-03-01T09:00")


def test_a_stop_of_all_dialing_is_said_before_a_pause(rest: Rest) -> None:
    campaign = running(rest)
    rest.post(f"/v1/campaigns/{campaign}/pause")
    rest.post("/v1/dialing/stop", {"reason": "a fire"})

    (reason, detail, _), _ = said_of(rest, campaign)

    assert reason == "dialing_stopped" and "a fire" in detail


def test_who_waits_for_a_pause_to_end_is_found_within_one_campaign(rest: Rest) -> None:
    assert pointers(rest.get("/v1/contacts?reason=campaign_paused")) == {"?reason": "campaign_required"}
