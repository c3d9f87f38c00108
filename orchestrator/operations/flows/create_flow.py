"""Stores a flow under a new name or as the next version of a known one; unchanged text is not stored again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.flow import Flow, load_flow
from orchestrator.flow.actions import Command
from orchestrator.media.stream_urls import targets_own_receiver
from orchestrator.operations.access.audit import concerns
from orchestrator.store.sql import flows
from orchestrator.store.sql.flow_cache import stored_flows


@dataclass(frozen=True)
class StoredFlow:
    """A stored version, and whether this request wrote it."""

    row: Row[Any]
    is_new: bool


def create_flow(source: bytes, content_type: str, *, flow_id: str, sql: Engine, has_media_receiver: bool) -> StoredFlow:
    """Check a flow and store it as the next version of its name; the text of the newest version is not stored again.

    Raises InvalidFlow with every problem, InvalidInput for steps that stream to a media receiver that is not set up.
    """
    flow = load_flow(source, content_type, library=stored_flows(sql))
    if not has_media_receiver and (wrong := list(_streaming_to_us(flow))):
        raise InvalidInput(wrong)
    name = flow.name
    text = source.decode("utf-8-sig")
    digest = hashlib.sha256(text.encode()).hexdigest()
    with sql.begin() as tx:
        flows.lock_name(tx, name)
        newest = flows.newest_version(tx, name)
        concerns(newest.id if newest and newest.content_hash == digest else flow_id)
        if newest and newest.content_hash == digest:
            return StoredFlow(newest, is_new=False)
        version = newest.version + 1 if newest else 1
        values = {"id": flow_id, "name": name, "version": version, "source": text, "content_hash": digest}
        return StoredFlow(flows.insert_flow(tx, {**values, "content_type": content_type}), is_new=True)


def _streaming_to_us(flow: Flow) -> Iterator[FieldError]:
    for name, step in flow.steps.items():
        if isinstance(step.action, Command) and targets_own_receiver(step.action.plain):
            detail = "ours is the media receiver, but ORCHESTRATOR_MEDIA_URL does not say where the carrier reaches it"
            yield FieldError(f"/steps/{name}/{step.action.action}/stream_url", "no_receiver", detail)
