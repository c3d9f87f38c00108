"""Fields of what a campaign may not do: the law of the place, lists of numbers, and the guards that pause it.

A guard's share is a percentage here; a field of one that is left empty switches the guard off.
"""

from __future__ import annotations

from typing import Any

from api.pages import words
from api.pages.views.campaign_fields import Part, Values, listed
from api.pages.visit import Visit
from api.resources import lists
from api.resources.campaigns import CampaignView
from api.resources.lists import ListQuery
from orchestrator.policy.guards.rules import Guards
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.setting import AUTO as LAW_OF_THE_PLACE
from orchestrator.policy.lists.campaign_lists import AUTO, OFF
from orchestrator.policy.lists.list_fields import GLOBAL
from orchestrator.policy.purposes import DEFAULT_PURPOSE

_LISTS_SHOWN = 200
_NAMED = "named"
_SHARES = ("pause", "warn")
_GUARDS = tuple(Guards.model_fields)
_WRONG_SHARE = "Write a percentage above 0, 100 at most, such as 3 or 0.5."
_WRONG_WARNING = "Write a percentage above 0 that is at most the one at which it pauses."
_MODES = {
    LawMode.ENFORCE: "holds",
    LawMode.WARN: "is only reported: calls are made",
    LawMode.OFF: "is not asked",
}
_REGISTRIES = {AUTO: "all that cover a number", _NAMED: "those named below", OFF: "none"}

_PAUSES_AT = (
    ("abandon", "Abandoned calls, in percent", "Of the people of 30 days. It pauses before there are more."),
    (
        "silence",
        "Silent calls, in percent",
        "Of the last 200 people. It pauses when more heard nothing for three seconds.",
    ),
    ("failures", "Failed dials, in percent", "Of 20 dials or more within two minutes. It pauses when so many fail."),
    ("no_answers", "Answers, in percent of the usual", "Of the last 100 dials. It pauses when fewer are answered."),
    ("opt_outs", "Opt-outs, in percent", "Of 100 people or more, the last 1,000 at most. It pauses when more opt out."),
)

CHOICES = {
    "guards": _PAUSES_AT,
    "law_modes": [(mode.value, said) for mode, said in _MODES.items()],
    "registries": list(_REGISTRIES.items()),
}


def in_words(wrong: dict[str, str]) -> dict[str, str]:
    """Return what is wrong in the words of the form, where REST speaks of shares."""
    said = {f"guards.{guard}.pause": _WRONG_SHARE for guard in _GUARDS} | {"guards.abandon.warn": _WRONG_WARNING}
    return wrong | {name: said[name] for name in wrong.keys() & said.keys()}


# -- the law ---------------------------------------------------------------------------------------------------------


def _law(campaign: CampaignView) -> Values:
    return {
        "law.mode": campaign.law.mode.value,
        "law.packs": ", ".join(campaign.law.more_packs),
        "law.because": campaign.law.because or "",
    }


def _law_changes(_: CampaignView, values: Values) -> dict[str, Any]:
    packs = listed(values["law.packs"]) or LAW_OF_THE_PLACE
    return {"law": {"mode": values["law.mode"], "packs": packs, "because": values["law.because"] or None}}


LAW = Part(_law, _law_changes)


# -- lists -----------------------------------------------------------------------------------------------------------


def _lists(campaign: CampaignView) -> Values:
    registry, reassigned = campaign.lists.registry, campaign.lists.reassigned
    return {
        "lists.suppress": ", ".join(name for name in campaign.lists.suppress if name != GLOBAL),
        "lists.registry.which": registry if isinstance(registry, str) else _NAMED,
        "lists.registry": "" if isinstance(registry, str) else ", ".join(registry),
        "lists.because": campaign.lists.because or "",
        "lists.allow": campaign.lists.allow or "",
        "lists.reassigned": "" if isinstance(reassigned, str) else ", ".join(reassigned),
    }


def _lists_changes(_: CampaignView, values: Values) -> dict[str, Any]:
    which = values["lists.registry.which"]
    said = {
        "suppress": listed(values["lists.suppress"]),
        "registry": listed(values["lists.registry"]) if which == _NAMED else which,
        "because": (which == OFF and values["lists.because"]) or None,
        "allow": values["lists.allow"] or None,
        "reassigned": listed(values["lists.reassigned"]) or AUTO,
    }
    return {"lists": said}


LISTS = Part(_lists, _lists_changes)


def list_names(visit: Visit) -> dict[str, str]:
    """Return the names of the lists that there are, by their kind."""
    named: dict[str, str] = {}
    for each in lists.index(visit.services, ListQuery(limit=_LISTS_SHOWN)).data:
        named[each.kind] = f"{named[each.kind]}, {each.name}" if each.kind in named else each.name
    return named


# -- guards ----------------------------------------------------------------------------------------------------------


def _guards(campaign: CampaignView) -> Values:
    in_force = campaign.guards.in_force(campaign.purpose or DEFAULT_PURPOSE)
    fields: Values = {}
    for name in _GUARDS:
        guard = getattr(in_force, name)
        fields |= {
            f"guards.{name}.{share}": _percent(getattr(guard, share)) for share in _SHARES if hasattr(guard, share)
        }
        fields[f"guards.{name}.because"] = guard.because or ""
    return fields


def _guards_changes(campaign: CampaignView, values: Values) -> dict[str, Any]:
    """Return the guards with those that were changed; one that was never spoken of goes on without a word."""
    before = _guards(campaign)
    said: dict[str, Any] = {}
    for name in _GUARDS:
        kept = getattr(campaign.guards, name)
        fields = [field for field in before if field.startswith(f"guards.{name}.")]
        if any(values[field] != before[field] for field in fields):
            written = {field.rpartition(".")[2]: values[field] for field in fields}
            shares = {share: _share(written.pop(share)) for share in _SHARES if share in written}
            said[name] = shares | {"because": written["because"] or None}
        elif kept is not None:
            said[name] = kept.model_dump(mode="json")
    return {"guards": said}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:g}"


def _share(percent: str) -> float | str | None:
    """Return a percentage as a share; what is no number as it is: REST says what is wrong."""
    number = words.read_number(percent)
    return number if number is None or isinstance(number, str) else float(f"{number / 100:.6g}")


GUARDS = Part(_guards, _guards_changes)
