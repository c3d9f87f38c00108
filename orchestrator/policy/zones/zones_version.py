"""The version of what the zones of numbers are derived from, so that older ones are found and derived anew."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import NamedTuple

import phonenumbers

from orchestrator.policy.zones import number_zones, region_zones
from orchestrator.policy.zones.clock_rules import rules_version

_LAST = "~"  # behind every digest


class ZonesVersion(NamedTuple):
    """A version, such as `2026f/009.000.043/1f0c9a2e`; as bytes, that of newer releases is greater.

    It names the clock rules, phonenumbers and the beginning of the hash of our own tables. `below` is greater than
    every version of the same two releases: of their tables, which have no order, another one counts as older.
    """

    name: str
    below: str


@cache
def zones_version() -> ZonesVersion:
    """Return the version of this program."""
    numbers = ".".join(part.zfill(3) for part in phonenumbers.__version__.split("."))
    releases = f"{rules_version()}/{numbers}/"
    tables = number_zones.table_text() + region_zones.table_text()
    digest = sha256(tables.encode("ascii")).hexdigest()[:8]
    return ZonesVersion(releases + digest, releases + _LAST)
