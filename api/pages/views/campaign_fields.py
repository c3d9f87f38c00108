"""Fields of a campaign, part by part: how a form shows them, and what REST is to change when they are sent.

Each field has the name that REST gives what it holds, so that what REST refuses is said beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from flask import request

from api.pages import campaign_words, words
from api.pages.views.hours_fields import hours_document, hours_values, in_words, sent_hours, window_names
from api.pages.visit import Visit
from api.resources import caller_id_pools
from api.resources.caller_id_pools import CallerIdPoolQuery
from api.resources.campaigns import CampaignView
from orchestrator.errors import Conflict, InvalidInput
from orchestrator.policy.consents import RequiredConsent
from orchestrator.policy.purposes import DEFAULT_PURPOSE, Purpose, Voice

Values = dict[str, Any]

_POOLS_SHOWN = 200
_RETRIED = {"no_answer": "nobody answers", "busy": "the line is busy", "machine": "a machine answers"}
_PACE = ("calls_per_second", "max_live_calls")
_CAPPED = ("per_number_24h", "per_number_7d", "per_subject_24h", "per_caller_id_24h")
_RESTS = ("min_gap", "rest_after_human", "rest_after_abandoned")
_SPEND = ("per_day", "total")
_PURPOSE = ("purpose", "subject", "voice")
_CONSENTS = {
    RequiredConsent.NONE: "none",
    RequiredConsent.EXPRESS: "a consent of any kind",
    RequiredConsent.WRITTEN: "a consent in writing",
}


class Part(NamedTuple):
    """Some fields of a campaign: `shown` returns them by name, `changes` what the body of a PATCH says with them."""

    shown: Callable[[CampaignView], Values]
    changes: Callable[[CampaignView, Values], dict[str, Any]]


def sent(before: Values) -> Values:
    """Return the fields as they were sent; what was not in the form is as `before`."""
    hours = {name: value for name, value in before.items() if name.startswith("calling_hours.")}
    plain = {name: request.form.get(name, value) for name, value in before.items() if name not in hours}
    kept = {
        name: before[name] if _tidy(value) == _tidy(before[name]) else _tidy(value) for name, value in plain.items()
    }
    return kept | (sent_hours(hours) if hours else {})


def _tidy(written: str) -> str:
    """Return what was written as a browser that sends it may have changed it, without spaces around it."""
    return written.replace("\r\n", "\n").strip()


def said_wrong(refused: InvalidInput | Conflict, values: Values) -> dict[str, str]:
    """Return what is wrong by the fields of a form that shows `values`."""
    windows = window_names(values) | {"calling_hours"} if "calling_hours.windows" in values else set()
    return in_words(words.beside(words.field_errors(refused), {*values, *windows, "retry"}))


def changed(parts: Iterable[Part], campaign: CampaignView, values: Values) -> dict[str, Any]:
    """Return the body of a PATCH for those parts in which a value is not the campaign's; parts without keep theirs."""
    changes: dict[str, Any] = {}
    for part in parts:
        if any(values[name] != value for name, value in part.shown(campaign).items()):
            changes |= part.changes(campaign, values)
    return changes


def shown(parts: Iterable[Part], campaign: CampaignView) -> Values:
    """Return the fields of several parts."""
    return {name: value for part in parts for name, value in part.shown(campaign).items()}


def listed(text: str) -> list[str]:
    """Return what stands between commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def _plain(value: object) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


# -- pace ------------------------------------------------------------------------------------------------------------


def _pace(campaign: CampaignView) -> Values:
    return {f"pacing.{name}": _plain(getattr(campaign.pacing, name)) for name in _PACE}


def _pace_changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
    pace = {name: words.read_number(values[f"pacing.{name}"]) for name in _PACE}
    return {"pacing": campaign.pacing.model_dump(mode="json") | pace}


PACE = Part(_pace, _pace_changes)


# -- hours -----------------------------------------------------------------------------------------------------------

HOURS = Part(
    lambda campaign: hours_values(campaign.calling_hours), lambda _, values: {"calling_hours": hours_document(values)}
)


# -- retries ---------------------------------------------------------------------------------------------------------


def retried(campaign: CampaignView, outcomes: frozenset[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the fields of retries: (name, what it follows), those of the line and those of the flow's outcomes."""
    others = [name.value for name in campaign.retry.on if name not in _RETRIED]
    on = [(f"retry.on.{name}", _RETRIED.get(name, words.phrase(name))) for name in (*_RETRIED, *others)]
    declared = sorted({*outcomes, *campaign.retry.on_outcome})
    return {"on": on, "on_outcome": [(f"retry.on_outcome.{name}", words.phrase(name)) for name in declared]}


def outcomes_of(visit: Visit, flow_id: str) -> frozenset[str]:
    """Return the outcomes that a flow declares."""
    flow = visit.services.flows.find(flow_id)
    return flow.outcomes if flow else frozenset()


