"""Selects the caller id of a contact: the same one at every attempt, as far as it may be dialed from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from orchestrator.policy.hold_reasons import Reason

_ASK_AGAIN_QUOTA = timedelta(minutes=15)


def choose_caller_id(
    caller_ids: Iterable[str], contact_id: str, *, seeds: Mapping[str, blake2b] | None = None
) -> str | None:
    """Return the caller id of a contact, or None if there is none to choose from.

    The choice depends on the contact and the numbers only (rendezvous hashing): a retry shows the same number, adding
    or removing a number moves only its own contacts. `seeds` are those of the numbers, made beforehand.
    """
    written, chosen, heaviest = contact_id.encode(), None, b""
    for caller_id in caller_ids:
        weight = (seeds[caller_id] if seeds else seed_of(caller_id)).copy()
        weight.update(written)
        if (digest := weight.digest()) > heaviest:
            chosen, heaviest = caller_id, digest
    return chosen


def seed_of(caller_id: str) -> blake2b:
    """Return what the weights of a number begin with, for every contact; to be copied."""
    return blake2b(f"{caller_id}/".encode(), digest_size=8)


@dataclass(frozen=True, slots=True)
class CallerIdUse:
    """What was dialed from a number in the last 24 hours and in the last hour, and whether it rests.

    `*_frees_at` is when that cap next allows a dial; None where it is not reached, and while a dial that it counts may
    still be withdrawn.
    """

    per_day: int
    per_hour: int
    dials_day: int = 0
    dials_hour: int = 0
    day_frees_at: datetime | None = None
    hour_frees_at: datetime | None = None
    resting_until: datetime | None = None

    @property
    def room(self) -> int:
        """How many more dials its caps allow at the moment."""
        return max(0, min(self.per_day - self.dials_day, self.per_hour - self.dials_hour))

    def rests(self, now: datetime) -> bool:
        """Return whether it is at rest at `now`."""
        return self.resting_until is not None and self.resting_until > now

    def is_open(self, now: datetime) -> bool:
        """Return whether it may be dialed from at `now`."""
        return self.room > 0 and not self.rests(now)

    def opens_at(self, now: datetime) -> datetime:
        """Return when it may be dialed from next, as far as that is known; `now` where it is not."""
        known = (
            self.resting_until,
            self.day_frees_at if self.dials_day >= self.per_day else None,
            self.hour_frees_at if self.dials_hour >= self.per_hour else None,
        )
        return max([now, *(moment for moment in known if moment)])

    def with_one_more(self) -> CallerIdUse:
        """Return its use after one more dial, which may still be withdrawn."""
        day, hour = self.dials_day + 1, self.dials_hour + 1
        return replace(self, dials_day=day, dials_hour=hour, day_frees_at=None, hour_frees_at=None)


@dataclass(frozen=True, slots=True)
class PoolInUse:
    """A pool for explanations: its own caps, how each number was used, and why those rest that do."""

    per_day: int
    per_hour: int
    uses: Mapping[str, CallerIdUse]
    resting_because: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class ClosedCallerIds:
    """Why a call may be made from none of the caller ids there are for it, and until when."""

    reason: Reason
    until: datetime


def why_all_closed(uses: Collection[CallerIdUse], now: datetime) -> ClosedCallerIds | None:
    """Return why none of these numbers may be dialed from at `now`; None where one may.

    The end is that of the first: the first rest that ends, or the first place that frees, 15 minutes on at the least.
    """
    if any(use.is_open(now) for use in uses):
        return None
    first = min((use.opens_at(now) for use in uses), default=now)
    if uses and all(use.rests(now) for use in uses):
        return ClosedCallerIds(Reason.CALLER_ID_RESTING, first)
    return ClosedCallerIds(Reason.CALLER_ID_QUOTA, when_a_place_frees(first, now))


def when_a_place_frees(first: datetime, now: datetime) -> datetime:
    """Return when to ask again for a contact that waits for a caller id whose first place frees at `first`.

    In 15 minutes at the earliest: thousands may wait, each place takes one, and not all are asked again for each.
    """
    return max(first, now + _ASK_AGAIN_QUOTA)
