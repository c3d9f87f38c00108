"""What every table is made of: the metadata they share, the common defaults, and the column of a time."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, text

metadata = MetaData()

NOW = text("now()")
EMPTY = text("'{}'::jsonb")
EMPTY_LIST = text("'[]'::jsonb")


def moment(name: str, **options: object) -> Column[object]:
    """Return a column of times with their zone."""
    return Column(name, DateTime(timezone=True), **options)  # type: ignore[arg-type]  # options are Column's own
