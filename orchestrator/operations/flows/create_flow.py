"""Stores a flow: a new name, a new version of a known one, or the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.flow import Flow, load_flow
from orchestrator.flow.actions import Command
from orchestrator.media.stream_urls import is_for_us
from orchestrator.store.sql import flows as queries_flows
from orchestrator.store.sql.flow_cache import stored_flows

if TYPE_CHECKING:
    from orchestrator.services import Services


@dataclass(frozen=True)
class StoredFlow:
    """A version as it stands in SQL, and whether this request wrote it."""

    row: Row[Any]
    is_new: bool


def create_flow(services: Services, source: bytes, content_type: str, *, flow_id: str) -> StoredFlow:
    """Check a flow and store it as the next version of its name; the newest version's own text is stored only once.

    Raises InvalidFlow with every problem, InvalidInput for steps that stream to a receiver that is not set up here.
    """
    flow = load_flow(source, content_type, library=stored_flows(services.sql))
    if services.streams is None and (wrong := list(_streaming_to_us(flow))):
        raise InvalidInput(wrong)
    name = flow.name
    text = source.decode("utf-8-sig")
    digest = hashlib.sha256(text.encode()).hexdigest()
    with services.sql.begin() as tx:
        queries_flows.lock_name(tx, name)
        newest = queries_flows.newest_version(tx, name)
        if newest and newest.content_hash == digest:
            return StoredFlow(newest, is_new=False)
        version = newest.version + 1 if newest else 1
        values = {"id": flow_id, "name": name, "version": version, "source": text, "content_hash": digest}
        return StoredFlow(queries_flows.insert_flow(tx, {**values, "content_type": content_type}), is_new=True)


def _streaming_to_us(flow: Flow) -> Iterator[FieldError]:
    for name, step in flow.steps.items():
        if isinstance(step.action, Command) and is_for_us(step.action.plain):
            detail = "ours is the media receiver, but ORCHESTRATOR_MEDIA_URL does not say where the carrier reaches it"
            yield FieldError(f"/steps/{name}/{step.action.action}/stream_url", "no_receiver", detail)


def flow_named(services: Services, wanted: str) -> Row[Any]:
    """Return the flow with the id `wanted`, else the newest of that name; raise InvalidInput at /flow for neither."""
    with services.sql.connect() as tx:
        row = queries_flows.find_flow(tx, wanted) or queries_flows.newest_version(tx, wanted)
    if row is None:
        raise InvalidInput([FieldError("/flow", "unknown_flow", f"there is no flow with the id or name {wanted!r}")])
    return row
