"""What the doctor knows of this installation before it looks at the carrier: its numbers, countries and limits."""

from __future__ import annotations

from orchestrator.doctor.planned_dialing import Plans, country_of, read_plans
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.rest import CONNECTION, Rest

_OTHER = "+13125550177"
_RECEPTION = (
    "name: {name}\nstart: bye\ninbound: away\nsteps: {{away: {{reject: {{cause: USER_BUSY}}}}, bye: {{hangup: {{}}}}}}"
)


def test_plans_are_the_numbers_shown_and_answered_the_countries_and_the_limit(
    rest: Rest, services: Services, settings: Settings
) -> None:
    campaign = rest.campaign(caller_ids=[_OTHER])["id"]
    rest.contacts(campaign, "+12025550123", "+12025550124", "+442079460000", "+14165550123")
    name = rest.flow(text=_RECEPTION)["name"]
    assert rest.post("/v1/numbers", {"number": "+13125550188", "flow": name}).status_code == 201

    plans = read_plans(settings)

    assert plans == Plans(
        caller_ids=(_OTHER,),
        answered=("+13125550188",),
        max_live_calls=50,
        countries={"US": 2, "GB": 1, "CA": 1},
    )


def test_a_campaign_that_is_over_has_no_plans(rest: Rest, services: Services, settings: Settings) -> None:
    campaign = rest.campaign(caller_ids=[_OTHER])["id"]
    rest.contacts(campaign, "+12025550123")
    rest.post(f"/v1/campaigns/{campaign}/cancel")

    plans = read_plans(settings)

    assert (plans.caller_ids, dict(plans.countries)) == ((), {})


def test_stores_that_are_away_have_no_plans(free_port: int) -> None:
    away = Settings(database_url=f"postgresql+psycopg://x@127.0.0.1:{free_port}/x", telnyx_connection_id=CONNECTION)

    assert read_plans(away) == Plans()


def test_a_number_without_a_country_has_none() -> None:
    assert (country_of("+12025550123"), country_of("+80012345678"), country_of("sip:a@b.c")) == ("US", None, None)