def retries(outcomes: frozenset[str]) -> Part:
    """Return the part of a campaign whose flow declares these outcomes."""

    def shown(campaign: CampaignView) -> Values:
        retry = campaign.retry.model_dump(mode="json")
        fields: Values = {"retry.max_attempts": str(campaign.retry.max_attempts)}
        for table, rules in retried(campaign, outcomes).items():
            for field, _ in rules:
                rule = retry[table].get(field.rpartition(".")[2], {})
                fields[field] = words.as_list(rule.get("after", ""))
                fields[f"{field}.at_most"] = _plain(rule.get("at_most"))
        return fields

    def changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
        retry = campaign.retry.model_dump(mode="json")
        retry["max_attempts"] = words.read_number(values["retry.max_attempts"])
        for table, rules in retried(campaign, outcomes).items():
            for field, _ in rules:
                result, delays = field.rpartition(".")[2], listed(values[field])
                kept = retry[table].pop(result, {})
                if delays:
                    at_most = words.read_number(values[f"{field}.at_most"])
                    retry[table][result] = {**kept, "after": delays, "at_most": at_most}
        return {"retry": retry}

    return Part(shown, changes)


# -- caps ------------------------------------------------------------------------------------------------------------


def _caps(campaign: CampaignView) -> Values:
    return {f"caps.{name}": _plain(value) for name, value in campaign.caps.model_dump(mode="json").items()}


def _caps_changes(_: CampaignView, values: Values) -> dict[str, Any]:
    counts = {name: words.read_number(values[f"caps.{name}"]) for name in _CAPPED}
    return {"caps": counts | {name: values[f"caps.{name}"] or None for name in _RESTS}}


CAPS = Part(_caps, _caps_changes)


# -- the numbers that people see -------------------------------------------------------------------------------------


def _numbers(campaign: CampaignView) -> Values:
    return {"caller_ids": ", ".join(campaign.caller_ids), "caller_id_pool": campaign.caller_id_pool or ""}


def number_changes(values: Values) -> dict[str, Any]:
    """Return the pool that was chosen, else the numbers that were written."""
    if values["caller_id_pool"]:
        return {"caller_id_pool": values["caller_id_pool"]}
    return {"caller_ids": listed(values["caller_ids"])}


NUMBERS = Part(_numbers, lambda _, values: number_changes(values))


def pool_choices(visit: Visit, chosen: str) -> list[tuple[str, str]]:
    """Return the pools of caller ids as a choice, and none of them."""
    pools = caller_id_pools.index(visit.services, CallerIdPoolQuery(limit=_POOLS_SHOWN)).data
    named = {pool.id: f"{pool.name}, {_count(len(pool.numbers))}" for pool in pools}
    if chosen and chosen not in named:
        named[chosen] = "the pool it has"
    return [("", "none: the numbers written here"), *named.items()]


def _count(numbers: int) -> str:
    return "1 number" if numbers == 1 else f"{numbers} numbers"


# -- what it calls for -----------------------------------------------------------------------------------------------


def _purpose(campaign: CampaignView) -> Values:
    said = {name: getattr(campaign, name) or "" for name in _PURPOSE}
    return {**said, "consent.require": campaign.consent.require.value}


def _purpose_changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
    said = {name: values[name] or None for name in _PURPOSE}
    changes = {name: value for name, value in said.items() if value != getattr(campaign, name)}
    if values["consent.require"] != campaign.consent.require:
        consent = campaign.consent.model_dump(mode="json")
        changes["consent"] = consent | {"require": values["consent.require"]}
    return changes


def new_purpose(values: Values) -> dict[str, Any]:
    """Return what the body that makes a campaign says."""
    said = {name: values[name] for name in _PURPOSE if values[name]}
    return {**said, "consent": {"require": values["consent.require"]}}


PURPOSE = Part(_purpose, _purpose_changes)

PURPOSE_CHOICES = {
    "purposes": [("", f"{words.phrase(DEFAULT_PURPOSE)} (nothing is said)"), *words.options(tuple(Purpose))],
    "voices": [("", "as the flow speaks"), *words.options(tuple(Voice))],
    "consents": [(kind.value, said) for kind, said in _CONSENTS.items()],
}


# -- money -----------------------------------------------------------------------------------------------------------


def _spend(campaign: CampaignView) -> Values:
    return {f"spend.{name}": _plain(campaign.spend and getattr(campaign.spend, name)) for name in _SPEND}


def _spend_changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
    limits = {name: values[f"spend.{name}"] or None for name in _SPEND}
    kept = campaign.spend.model_dump(mode="json") if campaign.spend else {}
    return {"spend": kept | limits if any(limits.values()) else None}


SPEND = Part(_spend, _spend_changes)


# -- single fields ---------------------------------------------------------------------------------------------------


def _single(name: str, shown: Callable[[Any], str], written: Callable[[str], Any]) -> Part:
    return Part(
        lambda campaign: {name: shown(getattr(campaign, name))}, lambda _, values: {name: written(values[name])}
    )


def _time(name: str) -> Part:
    """Return the part of one moment, by the clock of the campaign."""

    def shown(campaign: CampaignView) -> Values:
        return {name: words.wall_clock(getattr(campaign, name), campaign_words.zone_of(campaign))}

    def changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
        return {name: words.from_wall_clock(values[name], campaign_words.zone_of(campaign))}

    return Part(shown, changes)


NAME = _single("name", str, str)
DESCRIPTION = _single("description", lambda text: text or "", lambda text: text or None)
TAGS = _single("tags", ", ".join, listed)
FLOW = _single("flow", lambda flow: flow.id, str)
STARTS, ENDS = _time("starts_at"), _time("ends_at")
