"""Suppresses a number: after it returns, nothing is sent to it within the scope (R9)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select, true
from sqlalchemy.dialects.postgresql import insert

from orchestrator.ids import new_id
from orchestrator.operations.quiesce import quiesce
from orchestrator.operations.withdraw_calls import WayBack
from orchestrator.policy.reasons import FinalStatus, Reason
from orchestrator.store.tables import calls, suppressions

if TYPE_CHECKING:
    from orchestrator.wiring import House

_WAY_BACK = WayBack(Reason.SUPPRESSED, final=FinalStatus.SUPPRESSED, counts=False)


def suppress_number(
    house: House, phone: str, *, scope: str = "global", reason: str, expires_at: datetime | None = None
) -> Row[Any]:
    """Return the suppression, new or changed; `scope` is `global` or a campaign id. Safe to repeat."""
    values = {"id": new_id("sup"), "phone": phone, "scope": scope, "reason": reason, "expires_at": expires_at}
    statement = insert(suppressions).values(values)
    changed = {"reason": statement.excluded.reason, "expires_at": statement.excluded.expires_at}
    statement = statement.on_conflict_do_update(index_elements=["phone", "scope"], set_=changed)
    with house.sql.begin() as connection:
        connection.execute(statement)
    in_scope = true() if scope == "global" else calls.c.campaign_id == scope
    quiesce(house, (calls.c.to_number == phone) & in_scope, _WAY_BACK)
    with house.sql.connect() as connection:
        query = select(suppressions).where(suppressions.c.phone == phone, suppressions.c.scope == scope)
        return connection.execute(query).one()
