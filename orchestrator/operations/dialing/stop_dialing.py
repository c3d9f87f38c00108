"""The switch above all campaigns: stops every dial, across restarts, until dialing is resumed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, true

from orchestrator.operations.dialing.drain_dials import quiesce
from orchestrator.operations.dialing.release_attempts import WayBack
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import format_moment
from orchestrator.store.sql.dialing_stop import Stop, clear_stop, read_stop, write_stop

if TYPE_CHECKING:
    from orchestrator.services import House

log = logging.getLogger(__name__)

NO_REASON = "no reason was given"
_WAY_BACK = WayBack(Reason.DIALING_STOPPED, counts=False, held=False)
_MAY_DIAL = ("draft", "scheduled", "running")


def stop_dialing(house: House, *, reason: str = NO_REASON, by: str = "api") -> int:
    """Stop everything and return how many calls are live; nothing is sent after that, repeats included (R9).

    The first stop holds with its reason; stopping again asks for no change.
    """
    with house.sql.begin() as connection:
        write_stop(connection, Stop(house.clock(), by, reason))
    log.warning("all dialing is stopped")
    return quiesce(house, true(), _WAY_BACK)


def resume_dialing(house: House) -> None:
    """Let dialing go on; running campaigns are dialed again at the next tick."""
    with house.sql.begin() as connection:
        clear_stop(connection)
    log.warning("dialing goes on")


def find_stop(house: House) -> Stop | None:
    """Return the stop that is in force."""
    with house.sql.connect() as connection:
        return read_stop(connection)


def status_reason_of(campaign: Row[Any], stop: Stop | None) -> dict[str, Any] | None:
    """Return why a campaign does not dial, as {code, detail, at}: its own reason, or the stop of all dialing."""
    if stop is None or campaign.status not in _MAY_DIAL:
        own: dict[str, Any] | None = campaign.status_reason
        return own
    at = format_moment(stop.since) if stop.since else None
    return {"code": Reason.DIALING_STOPPED.value, "detail": stop.sentence, "at": at}
