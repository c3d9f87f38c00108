"""A pool's numbers, indexed once by the places whose people see them first: a choice looks up a few of two hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from orchestrator.policy.caller_id import choose_caller_id, seed_of
from orchestrator.policy.law.regions import regions_of
from orchestrator.policy.phone.area_code import area_code

if TYPE_CHECKING:
    from orchestrator.policy.caller_id_pool import PoolNumber

_NOBODY: frozenset[str] = frozenset()


class CallerIdIndex:
    """The numbers of a pool in E.164, by region and by area code, each with what its hash begins with."""

    def __init__(self, numbers: Collection[PoolNumber]) -> None:
        self.caller_ids = tuple(each.number for each in numbers)
        self._all = frozenset(self.caller_ids)
        self._seeds = {number: seed_of(number) for number in self.caller_ids}
        self._by_region = _grouped({each.number: _regions_of(each) for each in numbers})
        self._by_area = _grouped({number: {area} for number in self.caller_ids if (area := area_code(number))})

    def __contains__(self, number: str) -> bool:
        return number in self._all

    def nearest_first(self, phone: str, regions: Collection[str]) -> Iterator[Collection[str]]:
        """Yield the numbers in groups, from near to far, for a phone in `regions`, such as ("US", "US-FL").

        The region counts more than the area code. A group may be empty.
        """
        in_region = _NOBODY.union(*(self._by_region.get(region, _NOBODY) for region in regions))
        in_area = self._by_area.get(area_code(phone) or "", _NOBODY)
        yield in_region & in_area
        yield in_region - in_area
        yield in_area - in_region
        yield self._all - in_region - in_area

    def choose(
        self, group: Collection[str], contact_id: str, *, resting: Collection[str], before: str | None
    ) -> str | None:
        """Return the caller id of a contact out of a group; None where all rest."""
        if before in group and before not in resting:
            return before
        chosen = choose_caller_id(group, contact_id, seeds=self._seeds)
        if chosen not in resting:
            return chosen
        return choose_caller_id([each for each in group if each not in resting], contact_id, seeds=self._seeds)


def _regions_of(number: PoolNumber) -> frozenset[str]:
    """Return the regions whose people see a number first: those it names, else its state, else its country."""
    if number.regions:
        return frozenset(number.regions)
    own = regions_of(number.number)
    states = frozenset(place for place in own if "-" in place)
    return states if number.number.startswith("+1") else frozenset(own)  # a free number of +1 lies nowhere


def _grouped(places: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Return the numbers of each place."""
    groups: dict[str, set[str]] = {}
    for number, named in places.items():
        for place in named:
            groups.setdefault(place, set()).add(number)
    return {place: frozenset(numbers) for place, numbers in groups.items()}
