"""Running totals that outlive the calls they count."""

from __future__ import annotations

from collections import Counter, OrderedDict

_MAX_LABELS = 1_000
_MAX_NAMES = 500_000


class Counters:
    """Totals by name; beyond a thousand labels of one name, new ones count as `other`."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._labelled: dict[str, Counter[str]] = {}

    def add(self, name: str, label: str | None = None) -> None:
        """Count one more."""
        if label is None:
            self._totals[name] += 1
        else:
            labels = self._labelled.setdefault(name, Counter())
            labels[label if label in labels or len(labels) < _MAX_LABELS else "other"] += 1

    def as_json(self) -> dict[str, object]:
        """Return all totals, ready for JSON."""
        return {**self._totals, **{name: dict(labels) for name, labels in self._labelled.items()}}


class Tally:
    """Counts per phone number; beyond half a million, the one seen longest ago is forgotten."""

    def __init__(self, *, maximum: int = _MAX_NAMES) -> None:
        self._max = maximum
        self._seen: OrderedDict[str, int] = OrderedDict()

    def next(self, name: str) -> int:
        """Return the count so far, and count one more."""
        before = self._seen.get(name, 0)
        self._seen[name] = before + 1
        self._seen.move_to_end(name)
        if len(self._seen) > self._max:
            self._seen.popitem(last=False)
        return before

    def as_json(self) -> dict[str, int]:
        """Return the counts, ready for JSON."""
        return dict(self._seen)
