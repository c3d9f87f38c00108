"""Derives the zones of open contacts anew after an upgrade: what is known of numbers and clocks has changed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Engine, RowMapping

from orchestrator.model.contact_status import ContactStatus
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.zones.contact_zones import zones_for
from orchestrator.policy.zones.zones_version import ZonesVersion, zones_version
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.outdated_zones import BATCH, has_outdated, lock_outdated, release, write_zones

_BATCHES_AT_ONCE = 5  # a thousand contacts a second
_LONGEST_S = 0.25  # of a second: on a machine that is busy dialing has the rest
_BY_THE_CLOCK = (Reason.OUTSIDE_HOURS, Reason.NO_COMMON_HOURS, Reason.LAW_HOURS, Reason.LAW_HOLIDAY)


def renew_zones(sql: Engine, *, version: ZonesVersion | None = None) -> int:
    """Renew the zones of some contacts that other data gave; return how many.

    Those who are held by the clock are looked at again: their time may have come earlier. The gate does not lean on
    any of it, for it looks at the number itself; claims are offered by these zones.
    """
    version = version or zones_version()
    with sql.connect() as tx:
        if not has_outdated(tx, version):
            return 0
    renewed, began = 0, time.monotonic()
    for _ in range(_BATCHES_AT_ONCE):
        with sql.begin() as tx:
            found = _renew_batch(tx, version)
        renewed += found
        if found < BATCH or time.monotonic() - began > _LONGEST_S:
            break
    return renewed


def _renew_batch(tx: Connection, version: ZonesVersion) -> int:
    rows = lock_outdated(tx, version)
    if not rows:
        return 0
    zones = {row["id"]: _zone_of(row) for row in rows}
    write_zones(tx, zones, version)
    if held := [row["id"] for row in rows if _is_released(row, zones[row["id"]])]:
        release(tx, held)
    for campaign_id, keys in sorted(_by_campaign(rows, zones).items()):
        add_zones(tx, campaign_id, list(keys))
    return len(rows)


def _zone_of(row: RowMapping) -> str:
    said = row["timezone"], row["default_timezone"]
    return zones_for(row["phone"], *said, region=row["region"], now=row["now"]).key


def _is_released(row: RowMapping, zone: str) -> bool:
    is_moved = row["reason"] == Reason.ZONE_UNKNOWN and zone != row["zone"]
    return row["status"] == ContactStatus.HELD and (is_moved or row["reason"] in _BY_THE_CLOCK)


def _by_campaign(rows: Sequence[RowMapping], zones: Mapping[str, str]) -> Mapping[str, set[str]]:
    keys: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        keys[row["campaign_id"]].add(zones[row["id"]])
    return keys
