"""Registries: which of them cover a number for a campaign, and whether their copy is too old."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from orchestrator.policy.lists.campaign_lists import AUTO, DEFAULT_LISTS, OFF, CampaignLists
from orchestrator.policy.purposes import DEFAULT_PURPOSE


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry as the gate sees it; `as_of` is None for one that was never imported, or that is not there.

    `max_age` is the list's own, or the law's where that `is_law`.
    """

    name: str
    as_of: datetime | None
    max_age: timedelta
    regions: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    is_law: bool = False

    def within(self, by_law: timedelta) -> Registry:
        """Return it with the age that the law allows a copy, where its own is longer."""
        return self if self.max_age <= by_law else replace(self, max_age=by_law, is_law=True)

    def is_stale(self, now: datetime) -> bool:
        """Return whether its copy is older than it may be."""
        return self.as_of is None or self.as_of + self.max_age <= now

    def covers(self, regions: Sequence[str]) -> bool:
        """Return whether it covers a number of these regions, such as `US` and `US-FL`; all that may be counts.

        A registry of a state covers the numbers of its country whose state is not known.
        """
        if not self.regions or not regions:
            return True
        if self.regions.intersection(regions):
            return True
        without_state = {region for region in regions if not any(r.startswith(f"{region}-") for r in regions)}
        return any(region.partition("-")[0] in without_state for region in self.regions)


@lru_cache(maxsize=4096)
def registries_for(
    stored: str | None, lists: str | None, purpose: str | None, regions: tuple[str, ...]
) -> tuple[Registry, ...]:
    """Return the registries that a campaign asks about a number of these regions.

    `stored` are all registries, as `[[name, regions, purposes, as_of, max_age in s], …]` in JSON, `lists` the
    campaign's own (`CampaignLists`), as they are stored.
    """
    wanted = stored_lists(lists).registry
    if wanted == OFF:
        return ()
    known = {registry.name: registry for registry in read_registries(stored)}
    if wanted == AUTO:
        chosen = [r for r in known.values() if not r.purposes or (purpose or DEFAULT_PURPOSE) in r.purposes]
    else:
        chosen = [known.get(name) or Registry(name, None, timedelta(0)) for name in wanted]
    return tuple(registry for registry in chosen if registry.covers(regions))


@lru_cache(maxsize=64)
def read_registries(stored: str | None) -> tuple[Registry, ...]:
    """Return all registries from their JSON text."""
    return tuple(
        Registry(
            name,
            datetime.fromisoformat(as_of) if as_of else None,
            timedelta(seconds=max_age_s),
            frozenset(regions),
            frozenset(purposes),
        )
        for name, regions, purposes, as_of, max_age_s in json.loads(stored or "[]")
    )


@lru_cache(maxsize=1024)
def stored_lists(stored: str | None) -> CampaignLists:
    """Return the lists of a campaign from their stored JSON text; None where it says nothing."""
    return CampaignLists.model_validate_json(stored) if stored else DEFAULT_LISTS
