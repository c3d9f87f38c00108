"""Every known leg: live ones, and those that ended recently."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Iterator

from simulator.state.counters import Tally
from simulator.state.leg import Leg

READABLE_S = 600.0


class LegRegistry:
    """Keeps live legs and at most `keep` ended ones for ten minutes of real time; counts calls by number."""

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
        """Add a leg that starts ringing."""
        self._by_control_id[leg.call_control_id] = leg
        self._by_leg_id[leg.call_leg_id] = leg
        self._live[leg.call_control_id] = leg
        self.touch(leg)

    def nth_call(self, number: str) -> int:
        """Return the number of earlier legs to this number, and count one more."""
        return self._calls.next(number)

    def nth_request(self, number: str) -> int:
        """Return the number of earlier dial requests to this number, and count one more."""
        return self._requests.next(number)

    def nth_incoming(self, number: str) -> int:
        """Return the number of earlier incoming calls from this number, and count one more."""
        return self._incoming.next(number)

    @property
    def calls_by_number(self) -> dict[str, int]:
        """The number of legs to each number since the start."""
        return self._calls.as_json()

    def touch(self, leg: Leg) -> None:
        """Mark the leg as changed, for reads with `since`."""
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
        """Forget legs that ended too long ago, and the oldest beyond the limit."""
        oldest = time.monotonic() - READABLE_S
        while self._ended and (len(self._ended) > self._keep or self._ended[0][0] < oldest):
            self._forget(self._ended.popleft()[1])

    def find(self, call_control_id: str) -> Leg | None:
        """Return the leg with this call_control_id; None when it is unknown or forgotten."""
        return self._by_control_id.get(call_control_id)

    def find_leg(self, call_leg_id: str) -> Leg | None:
        """Return the leg with this call_leg_id; None when it is unknown or forgotten."""
        return self._by_leg_id.get(call_leg_id)

    def live(self) -> list[Leg]:
        """Return the live legs, oldest first."""
        return list(self._live.values())

    @property
    def live_count(self) -> int:
        """The number of live legs."""
        return len(self._live)

    def all(self) -> Iterator[Leg]:
        """Yield every known leg, oldest first."""
        return iter(tuple(self._by_control_id.values()))

    def changed_since(self, revision: int) -> list[Leg]:
        """Return the legs changed after this revision, in order of change."""
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
