"""Says what things are called that are known by their ids: campaigns, people, flows, users and others."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine

from orchestrator.store.sql.subject_names import names_of


def name_subjects(ids: Iterable[str | None], *, sql: Engine) -> dict[str, str]:
    """Return names by id; what has no name, was erased or never was is left out."""
    with sql.connect() as tx:
        return names_of(tx, ids)
