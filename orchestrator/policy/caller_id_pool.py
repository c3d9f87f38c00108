"""A pool of caller ids: its numbers, how one is chosen for a contact, how often each is dialed from, when it rests."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from orchestrator.bounds import DialsPerCallerId
from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.caller_id_index import CallerIdIndex
from orchestrator.policy.campaign_rules import MOST_CALLER_IDS, Name
from orchestrator.policy.durations import Duration
from orchestrator.policy.phone.caller_id_field import CallerId
from orchestrator.policy.phone.parse_phone import is_region
from orchestrator.policy.region_codes import RegionProblem, read_region

MOST_JUDGED = 500
"""The newest calls of a number that its health is judged by, at most."""

_REGION = re.compile(r"[A-Z]{2}(?:-[A-Z]{2,3})?", re.ASCII)


def _known_region(region: str) -> str:
    read = read_region(region) if "-" in region else region.upper()
    if isinstance(read, RegionProblem):
        raise PydanticCustomError("unknown_region", "{why}", {"why": read.detail})
    if not _REGION.fullmatch(read) or not is_region(read[:2]):
        raise PydanticCustomError("unknown_region", "write a country such as US, or one with its state such as US-FL")
    return read


def _as_a_rest(rest: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= rest <= timedelta(days=30):
        raise PydanticCustomError("rest", "a rest lasts 1m to 30d")
    return rest


_WRITTEN = {"pattern": "^[A-Za-z]{2}(?:-[A-Za-z]{2,3})?$"}
Place = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra=_WRITTEN)]
Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
Cap = Annotated[DialsPerCallerId, Field(strict=True)]
Rest = Annotated[Duration, AfterValidator(_as_a_rest)]


class PoolNumber(BaseModel):
    """A number of a pool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: CallerId
    regions: Annotated[tuple[Place, ...], Field(max_length=100)] = Field(
        (), description="Whose people see it first under `local_then_sticky`, such as `US-FL`. Left out: its own place."
    )
    label: Name | None = None


class Health(BaseModel):
    """When a number goes to rest, by its calls of the last 24 hours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_calls: Annotated[int, Field(ge=1, le=MOST_JUDGED, strict=True)] = Field(
        50, description="With fewer ended calls it is not judged."
    )
    answer_rate_below: Share = Field(
        0.5, description="It rests when its answer rate is below this share of the median of the pool's numbers."
    )
    short_call_share: Share = Field(
        0.6, description="It rests when more than this share of its answered calls lasted less than 6 s."
    )


def _each_once(numbers: tuple[PoolNumber, ...]) -> tuple[PoolNumber, ...]:
    if not 1 <= len(numbers) <= MOST_CALLER_IDS:
        raise PydanticCustomError("numbers", f"1 to {MOST_CALLER_IDS} numbers of your account")
    seen: set[str] = set()
    for each in numbers:
        if each.number in seen:
            raise PydanticCustomError("numbers", "{number} stands in it twice", {"number": each.number})
        seen.add(each.number)
    return numbers


Numbers = Annotated[
    tuple[PoolNumber, ...],
    AfterValidator(_each_once),
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST_CALLER_IDS}),
]


class NewCallerIdPool(BaseModel):
    """The body of POST /v1/caller-id-pools."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    numbers: Numbers
    choose: Choose = Choose.STICKY
    per_day: Cap = Field(75, description="Dials from each number in 24 h, all campaigns and single calls together.")
    per_hour: Cap = Field(20, description="Dials from each number in an hour, all campaigns and single calls together.")
    rest: Rest = Field(timedelta(hours=24), description="How long a number rests.")
    health: Health = Health()


class CallerIdPoolChanges(BaseModel):
    """The body of PATCH /v1/caller-id-pools/{id}: only what is given is changed, `numbers` and `health` as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = None
    numbers: Numbers | None = None
    choose: Choose | None = None
    per_day: Cap | None = None
    per_hour: Cap | None = None
    rest: Rest | None = None
    health: Health | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Show no null: nothing can be taken away."""
        schema = handler(core_schema)
        for shape in handler.resolve_ref_schema(schema).get("properties", {}).values():
            [kind] = [kind for kind in shape.pop("anyOf") if kind != {"type": "null"}]
            shape |= kind
            del shape["default"]
        return schema

    @model_validator(mode="after")
    def _takes_nothing_away(self) -> Self:
        for field in self.model_fields_set:
            if getattr(self, field) is None:
                raise PydanticCustomError(field, "{field} cannot be null", {"field": field})
        return self


@dataclass(frozen=True, slots=True)
class CallerIdPool:
    """A stored pool, as a claim reads it."""

    numbers: CallerIdIndex
    choose: Choose
    per_day: int
    per_hour: int

    @property
    def caller_ids(self) -> tuple[str, ...]:
        """Return its numbers in E.164."""
        return self.numbers.caller_ids

    def under(self, limits: Sequence[int]) -> CallerIdPool:
        """Return the pool as it is where these caps on dials from a caller id in 24 h hold, too."""
        return replace(self, per_day=min(self.per_day, *limits)) if limits else self

    def choose_for(
        self,
        contact_id: str,
        phone: str,
        *,
        regions: Collection[str],
        resting: Collection[str] = frozenset(),
        before: str | None = None,
    ) -> str | None:
        """Return the caller id of a contact, or None if all are `resting`.

        The nearest comes first where the pool prefers it, then the one that the contact saw `before`. Those of a
        resting number are spread over the others.
        """
        is_local = self.choose is Choose.LOCAL_THEN_STICKY
        groups = self.numbers.nearest_first(phone, regions) if is_local else (self.caller_ids,)
        chosen = (self.numbers.choose(group, contact_id, resting=resting, before=before) for group in groups)
        return next((number for number in chosen if number), None)


@lru_cache(maxsize=256)
def stored_numbers(written: str) -> CallerIdIndex:
    """Return the numbers of a pool from their stored JSON text."""
    return CallerIdIndex([PoolNumber.model_validate(each) for each in json.loads(written)])
