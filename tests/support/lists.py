"""Makes, fills and asks lists."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.operations.lists.change_entries import add_entries
from orchestrator.operations.lists.import_content import ListFile, import_content
from orchestrator.operations.lists.load_answers import ImportedContent
from orchestrator.operations.lists.manage_lists import create_list, look_up
from orchestrator.policy.lists.list_fields import NewList
from orchestrator.store.sql.sweeping_work import Work, find_work
from tests.support.world import World

PHONE, OTHER = "+13125550142", "+13125550143"
NAMED = {"suppress": ["global", "internal"], "registry": "auto", "allow": None, "reassigned": "auto", "because": None}
ALLOWING = {"suppress": ["global"], "registry": "auto", "allow": "agreed", "reassigned": "auto", "because": None}


def make(world: World, name: str = "internal", kind: str = "suppress", **fields: Any) -> str:
    list_id = new_id("lst")
    world.run(create_list, NewList(name=name, kind=kind, **fields), list_id=list_id)  # type: ignore[arg-type]  # pydantic's
    return list_id


def add(world: World, list_id: str, *entries: str) -> None:
    world.run(add_entries, list_id, entries)


def load(world: World, list_id: str, *entries: str, **options: Any) -> ImportedContent:
    return load_file(world, list_id, io.BytesIO("\n".join(("phone", *entries)).encode()), **options)


def load_file(world: World, list_id: str, file: Any, **options: Any) -> ImportedContent:
    return world.run(import_content, list_id, file, ListFile(**{"accept_smaller": True, **options}))


def days_ago(days: float) -> Any:
    return utc_now() - timedelta(days=days)


def status(world: World, contact_id: str) -> tuple[str, str | None]:
    row = world.contact_row(contact_id)
    return row["status"], row["reason"]


def holds(world: World, phone: str) -> list[str]:
    return [row.entry for row in world.run(look_up, phone).lists]


def work(world: World) -> frozenset[Work]:
    with world.sql.connect() as tx:
        return find_work(tx)
