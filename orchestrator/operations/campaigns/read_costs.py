"""Reads what campaigns have cost, whatever has become of them: in one query, from sums that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Engine

from orchestrator.store.sql import budgets


def read_costs(campaign_ids: Sequence[str], *, sql: Engine) -> dict[str, Decimal]:
    """Return what calls that are over have cost, by campaign; those that cost nothing are left out."""
    with sql.connect() as tx:
        return budgets.read_costs(tx, campaign_ids)
