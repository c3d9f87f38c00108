"""A zone is named by a place: abbreviations and offsets are refused, and what was stored stays right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem, NewContact, read_contact
from orchestrator.flow import check_flow, load_flow
from orchestrator.policy.calling_hours import is_open
from orchestrator.policy.campaign_rules import NewCampaign
from orchestrator.policy.weekly_hours import CallingHours, stored_hours
from orchestrator.policy.zones.clock_rules import zone_names
from orchestrator.policy.zones.contact_zones import ZoneAnswer, zones_for
from orchestrator.policy.zones.named_zone import ZoneProblem, read_zone
from orchestrator.policy.zones.zone_names import known_zone, zone_info
from orchestrator.store.sql.dial_checks import hours_of

SUMMER_EVENING = datetime(2027, 7, 6, 0, 30, tzinfo=UTC)  # Monday: 20:30 in New York, 19:30 by EST
EASTERN, CENTRAL = "America/New_York", "America/Chicago"

# What people write, and the zone it is, or what the refusal says to write instead.
WRITTEN: list[tuple[str, str | None, str]] = [
    ("EST", None, EASTERN),
    ("MST", None, "America/Denver, or America/Phoenix"),
    ("HST", None, "Pacific/Honolulu"),
    ("EST5EDT", None, EASTERN),
    ("CST", None, CENTRAL),
    ("PST", None, "America/Los_Angeles"),
    ("Eastern", None, EASTERN),
    ("US/Eastern", "US/Eastern", ""),
    ("America/New York", EASTERN, ""),
    ("GMT", None, "Europe/London"),
    ("GMT-5", None, "an offset"),
    ("Etc/GMT+5", None, "the other way round"),
    ("UTC+2", None, "an offset"),
    ("-05:00", None, "an offset"),
    ("Eastern Time (US & Canada)", None, EASTERN),
    ("W. Europe Standard Time", None, "Europe/Berlin"),
    ("Asia/Calcutta", "Asia/Calcutta", ""),
    ("Europe/Kiev", "Europe/Kiev", ""),
    ("cet", None, "Europe/Berlin"),
    ("CET", None, "Europe/Berlin"),
    ("EET", None, "Europe/Athens"),
    ("MET", None, "Europe/Berlin"),
    ("WET", None, "Europe/Lisbon"),
    ("Zulu", "Zulu", ""),
    ("ET", None, EASTERN),
    ("(GMT-05:00) Eastern Time", None, "America/Chicago"),
    ("New York", None, "America/Chicago"),
    ("Singapore", "Singapore", ""),
    ("Israel", "Israel", ""),
    ("Eire", "Eire", ""),
    ("Cuba", "Cuba", ""),
    ("America/Chicago ", CENTRAL, ""),
    ("america/chicago", CENTRAL, ""),
    ("5", None, "an offset"),
    # and more of the kind
    ("edt", None, EASTERN),
    ("EST ", None, EASTERN),
    ("est5edt", None, EASTERN),
    ("CST6CDT", None, CENTRAL),
    ("CDT", None, CENTRAL),
    ("Central Standard Time", None, CENTRAL),
    ("MST7MDT", None, "America/Denver"),
    ("Mountain Time", None, "America/Denver"),
    ("PST8PDT", None, "America/Los_Angeles"),
    ("AKDT", None, "America/Anchorage"),
    ("Hawaii", None, "Pacific/Honolulu"),
    ("AST", None, "America/Halifax"),
    ("BST", None, "Europe/London"),
    ("GMT0", None, "Europe/London"),
    ("GMT+0", None, "Europe/London"),
    ("Greenwich", None, "Europe/London"),
    ("Etc/GMT", None, "America/Chicago"),
    ("Etc/GMT-14", None, "the other way round"),
    ("etc/gmt+12", None, "the other way round"),
    ("Etc/Greenwich", None, "America/Chicago"),
    ("CEST", None, "Europe/Berlin"),
    ("UTC", "UTC", ""),
    ("utc", "UTC", ""),
    ("Etc/UTC", "Etc/UTC", ""),
    ("Universal", "Universal", ""),
    ("+0530", None, "an offset"),
    ("GMT+05:30", None, "an offset"),
    ("UTC-5", None, "an offset"),
    ("GB", "GB", ""),
    ("NZ", "NZ", ""),
    ("Pacific/Auckland", "Pacific/Auckland", ""),
    ("Pacific/Honolulu", "Pacific/Honolulu", ""),
    ("Atlantic/Reykjavik", "Atlantic/Reykjavik", ""),
    ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires", ""),
    ("Factory", None, "America/Chicago"),
]


@pytest.mark.parametrize(("text", "zone", "instead"), WRITTEN)
def test_a_zone_is_read_by_its_place_or_refused_with_what_to_write(text: str, zone: str | None, instead: str) -> None:
    read = read_zone(text)

    if zone:
        assert read == zone
    else:
        assert isinstance(read, ZoneProblem) and instead in read.detail and repr(text.strip()) in read.detail


@pytest.mark.parametrize(("text", "zone", "instead"), WRITTEN)
def test_contacts_campaigns_hours_and_flows_read_a_zone_alike(text: str, zone: str | None, instead: str) -> None:
    contact = read_contact({"phone": "+12025551000", "timezone": text}, ContactForm())
    flow = _flow(text)

    assert (contact.timezone if isinstance(contact, NewContact) else None) == zone
    assert _refusals({"default_timezone": text}) == ([] if zone else [("default_timezone",)])
    assert _refusals({"calling_hours": {"timezone": text}}) == ([] if zone else [("calling_hours", "timezone")])
    assert bool(check_flow(flow).problems) is (zone is None)
    if isinstance(contact, ContactProblem):
        assert (contact.code, contact.field) == ("unknown_zone", "timezone") and instead in contact.detail


def test_of_all_names_with_one_word_only_places_and_utc_are_taken() -> None:
    refused = {name for name in zone_names() if isinstance(read_zone(name), ZoneProblem)}

    assert {name for name in refused if not name.startswith("Etc/")} == {
        *("EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT", "WET", "CET", "MET", "EET"),
        *("GMT", "GMT0", "GMT+0", "GMT-0", "Greenwich", "Factory"),
    }
    assert {name for name in zone_names() if name.startswith("Etc/")} - refused == {
        *("Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu")
    }


@pytest.mark.parametrize(
    ("stored", "meant"),
    [("EST", EASTERN), ("MST", "America/Denver"), ("HST", "Pacific/Honolulu"), ("EST5EDT", EASTERN)],
)
def test_what_an_older_version_stored_is_read_as_the_zone_of_the_us(stored: str, meant: str) -> None:
    for month in (1, 7):
        moment = datetime(2027, month, 5, 12, tzinfo=UTC)
        assert moment.astimezone(zone_info(stored)).utcoffset() == moment.astimezone(zone_info(meant)).utcoffset()


def test_hours_that_an_older_version_stored_by_est_are_those_of_new_york() -> None:
    document = {**CallingHours().model_dump(mode="json"), "timezone": "EST"}

    for hours in (stored_hours(document), hours_of(json.dumps(document))):
        assert hours.timezone == "EST"
        assert not is_open(hours, "", SUMMER_EVENING)


@pytest.mark.parametrize("stored", ["Etc/GMT+5", "CET", "GMT", "UTC"])
def test_hours_stored_by_any_name_of_then_still_load(stored: str) -> None:
    assert stored_hours({"timezone": stored}).timezone == stored


def test_stored_hours_are_never_held_to_what_is_refused_today() -> None:
    root = Path(__file__).parents[3]
    sources = [
        path
        for part in ("api", "workers", "orchestrator/operations", "orchestrator/store")
        for path in (root / part).rglob("*.py")
    ]

    assert len(sources) > 150
    assert [str(path) for path in sources if "CallingHours.model_validate" in path.read_text()] == []


def test_a_default_that_was_stored_as_est_keeps_new_yorks_clock() -> None:
    answer = zones_for("+18005550123", None, "EST", now=SUMMER_EVENING)

    assert answer == ZoneAnswer("EST", "campaign_default") and known_zone("EST")
    assert not is_open(CallingHours(), answer.key, SUMMER_EVENING)


def test_a_flow_stored_with_hours_by_est_still_runs_by_new_yorks_clock() -> None:
    flow = load_flow(_flow("EST"), is_stored=True)

    assert flow.hours["desk"].timezone == "EST"
    assert not is_open(flow.hours["desk"], "EST", SUMMER_EVENING)


def _refusals(fields: dict[str, Any]) -> list[tuple[int | str, ...]]:
    try:
        NewCampaign.model_validate({"name": "a", "flow": "b", "caller_ids": ["+12125550100"], **fields})
    except ValidationError as err:
        return [error["loc"] for error in err.errors()]
    return []


def _flow(zone: str) -> str:
    hours = {"timezone": zone, "windows": [{"days": ["mon-fri"], "start": "09:00", "end": "20:00"}]}
    return f"name: a\nstart: bye\nhours:\n  desk: {json.dumps(hours)}\nsteps:\n  bye: {{hangup: {{}}}}\n"
