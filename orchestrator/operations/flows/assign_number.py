"""Assigns numbers of the account to the flows that answer their calls."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.flows.find_flows import flow_named
from orchestrator.policy.phone.field import Number
from orchestrator.settings import Settings
from orchestrator.store.sql import numbers
from orchestrator.store.sql.caller_id_pools import local_pools_with
from orchestrator.store.sql.connections import ensure_connection
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.system_campaigns import ensure_system_campaign

JoinDays = Annotated[int, Field(ge=0, le=3650)]
_JOINING = (
    "A caller whom a campaign dialed within so many days is joined to that contact; 0 for never. "
    "Left out: ORCHESTRATOR_INBOUND_JOIN_DAYS."
)


class NewNumber(BaseModel):
    """A number of the account and the flow that answers its calls."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    number: Number
    flow: str = Field(description="Id or name. Every input needs a default: an unknown caller has no values.")
    join_days: JoinDays | None = Field(None, description=_JOINING)


class NumberChange(BaseModel):
    """The fields of a number that may change; calls under way keep their flow."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    flow: str = Field("", description="Id or name.")
    join_days: JoinDays | None = Field(None, description=_JOINING)


def map_number(wanted: NewNumber, *, number_id: str, sql: Engine, flows: FlowCache, settings: Settings) -> Row[Any]:
    """Return the new row; it applies from the next call on. The same id again returns the stored one.

    Raises Conflict for a number that is assigned already.
    """
    flow_id = _flow_for_callers(wanted.flow, sql=sql, flows=flows)
    concerns(number_id)
    with sql.begin() as tx:
        if (stored := numbers.find_number(tx, number_id)) is not None:
            return stored
        home_id = ensure_system_campaign(tx, ensure_connection(tx, settings), kind="inbound")
        values = {
            "id": number_id,
            "number": wanted.number,
            "flow_id": flow_id,
            "home_id": home_id,
            "join_days": wanted.join_days,
        }
        if not numbers.insert_number(tx, values):
            raise Conflict("number_mapped", f"{wanted.number} is mapped to a flow already: change it with PATCH.")
        return _found(tx, number_id)


def find_number(number_id: str, *, sql: Engine) -> Row[Any]:
    """Return a number; raise NotFound for none."""
    with sql.connect() as tx:
        return _found(tx, number_id)


def change_number(
    number_id: str, change: NumberChange, *, expects: Expects = whatever_it_is, sql: Engine, flows: FlowCache
) -> Row[Any]:
    """Change the fields of `change`; they apply from the next call on."""
    changes = change.model_dump(exclude_unset=True)
    if "flow" in changes:
        changes["flow_id"] = _flow_for_callers(changes.pop("flow"), sql=sql, flows=flows)
    with sql.begin() as tx:
        numbers.lock_number(tx, number_id)
        expects(_found(tx, number_id)._mapping)
        numbers.update_number(tx, number_id, changes)
        return _found(tx, number_id)


def unmap_number(number_id: str, *, sql: Engine) -> None:
    """Stop taking the calls of a number; those under way go on.

    Raises NotFound for none, Conflict while people are shown it as a local number: who calls it back must be answered.
    """
    with sql.begin() as tx:
        number = numbers.lock_number(tx, number_id)
        if number is None:
            raise NotFound("number", number_id)
        if pools := local_pools_with(tx, number):
            detail = f"{number} is shown as a local number by {', '.join(pools)}: who calls it back must be answered."
            raise Conflict("number_in_pool", detail)
        numbers.delete_number(tx, number_id)


def _flow_for_callers(wanted: str, *, sql: Engine, flows: FlowCache) -> str:
    flow_id = str(flow_named(sql, wanted).id)
    if missing := flows.get(flow_id).required_inputs:
        detail = f"a stranger who calls carries no {', '.join(missing)}: give these inputs a default"
        raise InvalidInput([FieldError("/flow", "needs_inputs", detail)])
    return flow_id


def _found(tx: Connection, number_id: str) -> Row[Any]:
    row = numbers.find_number(tx, number_id)
    if row is None:
        raise NotFound("number", number_id)
    return row
