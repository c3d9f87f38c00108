"""The shape of a check of the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from orchestrator.policy.gate.answers import Hold, Never
from orchestrator.policy.gate.facts import GateFacts

Facts = Mapping[str, Any]
"""What a check was judged by, for people: JSON values, times and spans of time."""


class Source(NamedTuple):
    """Where a rule is written: the law or the page, the day on which it was read, and how sure that is."""

    source: str
    as_of: date
    confidence: str


class Check(NamedTuple):
    """One thing that the gate asks: its name, the verdict, and what it was judged by.

    `judge` returns None where nothing stands in the way; `facts` and `sources` are called for an explanation only.
    """

    name: str
    judge: Callable[[GateFacts, datetime], Hold | Never | None]
    facts: Callable[[GateFacts, datetime], Facts]
    sources: Callable[[GateFacts], Sequence[Source]] = lambda _facts: ()
