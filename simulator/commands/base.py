"""What a command consists of: the schema of its body, the call state it needs, and its effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulator.schema.errors import (
    CarrierError,
    Problem,
    call_ended,
    invalid,
    no_audio_yet,
    not_answered,
    not_incoming,
    not_now,
)
from simulator.schema.fields import Condition, Field, check_fields
from simulator.state.leg import Leg
from simulator.world import World

Body = Mapping[str, Any]
Effect = Callable[["World", Leg, Body], Mapping[str, Any] | None]


class Needs(StrEnum):
    """The state of a leg that a command needs."""

    LIVE = "live"
    PARKED = "parked"  # an incoming call that has not been answered
    ANSWERED = "answered"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySchema:
    """The schema of a JSON body: fields, groups of which at least or at most one is allowed, and conditions."""

    fields: Mapping[str, Field]
    some_of: tuple[tuple[str, ...], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    conditions: tuple[Condition, ...] = ()

    def check(self, body: Body) -> None:
        """Raise CarrierError (422) with everything that is invalid."""
        problems = [*check_fields(self.fields, body, conditions=self.conditions), *self._groups(body)]
        if problems:
            raise invalid(problems)

    def unknown(self, body: Body) -> list[str]:
        """Return the field names that the carrier does not know, and ignores."""
        return [name for name in body if name not in self.fields]

    def _groups(self, body: Body) -> Iterator[Problem]:
        for group in self.some_of:
            if all(body.get(name) is None for name in group):
                detail = f"One of {', '.join(group)} is required."
                yield Problem("10004", "Missing required parameter", detail, f"/{group[0]}")
        for group in self.one_of:
            given = [name for name in group if body.get(name) is not None]
            for name in given[1:]:
                detail = f"Only one of {', '.join(group)} may be given."
                yield Problem("10015", "Invalid parameter", detail, f"/{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One action on a leg; the effect may raise CarrierError and may add fields to the response's `data`."""

    action: str
    schema: BodySchema
    effect: Effect
    needs: Needs = Needs.ANSWERED
    method: str = "POST"

    @property
    def is_deduplicated(self) -> bool:
        """Whether a repeated command_id is recognized; client_state_update has none."""
        return "command_id" in self.schema.fields

    def check_state(self, leg: Leg) -> None:
        """Raise CarrierError (422) when the leg is not in the state that the command needs."""
        refusal = self._refusal(leg)
        if refusal is not None:
            raise refusal

    def _refusal(self, leg: Leg) -> CarrierError | None:
        if not leg.is_live:
            return call_ended()
        if self.needs is Needs.PARKED:
            return _unless_parked(leg)
        if self.needs is Needs.LIVE or leg.is_answered:
            return None
        return no_audio_yet() if self.needs is Needs.AUDIO else not_answered()


def _unless_parked(leg: Leg) -> CarrierError | None:
    if not leg.is_incoming:
        return not_incoming()
    return not_now("The call has been answered already.") if leg.is_answered else None
