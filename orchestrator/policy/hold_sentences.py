"""Why a check does not let a contact be dialed, in words that name who says the cap or the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from orchestrator.policy.durations import format_duration
from orchestrator.policy.explain import Checked
from orchestrator.policy.gate.limits import Author
from orchestrator.policy.hold_reasons import Reason

_AUTHORS: Final = {
    Author.LAW: "the law of the person's place",
    Author.INSTALLATION: "the caps of the installation",
    Author.CAMPAIGN: "the caps of the campaign",
    Author.POOL: "the pool itself",
}
_GAPS: Final = {"number_gap": "the number_gap of the campaign", "law": _AUTHORS[Author.LAW]}


def sentence_of_check(checked: Checked, reason: Reason) -> str:
    """Return the sentence of a reason for which a check holds a contact, with who says so."""
    facts = checked.facts
    match checked.check:
        case Reason.NUMBER_GAP if facts.get("holds"):
            return f"{reason.what_holds} {_said_by([_gap(checked)])}"
        case Reason.CALLER_ID_RESTING if facts.get("resting"):
            return f"{reason.sentence} {_first_rest(facts['resting'])}"
        case Reason.CALLER_ID_QUOTA if "full" in facts:
            return f"No number of the campaign's pool may be dialed from at the moment: {', '.join(_counted(facts))}."
        case Reason.CALLER_ID_QUOTA if facts.get("said_by"):
            made = f"The caller id has made the {facts['most']} calls within 24 hours that"
            return f"{made} {' and '.join(_named(facts['said_by'], checked))} allow, all campaigns together."
        case _ if facts.get("said_by"):
            limit = _written(facts.get("most", facts.get("rest")))
            return f"{reason.what_holds} {_said_by(_named(facts['said_by'], checked), limit)}"
    return reason.sentence


def sources_in_words(checked: Checked) -> str:
    """Return where the rules are written that a check has asked, in brackets; "" for none."""
    sources = sorted({source.source for source in checked.sources})
    return f" ({'; '.join(sources)})" if sources else ""


def _named(said_by: Sequence[str], checked: Checked) -> list[str]:
    named = [Author(each) for each in said_by]
    return [_AUTHORS[each] + (sources_in_words(checked) if each is Author.LAW else "") for each in named]


def _said_by(names: Sequence[str], limit: str = "") -> str:
    said = f"This is said by {' and '.join(names)}"
    return f"{said}: {limit}." if limit else f"{said}."


def _gap(checked: Checked) -> str:
    holds = checked.facts["holds"]
    gap = checked.facts["gap_of_law" if holds == Author.LAW else "gap"]
    source = sources_in_words(checked) if holds == Author.LAW else ""
    between = "any two dials" if holds == Author.LAW else "dials for different contacts"
    name = _GAPS.get(holds) or f"the min_gap in {_AUTHORS[Author(checked.facts['said_by'][0])]}"
    return f"{name}{source}: {_written(gap)} between {between}"


def _first_rest(resting: Sequence[Mapping[str, Any]]) -> str:
    first = min(resting, key=lambda each: each["resting_until"])
    because = f": {first['because']}" if first["because"] else ""
    return f"The first to be dialed from again is {first['number']}, at {_written(first['resting_until'])}{because}."


def _counted(facts: Mapping[str, Any]) -> Iterator[str]:
    numbers = facts["numbers"]
    by_hour = [each for each in facts["full"] if each["dials_in_1h"] >= facts["per_hour"]]
    by_day = [each for each in facts["full"] if each["dials_in_24h"] >= facts["per_day"]]
    if by_hour:
        yield f"{len(by_hour)} of {numbers} made the {facts['per_hour']} calls within an hour that the pool allows"
    if by_day:
        authors = " and ".join(_AUTHORS[Author(each)] for each in facts["per_day_said_by"])
        yield f"{len(by_day)} of {numbers} made the {facts['per_day']} calls within 24 hours that {authors} allow"
    if resting := numbers - len(facts["full"]):
        yield f"{resting} of {numbers} rest"


def _written(value: Any) -> str:
    match value:
        case timedelta():
            return format_duration(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return f"{value}"
