"""Selects the caller id of a contact: the same one at every attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b


def choose_caller_id(
    caller_ids: Sequence[str], contact_id: str, *, resting: Collection[str] = frozenset()
) -> str | None:
    """Return the caller id of a contact, or None if all are `resting`.

    The choice depends on the contact and the numbers only (rendezvous hashing): a retry shows the same number, adding
    or removing a number moves only its own contacts, and those of a resting number are spread over the others.
    """
    awake = [caller_id for caller_id in caller_ids if caller_id not in resting]
    return max(awake, key=lambda caller_id: _weight(caller_id, contact_id), default=None)


def _weight(caller_id: str, contact_id: str) -> bytes:
    return blake2b(f"{caller_id}/{contact_id}".encode(), digest_size=8).digest()
