"""Signs links that play one recording for a few minutes, without an API key, and checks them."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row

from orchestrator.errors import Gone, InvalidLink
from orchestrator.operations.recordings.find_recordings import find_fetched
from orchestrator.store.sql.link_key import read_link_key

SHORTEST, LONGEST, USUAL = timedelta(minutes=1), timedelta(hours=1), timedelta(minutes=10)


@dataclass(frozen=True)
class SignedLink:
    """A link's end as a Unix time in seconds, and what proves that we made it."""

    recording_id: str
    expires: int
    signature: str

    @property
    def expires_at(self) -> datetime:
        """The moment from which it plays nothing."""
        return datetime.fromtimestamp(self.expires, UTC)


def sign_link(recording_id: str, *, expires_in: timedelta, sql: Engine, now: datetime) -> SignedLink:
    """Return a link to a recording whose file is here; raises like `find_fetched`."""
    find_fetched(recording_id, sql=sql)
    expires = int((now + expires_in).timestamp())
    return SignedLink(recording_id, expires, _signature(recording_id, expires, sql))


def open_link(link: SignedLink, *, sql: Engine, now: datetime) -> Row[Any]:
    """Return the recording of a link; raises InvalidLink for one that we did not make, Gone for one that is over.

    Nothing is said of a recording before the signature is found right.
    """
    right = _signature(link.recording_id, link.expires, sql)
    if not hmac.compare_digest(link.signature.encode(), right.encode()):
        raise InvalidLink("This is no link of this installation, or not the whole of it; ask for a new one.")
    if link.expires <= now.timestamp():
        raise Gone("link_over", f"The link was valid until {link.expires_at:%Y-%m-%d %H:%M:%S} UTC; ask for a new one.")
    return find_fetched(link.recording_id, sql=sql)


def _signature(recording_id: str, expires: int, sql: Engine) -> str:
    with sql.connect() as tx:
        key = read_link_key(tx)
    digest = hmac.digest(key, f"{recording_id} until {expires}".encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
