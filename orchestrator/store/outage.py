"""Tells a database that is away from one that does not take what it was given."""

from __future__ import annotations

from sqlalchemy import exc

_TOO_MUCH = "54"  # the class of what is too large or too complex: an error of the statement, whatever the driver says
_READ_ONLY = "25006"  # a standby that is not yet the primary


def is_outage(err: exc.SQLAlchemyError) -> bool:
    """Say whether the same statement may succeed later; otherwise it fails by its own fault, each time (R19)."""
    if not isinstance(err, exc.DBAPIError):
        return isinstance(err, exc.TimeoutError)  # every connection of the pool is in use
    state = str(getattr(err.orig, "sqlstate", None) or "")
    if isinstance(err, exc.OperationalError | exc.InterfaceError):
        return not state.startswith(_TOO_MUCH)
    return state == _READ_ONLY
