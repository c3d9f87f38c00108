"""Injected faults: probabilities and delays, for all numbers or one, changeable while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.seeded_random import SeededRandom

Probability = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[int, Field(ge=0, le=600_000)]


class RequestFault(StrEnum):
    """A fault of one request; with `_before` it was not executed."""

    REFUSE_429 = "refuse_429"
    ERROR_BEFORE = "error_before"
    RESET_BEFORE = "reset_before"
    HANG_BEFORE = "hang_before"
    ERROR_AFTER = "error_after"
    RESET_AFTER = "reset_after"
    HANG = "hang"


class ForcedHangup(BaseModel):
    """A hangup instead of an answer: the fields of `call.hangup`; `code` is that of its `telnyx_error`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cause: str = "unspecified"
    sip: str = "unspecified"
    source: Literal["caller", "callee", "unknown"] = "unknown"
    code: str | None = None


class Faults(BaseModel):
    """One set of faults; delays are in real time, never scaled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    refuse_429: Probability = 0.0
    error_before: Probability = 0.0
    reset_before: Probability = 0.0
    hang_before: Probability = 0.0
    error_after: Probability = 0.0
    reset_after: Probability = 0.0
    hang: Probability = 0.0
    error_status: Literal[500, 502, 503, 504] = 500
    hang_s: Annotated[float, Field(ge=0, le=600)] = 30.0
    refuse: str | None = Field(default=None, pattern=r"^D\d{1,3}$")
    on: frozenset[Literal["dial", "actions"]] = frozenset({"dial", "actions"})
    dial_latency_ms: Milliseconds = 0
    action_latency_ms: Milliseconds = 0
    webhook_repeat: Probability = 0.0
    webhook_delay: Probability = 0.0
    webhook_delay_ms: Milliseconds = 2_000
    webhook_reorder: Probability = 0.0
    webhook_lose: Probability = 0.0
    never_tell_hangup: Probability = 0.0
    ends: ForcedHangup | None = None
    recording_error: Probability = 0.0
    deepfake_error: Probability = 0.0
    stream_error: Literal[100002, 100003, 100004, 100005] | None = None
    numbers: dict[str, dict[str, Any]] = {}

    def for_number(self, number: str) -> Faults:
        """Return the faults of this number: the common ones, overridden by its own."""
        own = self.numbers.get(number)
        return self if own is None else self.amended(own)

    def amended(self, own: Mapping[str, Any]) -> Faults:
        """Return this set overridden by other values; raises pydantic's ValidationError."""
        return Faults.model_validate({**self.model_dump(exclude={"numbers"}), **own})

    def request_fault(
        self, random: SeededRandom, kind: Literal["dial", "actions"], *key: object
    ) -> RequestFault | None:
        """Return the fault of this request, the first that is drawn; None for none."""
        if kind not in self.on:
            return None
        return next((t for t in RequestFault if random.happens(getattr(self, t), t, *key)), None)


class InvalidFaults(ValueError):
    """Raised when a set of faults is invalid; its text names the field, also below `numbers`, and the known ones."""


def parse_faults(text: str | bytes) -> Faults:
    """Return the set that this JSON describes; raises InvalidFaults."""
    try:
        faults = Faults.model_validate_json(text)
        for number in faults.numbers:
            _check_number(faults, number)
    except ValidationError as err:
        raise InvalidFaults(_describe(err)) from err
    return faults


def _check_number(faults: Faults, number: str) -> None:
    try:
        faults.for_number(number)
    except ValidationError as err:
        raise InvalidFaults(f"numbers.{number}: {_describe(err)}") from err


def _describe(err: ValidationError) -> str:
    return "; ".join(_line(".".join(map(str, e["loc"])), e["type"], e["msg"]) for e in err.errors())


def _line(name: str, kind: str, message: str) -> str:
    if kind != "extra_forbidden":
        return f"{name}: {message}" if name else message
    near = get_close_matches(name, Faults.model_fields, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(Faults.model_fields)}"
    return f"{name}: there is no such fault; {hint}"


class ActiveFaults:
    """The faults in force; sets of single numbers are validated when they are set."""

    def __init__(self, faults: Faults, *, of_test_number: Callable[[str], Mapping[str, Any]]) -> None:
        self._of_test_number = of_test_number
        self.replace(faults)

    def replace(self, faults: Faults) -> None:
        """Use this set from now on; raises pydantic's ValidationError when the set of a number is invalid."""
        self._numbers = {number: faults.for_number(number) for number in faults.numbers}
        self._faults = faults

    @property
    def current(self) -> Faults:
        """The set in force."""
        return self._faults

    def of(self, number: str) -> Faults:
        """Return the faults of a number: the common set, its own, and those of its test number."""
        faults = self._numbers.get(number, self._faults)
        own = self._of_test_number(number)
        return faults.amended(own) if own else faults
