"""The keys of numbers as RFC 2104 says them, to hold those of PostgreSQL against."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, text

_READ = text("SELECT number_key_inner, number_key_outer FROM installation WHERE id = 1")


@dataclass(frozen=True)
class NumberKeys:
    """The installation's secret, as the two padded keys of HMAC, 64 bytes each."""

    inner: bytes
    outer: bytes

    def key_of(self, number: str) -> bytes:
        """Return the 32 bytes that stand for an E.164 number."""
        return hashlib.sha256(self.outer + hashlib.sha256(self.inner + number.encode()).digest()).digest()


def read_number_keys(tx: Connection) -> NumberKeys:
    """Return the secret of this installation."""
    row = tx.execute(_READ).one()
    return NumberKeys(bytes(row.number_key_inner), bytes(row.number_key_outer))
