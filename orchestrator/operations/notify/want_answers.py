"""Wishes that answers are told at once, while an endpoint receives them or somebody reads on."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

import redis
from redis.exceptions import RedisError
from sqlalchemy import Engine

from orchestrator.model.told_event import ToldEvent
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.wanted_answers import want_answers
from orchestrator.store.sql.webhook_endpoints import is_any_told_of_answers


def want_answers_for_endpoints(sql: Engine, client: redis.Redis, keys: Keys) -> bool:
    """Return whether an endpoint receives `call.answered`; then the wish holds for another minute."""
    with sql.connect() as tx:
        is_wanted = is_any_told_of_answers(tx)
    if is_wanted:
        want_answers(client, keys)
    return is_wanted


def want_answers_for_reader(types: Collection[ToldEvent], *, client: redis.Redis, keys: Keys) -> None:
    """Wish it for somebody who reads these types, none for all; a Redis that is away costs them promptness alone."""
    if not types or ToldEvent.CALL_ANSWERED in types:
        with suppress(RedisError):
            want_answers(client, keys)
