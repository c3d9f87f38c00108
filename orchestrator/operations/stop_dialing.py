"""The switch above all campaigns: stops every dial, across restarts, until dialing is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text, true
from sqlalchemy.dialects.postgresql import JSONB

from orchestrator.clock import rfc3339
from orchestrator.operations.quiesce import quiesce
from orchestrator.operations.withdraw_calls import WayBack
from orchestrator.policy.reasons import Reason

if TYPE_CHECKING:
    from orchestrator.wiring import House

_WAY_BACK = WayBack(Reason.DIALING_STOPPED, counts=False, held=False)
_STOP = text(
    "INSERT INTO installation (id, dialing_stopped) VALUES (1, :why) "
    "ON CONFLICT (id) DO UPDATE SET dialing_stopped = coalesce(installation.dialing_stopped, :why)"
).bindparams(bindparam("why", type_=JSONB))


def stop_dialing(house: House, *, reason: str = "stopped over the API") -> int:
    """Stop everything and return how many calls are live; nothing is sent after that, repeats included (R9)."""
    with house.sql.begin() as connection:
        connection.execute(_STOP, {"why": {"reason": reason, "at": rfc3339(house.clock())}})
    return quiesce(house, true(), _WAY_BACK)


def resume_dialing(house: House) -> None:
    """Let dialing go on; running campaigns are dialed again at the next tick."""
    with house.sql.begin() as connection:
        connection.execute(text("UPDATE installation SET dialing_stopped = NULL"))
