"""Ends the rest of a caller id before its time, and shows how one stands."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import NotFound
from orchestrator.operations.caller_ids.write_pools import HELD_BY_CALLER_IDS
from orchestrator.policy.because import Because
from orchestrator.store.sql import caller_id_rests as rests
from orchestrator.store.sql.campaigns import lock_campaign
from orchestrator.store.sql.held_contacts import release_holds


class EndOfRest(BaseModel):
    """Why a caller id rests no more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    because: Because


def find_caller_id(number: str, *, sql: Engine) -> Row[Any]:
    """Return how a caller id stands; raise NotFound for one that is in no pool and of which nothing is known."""
    with sql.connect() as tx:
        return _found(tx, number)


def end_rest(number: str, because: str, *, by: str, sql: Engine) -> Row[Any]:
    """End the rest of a caller id, release whoever waits for it, and return it; one that rests no more stays as it is.

    The calls that it was put to rest for count no more. Raises NotFound as `find_caller_id`.
    """
    with sql.begin() as tx:
        _found(tx, number)
        campaign_ids = rests.campaigns_with(tx, number)
        for campaign_id in campaign_ids:  # a claim that still saw the rest has held its contacts by then
            lock_campaign(tx, campaign_id)
        rests.end_rest(tx, number, {"by": by, "because": because})
        release_holds(tx, campaign_ids, HELD_BY_CALLER_IDS)
        return _found(tx, number)


def _found(tx: Connection, number: str) -> Row[Any]:
    row = rests.find_caller_id(tx, number)
    if row is None:
        raise NotFound("caller id", number)
    return row
