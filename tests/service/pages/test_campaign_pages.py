"""The pages of campaigns: what they say, and what their forms do, which is what REST does."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.pages.conftest import SignIn
from tests.support.edit_form import edit_form, form_of
from tests.support.ledger_rows import ended_call, live_call
from tests.support.rest import CALLER_ID, Rest, fresh_number
from tests.support.visitor import Visitor, text_of

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}",
    "</title><svg onload=alert(1)>",
    "javascript:alert(1)",
]


def test_an_empty_installation_says_what_to_do_first(admin: Visitor, sign_in: SignIn) -> None:
    assert "No campaign yet" in text_of(admin.get("/"))
    assert "Make the first one" in text_of(admin.get("/"))
    assert "Make the first one" not in text_of(sign_in(Role.VIEWER).get("/"))


def test_the_front_page_says_what_each_campaign_does(admin: Visitor, rest: Rest) -> None:
    draft = rest.campaign(name="Draft one")["id"]
    paused = rest.campaign(name="Paused one")["id"]
    rest.contacts(paused, fresh_number())
    rest.post(f"/v1/campaigns/{paused}/start")
    rest.post(f"/v1/campaigns/{paused}/pause")

    page = text_of(admin.get("/"))

    assert "Draft one draft not started yet" in page
    assert "Paused one paused" in page and "0 of 1" in page
    assert draft in admin.get("/?status=draft").text and paused not in admin.get("/?status=draft").text
    assert "No campaign is like that" in text_of(admin.get("/?status=canceled"))


@pytest.mark.parametrize("ended_by", ["pause", "cancel"])
def test_the_front_page_says_what_was_spent_of_campaigns_that_do_not_run(
    admin: Visitor, rest: Rest, services: Services, ended_by: str
) -> None:
    spent, free, budget = "1234.5", rest.campaign(name="Free")["id"], {"total": "2000", "currency": "EUR"}
    dear = ended_call(rest, services)["campaign"]
    rest.contacts(dear, fresh_number())
    rest.post(f"/v1/campaigns/{dear}/start")
    rest.post(f"/v1/campaigns/{dear}/{ended_by}")
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE calls SET spent = :spent WHERE campaign_id = :id"), {"spent": spent, "id": dear})

    assert spend_of(admin, dear) == "1,234.50" and spend_of(admin, free) == "–"

    going = live_call(rest, services)
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE calls SET spent = 0.1, campaign_id = :dear WHERE id = :id"), {"dear": dear, "id": going}
        )
        tx.execute(
            text("UPDATE campaigns SET spend = CAST(:budget AS jsonb) WHERE id = :dear"),
            {"budget": json.dumps(budget), "dear": dear},
        )

    assert spend_of(admin, dear) == "1,234.50 EUR"  # what is reserved for a call under way is not spent


def spend_of(admin: Visitor, campaign: str) -> str:
    """Return what the front page says that a campaign has spent."""
    row = admin.get("/").text.partition(f'href="/campaigns/{campaign}"')[2].partition("</tr>")[0]
    found = re.search(r'data-name="Spent">([^<]*)<', row)
    assert found, row
    return found[1].strip()


def test_a_wrong_filter_is_a_page_that_says_so(admin: Visitor) -> None:
    answer = admin.get("/?status=nonsense")

    assert answer.status_code == 422 and "status" in answer.text


def test_start_pause_resume_and_end_do_what_rest_does_and_are_on_record(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    place = f"/campaigns/{campaign}"

    for action, status in [("start", "running"), ("pause", "paused"), ("resume", "running"), ("cancel", "canceled")]:
        answer = admin.send(f"{place}/{action}", {"back": place})
        assert answer.headers["Location"] == place
        assert rest.get(f"/v1/campaigns/{campaign}").json["status"] == status
    done = rest.get(f"/v1/audit?subject={campaign}").json["data"]
    assert [each["by"] for each in done[:4]] == ["link of tests"] * 4
    assert done[0]["action"] == "POST /v1/campaigns/{campaign_id}/cancel"


def test_what_is_refused_is_said_on_the_page_it_was_asked_from(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    answer = admin.send(f"/campaigns/{campaign}/start", {"back": f"/campaigns/{campaign}"})

    assert "no contacts" in text_of(admin.follow(answer)).lower()
    assert "no contacts" not in text_of(admin.get(f"/campaigns/{campaign}")).lower().replace("no contacts yet", "")


def test_a_stop_names_its_reason_on_every_page_until_dialing_is_resumed(admin: Visitor, sign_in: SignIn) -> None:
    admin.send("/dialing/stop", {"reason": "wrong <b>price</b>", "back": "/"})

    viewer = sign_in(Role.VIEWER)
    for page in (viewer.get("/"), viewer.get("/live/banner")):
        assert "All dialing is stopped." in page.text and "wrong &lt;b&gt;price&lt;/b&gt;" in page.text
        assert "Resume dialing" not in page.text
    admin.send("/dialing/resume", {"back": "/"})
    assert "All dialing is stopped." not in admin.get("/").text


def test_a_part_is_sent_once_and_carries_nothing_of_who_looks(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    for path in ("/live", f"/campaigns/{campaign}/live", "/live/banner"):
        first = admin.get(path)
        assert first.status_code == 200
        assert admin.get(path, If_None_Match=first.headers["ETag"]).status_code in (200, 304)
        assert admin.csrf not in first.text and "link of tests" not in first.text


def test_a_viewer_is_not_shown_the_buttons_that_an_operator_was_shown_just_now(
    admin: Visitor, sign_in: SignIn, rest: Rest
) -> None:
    campaign = rest.campaign()["id"]

    assert f"/campaigns/{campaign}/start" in admin.get(f"/campaigns/{campaign}/live").text
    assert f"/campaigns/{campaign}/start" not in sign_in(Role.VIEWER).get(f"/campaigns/{campaign}/live").text


WEEKDAYS = {"days": ["mon", "tue"], "start": "09:00", "end": "12:00"}
RETRY = {"max_attempts": 4, "on": {"busy": {"after": "10m", "at_most": 2}}, "on_outcome": {"heard": {"after": "2m"}}}


def test_an_edit_changes_what_was_changed_and_nothing_else(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(pacing={"calls_per_second": 2.5, "weight": 3}, tags=["a"], retry=RETRY)["id"]
    before = rest.get(f"/v1/campaigns/{campaign}").json
    form = edit_form(admin, campaign)
    changed = {"name": "Other", "tags": "a, b", "pacing.max_live_calls": "7", "ends_at": "2030-01-02T03:04"}

    assert admin.send(f"/campaigns/{campaign}/edit", form).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json == before
    assert admin.send(f"/campaigns/{campaign}/edit", form | changed).status_code == 303

    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after == before | {
        "name": "Other",
        "tags": ["a", "b"],
        "pacing": {"calls_per_second": 2.5, "max_live_calls": 7, "weight": 3},
        "ends_at": "2030-01-02T03:04:00.000Z",
    }
    [change, *_] = rest.get(f"/v1/audit?subject={campaign}").json["data"]
    assert change["changes"].keys() == {"name", "tags", "pacing", "ends_at"}


def test_caps_and_the_count_of_a_retry_are_edited(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(retry=RETRY, caps={"per_number_7d": 5, "rest_after_human": "2d"})["id"]
    before = rest.get(f"/v1/campaigns/{campaign}").json
    form = edit_form(admin, campaign)
    assert (form["retry.on.busy.at_most"], form["retry.on_outcome.heard.at_most"]) == ("2", "")
    assert (form["caps.per_number_7d"], form["caps.rest_after_human"], form["caps.min_gap"]) == ("5", "2d", "")

    wrong = admin.send(f"/campaigns/{campaign}/edit", form | {"caps.min_gap": "soon", "retry.on.busy.at_most": "0"})
    assert wrong.status_code == 422
    assert 'id="e-caps.min_gap"' in wrong.text and 'id="e-retry.on.busy.at_most"' in wrong.text

    changes = {"caps.per_number_24h": "1", "caps.rest_after_human": "", "retry.on_outcome.heard.at_most": "3"}
    assert admin.send(f"/campaigns/{campaign}/edit", form | changes).status_code == 303

    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after["caps"] == before["caps"] | {"per_number_24h": 1, "per_number_7d": 5, "rest_after_human": None}
    retried = before["retry"]["on_outcome"]["heard"] | {"at_most": 3}
    assert after["retry"] == before["retry"] | {"on_outcome": {"heard": retried}}


def test_hours_retries_flow_and_numbers_are_edited(admin: Visitor, rest: Rest) -> None:
    hours = {"timezone": "America/New_York", "windows": [WEEKDAYS], "holidays": ["2027-12-25"]}
    campaign = rest.campaign(calling_hours=hours, law={}, retry=RETRY)["id"]
    other = rest.flow("other-flow")["id"]
    pool = rest.post("/v1/caller-id-pools", {"name": "East", "numbers": [{"number": "+12125550111"}]}).json["id"]
    form = edit_form(admin, campaign) | {"flow": other, "caller_id_pool": pool, "purpose": "survey"}
    second = {"days": ["tue", "sat"], "start": "18:00", "end": "20:00"}
    form |= {f"calling_hours.windows.1.{name}": value for name, value in second.items()}
    form |= {"retry.on.busy": "5m, 1h", "retry.on.no_answer": "3h", "retry.on_outcome.heard": ""}
    form |= {"retry.on_outcome.confirmed": "1d", "consent.require": "written"}

    answer = admin.send(f"/campaigns/{campaign}/edit", form)

    assert answer.status_code == 303, text_of(answer)
    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after["calling_hours"] == hours | {"windows": [WEEKDAYS, second]}
    assert after["retry"] == {
        "max_attempts": 4,
        "on": {"busy": {"after": ["5m", "1h"], "at_most": 2}, "no_answer": {"after": "3h", "at_most": None}},
        "on_outcome": {"confirmed": {"after": "1d", "at_most": None}},
    }
    assert (after["flow"]["id"], after["caller_id_pool"], after["caller_ids"]) == (other, pool, [])
    assert (after["purpose"], after["voice"], after["consent"]) == (
        "survey",
        None,
        {"require": "written", "purposes": None},
    )

    away = edit_form(admin, campaign) | {
        "calling_hours.windows.0.away": "1",
        "caller_id_pool": "",
        "caller_ids": CALLER_ID,
    }
    assert admin.send(f"/campaigns/{campaign}/edit", away).status_code == 303
    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after["calling_hours"]["windows"] == [second]
    assert (after["caller_id_pool"], after["caller_ids"]) == (None, [CALLER_ID])


def test_any_hour_is_edited_with_its_reason(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(calling_hours={"windows": [WEEKDAYS]}, law={})["id"]
    place, form = f"/campaigns/{campaign}/edit", edit_form(admin, campaign) | {"calling_hours.always": "always"}

    refused = admin.send(place, form)
    assert refused.status_code == 422 and 'id="e-calling_hours.because"' in refused.text
    assert admin.send(place, form | {"calling_hours.because": "own staff"}).status_code == 303

    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert after["calling_hours"] == {"always": True, "because": "own staff"}
    again = edit_form(admin, campaign) | {"calling_hours.always": ""}
    assert admin.send(place, again).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["calling_hours"]["windows"][0]["start"] == "09:00"


def test_what_may_not_change_while_it_runs_is_not_asked_for(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    opened = edit_form(admin, campaign)
    rest.post(f"/v1/campaigns/{campaign}/start")

    form = edit_form(admin, campaign)
    assert not {"flow", "caller_ids", "purpose", "starts_at"} & form.keys()
    assert admin.send(f"/campaigns/{campaign}/edit", form | {"retry.max_attempts": "7"}).status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["retry"]["max_attempts"] == 7
    late = admin.send(
        f"/campaigns/{campaign}/edit", edit_form(admin, campaign) | opened | {"subject": "typed long", "seen": ""}
    )

    assert late.status_code == 422 and "subject cannot be changed while the campaign is running" in text_of(late)
    assert 'value="typed long"' in late.text


def test_an_edit_overwrites_nobodys_change_and_loses_nothing(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(name="First", description="old")["id"]
    form = edit_form(admin, campaign) | {"description": "mine", "name": "Also mine"}
    rest.patch(f"/v1/campaigns/{campaign}", {"name": "Of another", "tags": ["theirs"]})

    refused = admin.send(f"/campaigns/{campaign}/edit", form)

    assert refused.status_code == 412 and "Somebody has changed this campaign" in refused.text
    assert "Somebody else has written here: Of another" in refused.text
    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert (after["name"], after["description"]) == ("Of another", "old")
    merged = form_of(refused.text)
    assert (merged["description"], merged["name"], merged["tags"]) == ("mine", "Also mine", "theirs")
    assert admin.send(f"/campaigns/{campaign}/edit", merged).status_code == 303
    after = rest.get(f"/v1/campaigns/{campaign}").json
    assert (after["name"], after["description"], after["tags"]) == ("Also mine", "mine", ["theirs"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pacing.max_live_calls", "many"),
        ("pacing.max_live_calls", "9" * 30),
        ("pacing.calls_per_second", "nan"),
        ("pacing.calls_per_second", "inf"),
        ("caps.per_number_24h", "NaN"),
        ("name", ""),
        ("spend.total", "-1"),
        ("retry.on.busy", "soon"),
        ("retry.on_outcome.heard", "soon"),
        ("retry.max_attempts", "0"),
        ("calling_hours.windows.0.start", "9 o'clock"),
        ("calling_hours.windows.1.days", "someday"),
        ("calling_hours.timezone", "Mars"),
        ("calling_hours.holidays", "Christmas"),
        ("flow", "gone"),
        ("caller_ids", "12"),
        ("caller_id_pool", "pool_none"),
        ("consent.require", "much"),
        ("starts_at", "soon"),
    ],
)
def test_what_is_wrong_in_an_edit_stands_beside_its_field(admin: Visitor, rest: Rest, field: str, value: str) -> None:
    campaign = rest.campaign(calling_hours={"windows": [WEEKDAYS]}, law={})["id"]
    form = edit_form(admin, campaign) | {"description": "Kept as typed", field: value}

    answer = admin.send(f"/campaigns/{campaign}/edit", form)

    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text and f'id="f-{field}"' in answer.text
    assert "Kept as typed" in answer.text


@pytest.mark.parametrize("opened", ["[]", "nonsense", '{"name": 1, "calling_hours.windows": 7, "tags": null}'])
def test_a_form_that_says_nonsense_of_what_it_was_made_of_is_taken_as_it_is(
    admin: Visitor, rest: Rest, opened: str
) -> None:
    campaign = rest.campaign()["id"]

    answer = admin.send(f"/campaigns/{campaign}/edit", edit_form(admin, campaign) | {"name": "Other", "opened": opened})

    assert answer.status_code == 303
    assert rest.get(f"/v1/campaigns/{campaign}").json["name"] == "Other"


def test_a_contact_is_added_once_and_a_wrong_number_is_said_beside_its_field(admin: Visitor, rest: Rest) -> None:
    campaign, phone = rest.campaign()["id"], fresh_number()
    place = f"/campaigns/{campaign}/add"
    form = {"phone": phone, "external_id": "", "timezone": "", "variables.first_name": "Ann"}

    assert 'name="variables.first_name"' in admin.get(place).text
    assert admin.send(place, {**form, "phone": "123"}).status_code == 422
    assert admin.send(place, form).status_code == 303
    again = admin.send(place, form)

    assert again.status_code == 422 and "has this contact already" in again.text
    [contact] = rest.get(f"/v1/contacts?campaign_id={campaign}").json["data"]
    assert contact["phone"] == phone and contact["variables"] == {"first_name": "Ann"}


def test_a_copy_that_is_sent_twice_is_made_once(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign(name="First")["id"]
    form = {"name": "Second", "contacts": "none", "once": "a-key-of-the-form"}

    one, two = (admin.send(f"/campaigns/{campaign}/clone", form) for _ in range(2))

    assert one.headers["Location"] == two.headers["Location"]
    assert len(rest.get("/v1/campaigns?name=Second").json["data"]) == 1


def test_a_refused_form_is_refused_again_in_the_same_words(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    form = {"name": "x" * 5000, "contacts": "none", "once": "another-key"}

    one, two = (admin.send(f"/campaigns/{campaign}/clone", form) for _ in range(2))

    assert one.status_code == two.status_code == 422 and 'id="e-name"' in two.text


def test_a_campaign_that_is_over_shows_no_panels_of_what_goes_on(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    before = text_of(admin.get(f"/campaigns/{campaign}"))
    rest.post(f"/v1/campaigns/{campaign}/cancel")
    pages = [text_of(admin.get(f"/campaigns/{campaign}{part}")) for part in ("", "/live")]

    for panel in ("What contacts wait for", "Calls under way None", "How it calls"):
        assert panel in before, panel
    for page in pages:
        assert "What contacts wait for" not in page and "Calls under way None" not in page
        assert page.count("How it calls") == 1


def test_redial_counts_first_and_asks_for_somebody(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())
    place = f"/campaigns/{campaign}/redial"

    nobody = admin.send(place, {"attempts": "1", "count": "1"})
    counted = admin.send(place, {"attempts": "1", "statuses": "completed", "count": "1"})

    assert nobody.status_code == 422 and "Check who is called again" in nobody.text
    assert "Nobody is done yet" in nobody.text
    assert "0 contacts would be called again." in text_of(counted)


@pytest.mark.parametrize("attempts", ["0", "0.0", "-1", "21", "once"])
def test_nobody_is_called_again_who_is_to_be_called_no_time(admin: Visitor, rest: Rest, attempts: str) -> None:
    campaign = rest.campaign()["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    rest.patch(f"/v1/contacts/{contact}", {"status": "completed"})
    place, form = f"/campaigns/{campaign}/redial", {"statuses": "completed"}

    refused = admin.send(place, {**form, "attempts": attempts})

    assert refused.status_code == 422 and 'id="e-attempts"' in refused.text, text_of(refused)
    assert f'value="{attempts}"' in refused.text
    assert rest.get(f"/v1/contacts/{contact}").json["status"] == "completed"
    assert admin.send(place, {**form, "attempts": ""}).status_code == 303
    assert rest.get(f"/v1/contacts/{contact}").json["attempts_limit"] == 1


def test_people_are_called_again_not_before_a_time_by_the_clock_of_the_campaign(admin: Visitor, rest: Rest) -> None:
    hours = {"timezone": "America/New_York", "windows": [WEEKDAYS]}
    campaign = rest.campaign(calling_hours=hours, law={})["id"]
    [contact] = rest.contacts(campaign, fresh_number())
    rest.post(f"/v1/campaigns/{campaign}/start")
    rest.patch(f"/v1/contacts/{contact}", {"status": "completed"})
    place, form = f"/campaigns/{campaign}/redial", {"attempts": "1", "statuses": "completed"}

    wrong = admin.send(place, {**form, "not_before": "soon"})
    counted = admin.send(place, {**form, "not_before": "2030-01-15T15:00", "count": "1"})
    done = admin.send(place, {**form, "not_before": "2030-01-15T15:00"})

    assert wrong.status_code == 422 and 'id="e-not_before"' in wrong.text and 'value="soon"' in wrong.text
    assert "1 contact would be called again." in text_of(counted) and 'value="2030-01-15T15:00"' in counted.text
    assert done.status_code == 303, text_of(done)
    assert rest.get(f"/v1/contacts/{contact}").json["not_before"] == "2030-01-15T20:00:00.000Z"


def test_a_test_call_that_is_refused_says_why(admin: Visitor, rest: Rest) -> None:
    campaign = rest.campaign()["id"]

    wrong = admin.send(f"/campaigns/{campaign}/test-call", {"to": "12", "once": "k1"})

    assert wrong.status_code == 422 and 'id="e-to"' in wrong.text


def test_the_flow_of_a_campaign_says_how_many_calls_are_at_each_step(
    sign_in: SignIn, rest: Rest, services: Services
) -> None:
    greeted, other, ending = (
        live_call(rest, services, step=step, visits=visits)
        for step, visits in [("greet", {"greet": 1}), ("greet", {"greet": 2}), ("bye", {"greet": 1, "bye": 1})]
    )
    with services.sql.begin() as tx:
        campaign = tx.execute(text("SELECT campaign_id FROM calls WHERE id = :id"), {"id": greeted}).scalar_one()
        moved = text("UPDATE calls SET campaign_id = :campaign WHERE id = ANY(:ids)")
        tx.execute(moved, {"campaign": campaign, "ids": [other, ending]})
    elsewhere = live_call(rest, services, step="bye", visits={"bye": 1})
    viewer = sign_in(Role.VIEWER)

    for page in (viewer.get(f"/campaigns/{campaign}/flow"), viewer.get(f"/campaigns/{campaign}/flow/live")):
        said = text_of(page)
        assert "3 calls under way are counted" in said
        assert re.search(r"greet .*? 2 3 bye .*? 1 1 Of the calls", said), said
        assert ">2 of 3</text>" in page.text and ">1 of 1</text>" in page.text
    assert f"/campaigns/{campaign}/flow" in viewer.get(f"/campaigns/{campaign}").text
    quiet = rest.campaign()["id"]
    assert "No call is under way" in text_of(viewer.get(f"/campaigns/{quiet}/flow"))
    assert rest.get(f"/v1/calls/{elsewhere}").json["step"] == "bye"


def test_a_campaign_shows_its_own_calls_under_way_with_the_step_of_each(
    sign_in: SignIn, rest: Rest, services: Services
) -> None:
    viewer = sign_in(Role.VIEWER)
    ringing, greeted, elsewhere = (live_call(rest, services, step=step) for step in (None, "greet", "bye"))
    numbers = {call: rest.get(f"/v1/calls/{call}").json["to"] for call in (ringing, greeted, elsewhere)}
    ended = ended_call(rest, services)
    with services.sql.begin() as tx:
        campaign = tx.execute(text("SELECT campaign_id FROM calls WHERE id = :id"), {"id": ringing}).scalar_one()
        moved = text("UPDATE calls SET campaign_id = :campaign, answered_at = :at WHERE id = ANY(:ids)")
        long_ago = services.clock() - timedelta(seconds=75)
        tx.execute(moved, {"campaign": campaign, "ids": [ringing, greeted, ended["call"]], "at": long_ago})

    for page in (viewer.get(f"/campaigns/{campaign}"), viewer.get(f"/campaigns/{campaign}/live")):
        under_way = text_of(page).partition("Calls under way To")[2].partition("How it calls")[0]
        rows = rf"{re.escape(numbers[greeted])} greet 1 min \d+ s {re.escape(numbers[ringing])} rings 1 min \d+ s"
        assert re.fullmatch(rf" Step For {rows} ", under_way), under_way


def test_results_are_exported_for_everybody_who_reads(sign_in: SignIn, rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number())

    answer = sign_in(Role.VIEWER).get(f"/campaigns/{campaign}/results?format=csv&tz=America/New_York")

    assert answer.mimetype == "text/csv" and len(answer.text.splitlines()) == 2
    assert "attachment" in answer.headers["Content-Disposition"]


def test_nothing_that_somebody_wrote_is_taken_for_html(admin: Visitor, rest: Rest) -> None:
    made = [rest.campaign(name=f"n{payload}", description=payload, tags=["t"])["id"] for payload in PAYLOADS]
    admin.send("/dialing/stop", {"reason": PAYLOADS[0], "back": "/"})

    pages = [admin.get("/")]
    for campaign in made:
        pages += [admin.get(f"/campaigns/{campaign}{page}") for page in ("", "/edit", "/clone", "/redial", "/live")]

    for page in pages:
        assert page.status_code == 200
        for forbidden in ("<script>alert", "<img src=x", "<svg onload", "' onmouseover='", ">49<"):
            assert forbidden not in page.text
