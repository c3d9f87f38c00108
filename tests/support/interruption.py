"""What an outage in mid-campaign cost by the ledger of the carrier: how long nobody was dialed, what came twice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from tests.support.account import Account


@dataclass(frozen=True)
class Interruption:
    """The figures of one campaign."""

    silent_s: float
    dials: int
    repeated_commands: int
    undelivered_webhooks: int

    def __str__(self) -> str:
        """Return them as a line for the page that publishes them."""
        return (
            f"nobody was dialed for {self.silent_s:.1f} s; {self.dials} dials, {self.repeated_commands} commands "
            f"repeated under their id, {self.undelivered_webhooks} webhooks never taken"
        )


def read_interruption(account: Account) -> Interruption:
    """Return what the ledger shows; the longest silence lies between the first dials of so many numbers."""
    moments = sorted(dial["accepted_at"] for dial in account.dials)[: len(account.contacts)]
    return Interruption(
        silent_s=max(later - earlier for earlier, later in pairwise(moments)),
        dials=len(account.dials),
        repeated_commands=sum(command["duplicate"] for dial in account.dials for command in dial["commands"]),
        undelivered_webhooks=sum(not told["delivered_at"] for dial in account.dials for told in dial["webhooks"]),
    )
