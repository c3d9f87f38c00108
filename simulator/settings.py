"""The simulator's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.callees.callee import Kind
from simulator.callees.population import DEFAULT_MIX
from simulator.state.faults import Faults

StreamFrames = Literal["today", "older"]


class Settings(BaseModel):
    """All settings; None for a key or a connection, and 0 for a limit, disables the check.

    `webhook_timeout` 0 is the carrier's default of two seconds, `patience` 0 each person's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    public_url: str | None = None
    webhook_url: str | None = None
    webhook_failover_url: str | None = None
    webhook_timeout: Annotated[float, Field(ge=0, le=30)] = 0
    time_scale: Annotated[float, Field(gt=0, le=10_000)] = 1.0
    seed: int = 1
    api_key: str | None = None
    connection_id: str | None = None
    caller_ids: frozenset[str] = frozenset()
    channels: Annotated[int, Field(ge=0)] = 0
    dials_per_5s: Annotated[int, Field(ge=0)] = 150
    mix: dict[Kind, Annotated[float, Field(ge=0)]] = {Kind(name): weight for name, weight in DEFAULT_MIX.items()}
    cards: bool = False
    call_cost: bool = False
    stream_frames: StreamFrames = "today"
    patience: Annotated[float, Field(ge=0, le=86_400)] = 0
    first_command_timeout: Annotated[float, Field(ge=0, le=600)] = 0
    keep_bodies: bool = False
    keep_calls: Annotated[int, Field(ge=0)] = 20_000
    signing_seed: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    faults: Faults = Faults()


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets given as environment variables, which process lists do not show."""
    named = {"api_key": "SIMULATOR_API_KEY", "signing_seed": "SIMULATOR_SIGNING_SEED"}
    return {name: environment[variable] for name, variable in named.items() if environment.get(variable)}


def parse_mix(text: str) -> dict[Kind, float]:
    """Return the weights of `human=45,machine=20,…`; raises ValueError that names the invalid part."""
    mix: dict[Kind, float] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, weight = part.partition("=")
        try:
            mix[Kind(name.strip())] = float(weight)
        except ValueError as err:
            raise ValueError(f"{part!r}: write KIND=WEIGHT, with a kind of {', '.join(Kind)}") from err
    if not sum(mix.values()) > 0 or min(mix.values()) < 0:
        raise ValueError(f"{text!r} has no weight above zero")
    return mix
