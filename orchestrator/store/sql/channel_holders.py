"""Queries on what holds channels of a connection: attempts that are not over, and the campaigns they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, text

from orchestrator.model.campaign_status import CampaignStatus
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import NUMBER_GUARD

_WITH_CHANNELS = one_of((CampaignStatus.RUNNING, CampaignStatus.PAUSED))
# An inbound call takes none of the channels that dials are counted by.
_OPEN = f"connection_id = :connection_id AND {NUMBER_GUARD}"
_ATTEMPTS = text(
    f"SELECT id, campaign_id, ring_limit_s, talk_limit_s, reserved_at FROM calls WHERE {_OPEN}"  # noqa: S608 a constant
)
_JUST_S = 120  # a channel that nobody holds is freed at an age of 30 s, in a look every 10 s
_CAMPAIGNS = text(
    f"""
    SELECT id FROM campaigns WHERE connection_id = :connection_id AND status IN {_WITH_CHANNELS}
    UNION SELECT campaign_id FROM calls WHERE {_OPEN}
    UNION SELECT campaign_id FROM calls
        WHERE connection_id = :connection_id AND ended_at > now() - make_interval(secs => {_JUST_S})
    """  # noqa: S608 a constant
)


def list_attempts_with_channel(tx: Connection, connection_id: str) -> Sequence[Row[Any]]:
    """Return the attempts of a connection that are not over, with what bounds their lease."""
    return tx.execute(_ATTEMPTS, {"connection_id": connection_id}).all()


def list_campaigns_with_channels(tx: Connection, connection_id: str) -> list[str]:
    """Return the ids of the campaigns that may dial on a connection, have attempts there or have just had some."""
    return list(tx.execute(_CAMPAIGNS, {"connection_id": connection_id}).scalars())
