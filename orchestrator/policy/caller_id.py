"""Which of a campaign's numbers a contact sees: the same one at every attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b


def choose_caller_id(
    caller_ids: Sequence[str], contact_id: str, *, resting: Collection[str] = frozenset()
) -> str | None:
    """Return the contact's caller id, or None when all of them rest.

    The choice hangs on nothing but the contact and the numbers: a retry shows the same number, a number added or taken
    away moves only the contacts it gains or had, and the contacts of one that rests spread over the others.
    """
    awake = [caller_id for caller_id in caller_ids if caller_id not in resting]
    return max(awake, key=lambda caller_id: _weight(caller_id, contact_id), default=None)


def _weight(caller_id: str, contact_id: str) -> bytes:
    return blake2b(f"{caller_id}/{contact_id}".encode(), digest_size=8).digest()
