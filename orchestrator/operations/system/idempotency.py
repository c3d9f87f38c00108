"""Stores the answer of a request by its Idempotency-Key, so that a repeat gets it and changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine

from orchestrator.ids import Prefix, seeded_id
from orchestrator.store.sql.idempotency import (
    find_key,
    insert_key,
    purge_keys,
    release_key,
    store_response,
    take_over_key,
)
from orchestrator.store.sql.personal_columns import GONE


@dataclass(frozen=True)
class Kept:
    """The stored answer of a key."""

    status: int
    body: bytes
    content_type: str | None


@dataclass(frozen=True)
class Taken:
    """A key whose request is to be executed.

    Ids are derived from it: if the process dies between the change and its note, the repeat finds the change made.
    """

    key: str
    scope: str
    since: datetime

    def new_id(self, prefix: Prefix) -> str:
        """Return the one id of this kind that the request may use."""
        return seeded_id(prefix, f"{self.scope}/{self.key}", made_at=self.since)


Begun = Kept | Taken | Literal["in_progress", "other_body", "erased"]


def begin_request(key: str, *, scope: str, body_hash: str, sql: Engine) -> Begun:
    """Return Taken for a new key, Kept for an answered one, or why neither.

    A request that failed, or is dead for 60 s, is taken over with its ids: what it made may stand all the same, and its
    answer was lost on the way.
    """
    with sql.begin() as tx:
        entered = insert_key(tx, key, scope=scope, body_hash=body_hash)
        purge_keys(tx)  # behind it: who holds keys waits for none, so that two never wait for each other
        if entered:
            return Taken(key, scope, entered.created_at)
        known = find_key(tx, key, scope)
        is_ours = known is not None and known.body_hash == body_hash and take_over_key(tx, key, scope)
    if known is None:
        return "in_progress"
    if known.body_hash != body_hash:
        return "other_body"
    if known.status == GONE and known.response is None:
        return "erased"
    if known.status is not None:
        return Kept(known.status, bytes(known.response), known.content_type)
    return Taken(key, scope, known.created_at) if is_ours else "in_progress"


def finish_request(begun: Taken, kept: Kept, *, sql: Engine) -> None:
    """Keep the answer for 24 hours."""
    with sql.begin() as tx:
        store_response(
            tx,
            begun.key,
            begun.scope,
            status=kept.status,
            response=kept.body,
            content_type=kept.content_type,
        )


def release_request(begun: Taken, *, sql: Engine) -> None:
    """Let a repeat be executed at once: this one has failed, as far as it knows."""
    with sql.begin() as tx:
        release_key(tx, begun.key, begun.scope)
