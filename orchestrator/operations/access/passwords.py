"""Passwords: their lengths, their digests (argon2id), and whether one is right."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from orchestrator.errors import LimitReached
from orchestrator.policy.names import one_form

SHORTEST: Final = 12
LONGEST: Final = 128
"""Characters of a password; who sends more makes nobody hash megabytes."""

_HASHER = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
_AT_ONCE: Final = 4  # each takes 64 MiB
_WAITS_S: Final = 5.0
_turns = threading.BoundedSemaphore(_AT_ONCE)


def hash_password(password: str) -> str:
    """Return the digest of a password, which is what is stored; raises LimitReached while too many are hashed."""
    with _turn():
        return _HASHER.hash(_bytes(password))


def is_password(password: str, stored: str | None) -> bool:
    """Return whether a password is the stored one; with None for nobody's it is wrong, in the time of any other.

    One that is too long is wrong as well, in that time. Raises LimitReached while too many are verified.
    """
    with _turn():
        try:
            is_right = _HASHER.verify(stored or _nobodys(_HASHER), _bytes(password[: LONGEST + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return is_right and stored is not None and len(password) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Return whether a digest was made with other parameters than those in use now."""
    return _HASHER.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    return one_form(password).encode("utf-8", "surrogatepass")


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody's password")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=_WAITS_S):
        raise LimitReached("sign_in_busy", "Too many people sign in at this moment; try again in a few seconds.")
    try:
        yield
    finally:
        _turns.release()
