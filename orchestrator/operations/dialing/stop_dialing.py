"""The switch above all campaigns: stops every dial, across restarts, until dialing is resumed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, true

from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.timestamps import format_timestamp
from orchestrator.store.sql.dialing_stop import Stop, clear_stop, read_stop, write_stop

if TYPE_CHECKING:
    from orchestrator.services import Services

log = logging.getLogger(__name__)

NO_REASON = "no reason was given"
_WAY_BACK = ReleaseReason(Reason.DIALING_STOPPED, counts=False, held=False)
_MAY_DIAL = ("draft", "scheduled", "running")


def stop_dialing(services: Services, *, reason: str = NO_REASON, by: str = "api") -> int:
    """Stop everything and return how many calls are live; nothing is sent after that, repeats included (R9).

    The first stop holds with its reason; stopping again asks for no change.
    """
    with services.sql.begin() as tx:
        write_stop(tx, Stop(services.clock(), by, reason))
    log.warning("all dialing is stopped")
    return drain_dials(true(), _WAY_BACK, sql=services.sql, client=services.redis, keys=services.keys)


def resume_dialing(services: Services) -> None:
    """Let dialing go on; running campaigns are dialed again at the next tick."""
    with services.sql.begin() as tx:
        clear_stop(tx)
    log.warning("dialing goes on")


def find_stop(services: Services) -> Stop | None:
    """Return the stop that is in force."""
    with services.sql.connect() as tx:
        return read_stop(tx)


def status_reason_of(campaign: Row[Any], stop: Stop | None) -> dict[str, Any] | None:
    """Return why a campaign does not dial, as {code, detail, at}: its own reason, or the stop of all dialing."""
    if stop is None or campaign.status not in _MAY_DIAL:
        own: dict[str, Any] | None = campaign.status_reason
        return own
    at = format_timestamp(stop.since) if stop.since else None
    return {"code": Reason.DIALING_STOPPED.value, "detail": stop.sentence, "at": at}
