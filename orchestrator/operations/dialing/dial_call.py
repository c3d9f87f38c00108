"""Dials one attempt in three steps: permit the send, send it once, settle what the carrier answered."""

from __future__ import annotations

from collections.abc import Callable

import redis
from sqlalchemy import Engine

from orchestrator.clock import boot_seconds
from orchestrator.operations.dialing.permit_dial import TOO_OLD_S, DialPermits
from orchestrator.operations.dialing.settle_dial import DialSettler
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.telnyx.client import TelnyxClient


class Dialer:
    """Makes the dials; any number of them may run, on the same attempt too."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        flows: FlowCache,
        keys: Keys,
        caps: Caps = DEFAULT_CAPS,
        age_clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._carrier = carrier
        self._age_clock = age_clock
        self._permits = DialPermits(sql=sql, client=client, flows=flows, keys=keys, caps=caps, age_clock=age_clock)
        self._settler = DialSettler(sql=sql, client=client, keys=keys)

    def dial_call(self, call_id: str) -> None:
        """Send what the ledger permits for this attempt; safe to run 0, 1 or n times, at once or later."""
        began = self._age_clock()
        permit = self._permits.permit_dial(call_id)
        if permit is None:
            return
        stopped = self._permits.refuse_late(permit, began=began)
        if stopped:
            self._settler.release(permit.send, stopped)
            return
        answer = self._carrier.dial(permit.send.row["request"], send_before=began + TOO_OLD_S)
        self._settler.settle_dial(permit, answer)
