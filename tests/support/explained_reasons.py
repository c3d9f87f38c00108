"""Writes the tables of docs/policy.md that show each reason as it is explained, by what the gate really says.

`python -m tests.support.explained_reasons` rewrites them; a test holds the page against them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from api.resources.explanations import explanation_view
from orchestrator.operations.contacts.explained import Explained, ZoneAt, in_words, with_pool
from orchestrator.policy.caller_id import CallerIdUse, PoolInUse
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.dial_gate import GateFacts
from orchestrator.policy.explain import Explanation, explain
from orchestrator.policy.gate.limits import Limits
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.law.law import law_for
from orchestrator.policy.lists.reassigned import Answer, Result
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.weekly_hours import CallingHours
from orchestrator.policy.zones.zone_names import zone_info

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
BEGIN, END = "<!-- written by tests/support/explained_reasons.py -->", "<!-- until here -->"

NOON = datetime(2027, 1, 4, 17, tzinfo=UTC)  # a Monday, noon in New York
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = NOON + 10 * HOUR
LONG = CallingHours.model_validate({"windows": [{"days": ["mon-sun"], "start": "08:00", "end": "21:00"}]})
EARLY = CallingHours.model_validate({"windows": [{"days": ["mon-sat"], "start": "06:00", "end": "08:00"}]})
FREE = GateFacts(
    campaign_status="running",
    calling_hours=CallingHours(),
    zone_key="America/New_York",
    attempts_spent=0,
    max_attempts=3,
    contact_status="waiting",
)
DEBT = replace(FREE, law=law_for(("US", "US-NY"), Purpose.DEBT))
MAINE = replace(FREE, law=law_for(("US", "US-ME"), Purpose.SALES, Voice.RECORDED))
ANSWER = Answer("rnd", Result.NO, NOON - 100 * DAY, NOON - 40 * DAY, 31 * DAY)


def pool(**use: Any) -> PoolInUse:
    """Return a pool of one number, used so."""
    uses = {"+12125550111": CallerIdUse(75, 20, **use)}
    return PoolInUse(75, 20, uses, {"+12125550111": "31 of its 40 answered calls lasted less than 6 s: more than 60%"})


class Example(NamedTuple):
    """What somebody finds who asks: the check that does not pass, by these facts at this moment."""

    check: str
    facts: GateFacts
    at: datetime = NOON


EXAMPLES = (
    Example("contact_open", replace(FREE, contact_status_ok=False, contact_status="completed")),
    Example("campaign_open", replace(FREE, campaign_status="canceled")),
    Example("campaign_open", replace(FREE, ends_at=NOON - DAY)),
    Example("number_kind", replace(FREE, number_kind=NumberKind.PREMIUM)),
    Example("region", replace(FREE, number_regions=frozenset({"JM"}), dial_regions=frozenset({"US"}))),
    Example("suppression", replace(FREE, suppressed=True)),
    Example("suppression", replace(FREE, listed_on="us-national")),
    Example("revocation", replace(FREE, revoked_at=NOON - DAY)),
    Example("reassigned", replace(FREE, answers=(ANSWER._replace(result=Result.YES),), consented_at=NOON - 100 * DAY)),
    Example("attempts_left", replace(FREE, attempts_spent=3)),
    Example("not_after", replace(FREE, not_after=NOON - HOUR)),
    Example("dialing_stopped", replace(FREE, dialing_stopped=True)),
    Example("campaign_running", replace(FREE, campaign_status="scheduled", starts_at=NOON + DAY)),
    Example("campaign_running", replace(FREE, campaign_status="paused")),
    Example(
        "connection_open",
        replace(FREE, connection_closed=Reason.CARRIER_UNAVAILABLE, connection_opens_at=NOON + HOUR),
    ),
    Example("not_before", replace(FREE, not_before=NOON + HOUR)),
    Example("calling_hours", FREE, NIGHT),
    Example("calling_hours", replace(FREE, zone_key="")),
    Example("calling_hours", replace(FREE, calling_hours=EARLY, law=law_for(("US",), Purpose.INFORMATIONAL))),
    Example(
        "law_hours", replace(FREE, calling_hours=LONG, law=law_for(("US", "US-FL"), Purpose.SALES)), NOON + 8.5 * HOUR
    ),
    Example(
        "law_holiday",
        replace(FREE, zone_key="America/Chicago", law=law_for(("US", "US-LA"), Purpose.SALES)),
        datetime(2027, 1, 1, 18, tzinfo=UTC),
    ),
    Example("consent", replace(FREE, consent_required=RequiredConsent.WRITTEN)),
    Example("registries", replace(FREE, registries=(Registry("us-national", NOON - 32 * DAY, 31 * DAY),))),
    Example("allow_list", replace(FREE, allow_list="customers", is_allowed=False)),
    Example("still_theirs", replace(FREE, must_clear=("rnd",), answers=(ANSWER,), consented_at=NOON - 100 * DAY)),
    Example("number_in_use", replace(FREE, number_in_use=True)),
    Example("number_gap", replace(FREE, last_dial_to_number_at=NOON - HOUR, number_gap=2 * HOUR)),
    Example("number_gap", replace(MAINE, last_dial_at=NOON - HOUR, law_gap=8 * HOUR)),
    Example("rest_after_human", replace(DEBT, last_human_at=NOON - 3 * DAY, rest_after_human=7 * DAY)),
    Example("rest_after_abandoned", replace(FREE, last_abandoned_at=NOON - 10 * HOUR, rest_after_abandoned=3 * DAY)),
    Example(
        "number_day_limit",
        replace(
            FREE,
            number_dials_last_day=2,
            number_day_limit=2,
            number_frees_at=NOON + HOUR,
            own_caps={"per_number_24h": 2},
        ),
    ),
    Example(
        "number_week_limit",
        replace(
            DEBT,
            number_dials_last_week=7,
            number_week_limit=7,
            number_week_frees_at=NOON + DAY,
            ours=Limits(per_number_7d=7),
        ),
    ),
    Example(
        "subject_day_limit",
        replace(
            FREE,
            law=law_for(("US", "US-FL"), Purpose.SALES),
            subject_dials_last_day=3,
            subject_day_limit=3,
            subject_frees_at=NOON + HOUR,
        ),
    ),
    Example("caller_id_resting", with_pool(FREE, pool(resting_until=NOON + DAY), NOON)),
    Example(
        "caller_id_quota",
        replace(FREE, caller_id_dials_last_day=75, caller_id_day_limit=75, caller_id_frees_at=NOON + HOUR),
    ),
    Example("caller_id_quota", with_pool(FREE, pool(dials_day=31, dials_hour=20, hour_frees_at=NOON + HOUR / 2), NOON)),
)
"""One for each answer of the gate, in the order in which it asks."""

_LONG = ("calling_hours", "windows")


def page_part() -> str:
    """Return what stands on the page between the two marks."""
    return "\n".join([BEGIN, "", "```json", _whole(), "```", "", *_rows(), "", END])


def told_of(example: Example) -> Explanation:
    """Return the explanation of an example."""
    return explain(example.facts, example.at)


def _whole() -> str:
    """Return an answer of the API, without the checks that passed."""
    told, zone = explain(FREE, NIGHT), "America/New_York"
    zones = (ZoneAt(zone, "number", NIGHT.astimezone(zone_info(zone))),)
    view = explanation_view(Explained(NIGHT, told, in_words(told), zones, ("US", "US-NY")))
    document = json.loads(view.model_dump_json())
    document["checks"] = [check for check in document["checks"] if not check["passed"]]
    lines = [f'  "{name}": {json.dumps(value)}' for name, value in document.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _rows() -> Iterator[str]:
    yield "| reason | what is said | judged by | until |"
    yield "| --- | --- | --- | --- |"
    for example in EXAMPLES:
        told = told_of(example)
        view = explanation_view(Explained(example.at, told, in_words(told), (), ()))
        document = json.loads(view.model_dump_json())
        [failed] = [check for check in document["checks"] if check["check"] == example.check]
        source = f"<br>{failed['source']}" if failed["source"] else ""
        until = (
            _written(document["until"]) if document["until"] else ("–" if document["verdict"] == "hold" else "never")
        )
        yield f"| `{document['reason']}` | {document['sentence']} | {_facts(failed['facts'])}{source} | {until} |"


def _facts(facts: Mapping[str, Any]) -> str:
    said = {name: value for name, value in facts.items() if name not in _LONG and value not in (None, [], {}, "")}
    return ", ".join(f"{name.replace('_', ' ')}: {_written(value)}" for name, value in said.items())


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return _facts(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(f"({_facts(item)})" if isinstance(item, dict) else str(item) for item in value)
    return re.sub(r"T(\d\d:\d\d):00\.000Z$", r" \1Z", str(value))


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + page_part() + rest.partition(END)[2])
