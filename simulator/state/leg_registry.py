"""Every leg the carrier knows: the live ones, and those that ended a while ago."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Iterator

from simulator.state.counters import Tally
from simulator.state.leg import Leg

READABLE_S = 600.0


class LegRegistry:
    """Keeps live legs and, for ten real minutes and at most `keep`, ended ones; counts calls by number."""

    def __init__(self, *, keep: int) -> None:
        self._keep = keep
        self._by_control_id: dict[str, Leg] = {}
        self._by_leg_id: dict[str, Leg] = {}
        self._live: dict[str, Leg] = {}
        self._ended: deque[tuple[float, Leg]] = deque()
        self._touched: OrderedDict[str, Leg] = OrderedDict()
        self._calls = Tally()
        self._requests = Tally()
        self._incoming = Tally()
        self.revision = 0

    def add(self, leg: Leg) -> None:
        """Take up a leg that begins to ring."""
        self._by_control_id[leg.call_control_id] = leg
        self._by_leg_id[leg.call_leg_id] = leg
        self._live[leg.call_control_id] = leg
        self.touch(leg)

    def nth_call(self, number: str) -> int:
        """Return how many legs rang this number before, and count one more."""
        return self._calls.next(number)

    def nth_request(self, number: str) -> int:
        """Return how many dial requests named this number before, and count one more."""
        return self._requests.next(number)

    def nth_incoming(self, number: str) -> int:
        """Return how often this number called us before, and count one more."""
        return self._incoming.next(number)

    @property
    def calls_by_number(self) -> dict[str, int]:
        """How many legs rang each number, since the start."""
        return self._calls.shape()

    def touch(self, leg: Leg) -> None:
        """Mark the leg as changed, for readers who ask what is new."""
        self.revision += 1
        leg.revision = self.revision
        self._touched[leg.call_control_id] = leg
        self._touched.move_to_end(leg.call_control_id)

    def close(self, leg: Leg) -> None:
        """Move the leg to the ended ones and forget the oldest of those."""
        self._live.pop(leg.call_control_id, None)
        self._ended.append((time.monotonic(), leg))
        self.touch(leg)
        self.forget_old()

    def forget_old(self) -> None:
        """Forget what ended too long ago or too many calls ago."""
        oldest = time.monotonic() - READABLE_S
        while self._ended and (len(self._ended) > self._keep or self._ended[0][0] < oldest):
            self._forget(self._ended.popleft()[1])

    def find(self, call_control_id: str) -> Leg | None:
        """Return the leg of this id; None when it was never given out or is forgotten."""
        return self._by_control_id.get(call_control_id)

    def find_leg(self, call_leg_id: str) -> Leg | None:
        """Return the leg of this call_leg_id, if it is kept."""
        return self._by_leg_id.get(call_leg_id)

    def live(self) -> list[Leg]:
        """Return the live legs, oldest first."""
        return list(self._live.values())

    @property
    def live_count(self) -> int:
        """How many legs ring or talk now."""
        return len(self._live)

    def all(self) -> Iterator[Leg]:
        """Yield every leg that is kept, in the order they were made."""
        return iter(tuple(self._by_control_id.values()))

    def changed_since(self, revision: int) -> list[Leg]:
        """Return the legs changed after this revision, in the order of their change."""
        fresh: list[Leg] = []
        for leg in reversed(self._touched.values()):
            if leg.revision <= revision:
                break
            fresh.append(leg)
        return fresh[::-1]

    def _forget(self, leg: Leg) -> None:
        self._by_control_id.pop(leg.call_control_id, None)
        self._by_leg_id.pop(leg.call_leg_id, None)
        self._touched.pop(leg.call_control_id, None)
        if leg.queue_place is not None:
            leg.queue_place.forget()
