"""Closes imports whose process died, so that they do not hold their campaigns open for ever (R22)."""

from __future__ import annotations

from sqlalchemy import Engine, func, text, update

from orchestrator.store.sql.tables import imports

_SILENT_FOR = text("interval '10 minutes'")  # an upload may be slow, but some batch of it is written in this time
_WHY = {"code": "interrupted", "detail": "The process that wrote it ended, or the upload stood still; send it again."}


def close_dead_imports(sql: Engine) -> list[str]:
    """Fail imports that have written nothing for 10 minutes and return their ids; what they wrote stays."""
    is_dead = (imports.c.status == "running", imports.c.touched_at < func.now() - _SILENT_FOR)
    closed = update(imports).where(*is_dead).values(status="failed", error=_WHY).returning(imports.c.id)
    with sql.begin() as tx:
        return list(tx.execute(closed).scalars())
