"""The law that binds a call: the rules of every place that it may reach, put together so that the stricter holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from orchestrator.policy.law.common_windows import common_windows
from orchestrator.policy.law.holidays import dates_of
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.packs import all_packs, house_rules, packs_of
from orchestrator.policy.law.rule import Rule
from orchestrator.policy.purposes import UNCAPPED, Purpose, Voice
from orchestrator.policy.weekly_hours import CallingHours

_T = TypeVar("_T", int, timedelta)


class LawCaps(NamedTuple):
    """The least of each cap, and the longest gap between two dials to a number; None where no rule says one."""

    per_number_24h: int | None = None
    per_number_7d: int | None = None
    per_subject_24h: int | None = None
    min_gap: timedelta | None = None


class LawRests(NamedTuple):
    """The longest rests of a number; None where no rule says one."""

    after_human: timedelta | None = None
    after_abandoned: timedelta | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """What binds calls for one purpose, in one voice, to people in `regions`; `law_for` makes one of each.

    `week` are the hours that are open under every rule, by the clock of the person; `hours` are the same without the
    `holidays`, which are named by date. Both are None where every hour is open, and where none is: see
    `is_never_open`. `rules` are all that bind, those included than which another is stricter.
    """

    regions: tuple[str, ...]
    purpose: Purpose
    voice: Voice | None
    rules: tuple[Rule, ...]
    week: CallingHours | None
    hours: CallingHours | None
    is_never_open: bool
    holidays: Mapping[date, str]
    caps: LawCaps
    rests: LawRests
    ring: timedelta

    def of(self, *kinds: Kind) -> tuple[Rule, ...]:
        """Return the rules of these kinds, the strictest and the others."""
        return tuple(rule for rule in self.rules if rule.row.kind in kinds)

    def values(self, kind: Kind) -> list[Any]:
        """Return the values of the rules of a kind, as `kinds` shapes them."""
        return [rule.row.value for rule in self.of(kind)]


@lru_cache(maxsize=4096)
def law_for(
    regions: tuple[str, ...], purpose: Purpose, voice: Voice | None = None, *, also: tuple[str, ...] = ()
) -> Law:
    """Return the law of calls to people in `regions`, such as ("US", "US-FL"); the packs `also` bind them too.

    A voice of None is one that nobody knows: the rules of all voices bind. Where no pack has a rule of a kind, that of
    the house counts. The purposes internal and emergency have no caps and rests.
    """
    names = dict.fromkeys([name for region in regions for name in packs_of(region)] + list(also))
    found = [pack for name in names if (pack := all_packs().get(name))]
    bound = [rule for pack in found for rule in pack.rules if rule.binds(purpose, voice)]
    bound += [rule for rule in house_rules({rule.row.kind for rule in bound}) if rule.binds(purpose, voice)]
    rules = tuple(rule for rule in bound if purpose not in UNCAPPED or rule.row.kind not in (Kind.CAP, Kind.REST))
    windows = common_windows(_values(rules, Kind.WINDOW))
    holidays = _holidays(_values(rules, Kind.HOLIDAYS))
    return Law(
        regions=regions,
        purpose=purpose,
        voice=voice,
        rules=rules,
        week=CallingHours(windows=windows) if windows else None,
        hours=CallingHours(windows=windows, holidays=frozenset(holidays)) if windows else None,
        is_never_open=windows == (),
        holidays=MappingProxyType(holidays),
        caps=_caps(_values(rules, Kind.CAP)),
        rests=_rests(_values(rules, Kind.REST)),
        ring=max((ring.at_least for ring in _values(rules, Kind.RING)), default=timedelta(0)),
    )


def _values(rules: Iterable[Rule], kind: Kind) -> list[Any]:
    return [rule.row.value for rule in rules if rule.row.kind is kind]


def _caps(caps: Sequence[Any]) -> LawCaps:
    return LawCaps(
        per_number_24h=_least(cap.per_number_24h for cap in caps),
        per_number_7d=_least(cap.per_number_7d for cap in caps),
        per_subject_24h=_least(cap.per_subject_24h for cap in caps),
        min_gap=_most(cap.min_gap for cap in caps),
    )


def _rests(rests: Sequence[Any]) -> LawRests:
    return LawRests(_most(rest.after_human for rest in rests), _most(rest.after_abandoned for rest in rests))


def _least(values: Iterable[_T | None]) -> _T | None:
    return min((value for value in values if value is not None), default=None)


def _most(values: Iterable[_T | None]) -> _T | None:
    return max((value for value in values if value is not None), default=None)


def _holidays(rules: Sequence[Any]) -> dict[date, str]:
    return {day: name for rule in rules for day, name in dates_of(rule.calendar, rule.days)}
