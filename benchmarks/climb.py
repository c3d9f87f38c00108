"""More and more at once, up to what was estimated, until something is lost or the senders fall behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_SHARES = (0.25, 0.5, 0.75, 1.0)
_MOST_BEHIND = 0.05


@dataclass(frozen=True, kw_only=True)
class Step:
    """So many at once for some seconds; `receiver` and `senders` are the shares of a core that the two took."""

    count: int
    seconds: float
    sent: int
    arrived: int
    behind_s: float
    receiver: float
    senders: float

    @property
    def is_whole(self) -> bool:
        """Return whether everything arrived."""
        return self.arrived == self.sent

    @property
    def is_paced(self) -> bool:
        """Return whether it was sent as fast as in life."""
        return self.behind_s <= _MOST_BEHIND * self.seconds

    @property
    def is_carried(self) -> bool:
        """Return whether this proves that so many are carried."""
        return self.is_whole and self.is_paced

    def __str__(self) -> str:
        """Tell what happened, for the table."""
        happened = "none lost" if self.is_whole else f"{1 - self.arrived / self.sent:.2%} lost"
        late = "" if self.is_paced else f", sent {self.behind_s / self.seconds:.0%} too slowly"
        return f"{self.count:,}: {happened}{late} (receiver {self.receiver:.0%}, senders {self.senders:.0%} of a core)"


def climb(run: Callable[[int], Step], estimate: float) -> list[Step]:
    """Run a quarter, a half, … and the whole of the estimate; stop behind the first step that fails twice."""
    steps: list[Step] = []
    for share in _SHARES:
        steps.append(run(int(estimate * share)))
        if not steps[-1].is_carried:
            steps.append(run(int(estimate * share)))  # a neighbour may have had the processor
        if not steps[-1].is_carried:
            break
    return steps


def sustained(steps: list[Step]) -> int:
    """Return the largest number that was really carried."""
    return max((step.count for step in steps if step.is_carried), default=0)
