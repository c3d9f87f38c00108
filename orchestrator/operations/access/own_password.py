"""Changes one's own password: who knows the present one sets another, and every session of before is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.ids import new_id
from orchestrator.operations.access.audit import Change, record_change, recorded
from orchestrator.operations.access.manage_users import change_locked, find_user, lock_user
from orchestrator.operations.access.passwords import LONGEST, SHORTEST, hash_password
from orchestrator.operations.access.sign_in import SignedIn, open_session, verify_password

ACTION = "change of one's own password"
_BY_NO_KEY: dict[str, Any] = {"before": None, "after": None, "key_id": None}


def change_own_password(user_id: str, *, present: str, wanted: str, now: datetime, sql: Engine) -> SignedIn | None:
    """Set another password, end all sessions of the user and open a new one; None if `present` is not the password.

    All of it in one transaction: whoever is told of it goes on, and whoever is not has the password of before, or the
    new one and signs in.
    A wrong one is recorded, as the change is. Raises InvalidInput for a password of another length or one that is
    easily guessed, NotFound for a user who is gone, and LimitReached while too many passwords are verified. How often
    somebody may try is for the caller to limit.
    """
    user = find_user(user_id, sql=sql)
    if not SHORTEST <= len(wanted) <= LONGEST:
        detail = f"a password has {SHORTEST} to {LONGEST} characters"
        raise InvalidInput([FieldError("/password", "wrong_length", detail)])
    if verify_password(user.login, present, sql=sql) is None:
        with sql.begin() as tx:
            record_change(tx, f"{ACTION} refused", **_BY_NO_KEY, subject=user_id, by=user.name, user_id=user_id)
        return None

    hashed = hash_password(wanted)
    change = Change(
        id=new_id("aud"),
        action=ACTION,
        by=user.name,
        key_id=None,
        user_id=user_id,
        subject=user_id,
        makes=False,
        before=None,
        look=lambda _tx: None,
    )
    with recorded(change), sql.begin() as tx:
        before = lock_user(tx, user_id)
        if before.password_changed_at != user.password_changed_at:
            detail = "the password was changed meanwhile; try again with that one"
            raise InvalidInput([FieldError("/present", "changed_meanwhile", detail)])
        change_locked(tx, before, {"password": wanted}, hashed=hashed, now=now)
        return open_session(tx, user_id, password_hash=hashed, now=now)
