"""Names of time zones: which are real, how they are spelled, and how a set of them becomes one key.

They are those that may be stored; what a person may write is stricter (named_zone.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from functools import cache

from orchestrator.policy.zones.clock_rules import clock_of, zone_names

_NO_PLACES = frozenset({"Factory"})

# Taken and stored by older versions: IANA gives them no summer time, and whoever wrote them meant the zone of the US.
_MEANT = {"EST": "America/New_York", "MST": "America/Denver", "HST": "Pacific/Honolulu"}


@cache
def _spellings() -> dict[str, str]:
    return {name.casefold(): name for name in zone_names() - _NO_PLACES}


def known_zone(text: str) -> str | None:
    """Return the IANA spelling of a zone written in any case, or None when there is no such zone."""
    return _spellings().get(text.strip().replace(" ", "_").casefold())


def zone_info(name: str) -> tzinfo | None:
    """Return the zone's rules, or None for a name that is no zone (`Etc/Unknown` is one of those)."""
    spelled = known_zone(name)
    return None if spelled is None else clock_of(_MEANT.get(spelled, spelled))


def zone_key(zones: Iterable[str]) -> str:
    """Return the canonical key of a set of zones, "America/Chicago|America/Denver"; "" when one of them is no zone."""
    spelled = [known_zone(zone) for zone in zones]
    return "|".join(sorted({zone for zone in spelled if zone})) if all(spelled) else ""


def zones_of(key: str) -> tuple[str, ...]:
    """Return the zones of a canonical key; none for the empty key."""
    return tuple(key.split("|")) if key else ()
