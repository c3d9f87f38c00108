"""The hidden campaigns of calls that belong to none."""

from __future__ import annotations

from typing import Literal

import pytest

from orchestrator.store.sql.system_campaigns import ensure_system_campaign
from tests.support.world import CONNECTION, World

# Installations hold rows of these ids: another id would be another home.
HOMES = [
    ("direct", "running", "cmp_01DXF6DT001163BMGN2Y460A25"),
    ("inbound", "completed", "cmp_01DXF6DT009ACPZ1ARDFB6Q417"),
]


@pytest.mark.parametrize(("kind", "status", "ident"), HOMES)
def test_a_home_is_made_once_and_keeps_its_id_for_ever(
    world: World, kind: Literal["direct", "inbound"], status: str, ident: str
) -> None:
    with world.sql.begin() as tx:
        first = ensure_system_campaign(tx, CONNECTION, kind=kind)
        again = ensure_system_campaign(tx, CONNECTION, kind=kind)

    [row] = world.query("SELECT id, kind, status, keep_open, number_gap_s FROM campaigns")
    assert first == again == ident
    assert tuple(row) == (ident, kind, status, True, 0)
