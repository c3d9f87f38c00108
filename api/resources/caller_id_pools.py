"""Pools of caller ids: which numbers people see, how often each is dialed from, and when it rests."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.etags import expected, tagged
from api.http.idempotency import fresh_id
from api.http.pagination import Page, PageQuery, cut_page
from api.http.responses import Tagged, answer, nothing
from api.http.routes import Resource
from orchestrator.operations.caller_ids.find_pools import MOST_COUNTED, NumberNow, PoolNow, find_pool, list_pools
from orchestrator.operations.caller_ids.write_pools import (
    add_numbers,
    change_pool,
    create_pool,
    delete_pool,
    remove_number,
)
from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.caller_id_pool import (
    CallerIdPoolChanges,
    Health,
    NewCallerIdPool,
    Numbers,
)
from orchestrator.policy.durations import Duration
from orchestrator.policy.phone.field import Number
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("caller id pools")

_EDITED = ("name", "numbers", "choose", "per_day", "per_hour", "rest_s", "health", "updated_at")


class RestedFor(BaseModel):
    """Why a number rests: the figures of its last 24 hours, and what they were held against."""

    code: Literal["answer_rate", "short_calls"]
    detail: str
    calls: int = Field(description="Its ended calls.")
    answer_rate: float = Field(description="The share of these that were answered.")
    pool_median: float | None = Field(description="The median answer rate of the pool's numbers.")
    short_call_share: float = Field(description="The share of its answered calls that lasted less than 6 s.")
    at: Moment


class PoolNumberView(BaseModel):
    """A number of a pool, as it stands."""

    number: str
    regions: list[str]
    label: str | None
    dials_today: int = Field(description=f"Its dials of the last 24 hours; over {MOST_COUNTED} only as far as capped.")
    dials_last_hour: int
    room_today: int = Field(description="How many more dials it may make now.")
    resting_until: Moment | None
    resting_because: RestedFor | None
    attestation: Literal["owned", "verified", "unknown"] = Field(
        description="What the carrier says: an `owned` number is attested A, a `verified` one B."
    )


class CallerIdPoolView(Tagged):
    """A pool of caller ids."""

    id: str
    name: str
    numbers: list[PoolNumberView]
    choose: Choose
    per_day: int
    per_hour: int
    rest: Duration
    health: Health
    created_at: Moment
    updated_at: Moment


class CallerIdPoolQuery(PageQuery):
    """Which pools to list."""

    ids = "pool_"

    name: str | None = None


class MoreNumbers(BaseModel):
    """Numbers to add to a pool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    numbers: Numbers


class OneNumber(BaseModel):
    """A number of a pool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Number


def _number(number: NumberNow) -> dict[str, Any]:
    rests = number.use.rests(number.now)
    return {
        **number.number,
        "dials_today": number.use.dials_day,
        "dials_last_hour": number.use.dials_hour,
        "room_today": 0 if rests else number.use.room,
        "resting_until": number.use.resting_until if rests else None,
        "resting_because": number.rested_for if rests else None,
        "attestation": number.attestation or "unknown",
    }


def _view(pool: PoolNow) -> CallerIdPoolView:
    numbers = [_number(number) for number in pool.numbers]
    view = CallerIdPoolView.model_validate({**pool.row._mapping, "numbers": numbers, "rest": f"{pool.row.rest_s}s"})
    return tagged(view, pool.row._mapping, _EDITED)


@resource.route(
    "POST",
    "/v1/caller-id-pools",
    body=NewCallerIdPool,
    gives={201: CallerIdPoolView},
    fails=(422,),
    idempotency="optional",
)
def create(services: Services, body: NewCallerIdPool) -> Response:
    """Create a pool.

    A contact sees the same number at every attempt, as far as its caps and its rest allow. `local_then_sticky` prefers
    a number of the contact's region, then of its area code; each number must then be mapped to a flow
    (`POST /v1/numbers`), and none may be British.
    """
    row = create_pool(body, pool_id=fresh_id("pool"), sql=services.sql)
    return answer(_view(find_pool(row.id, sql=services.sql)), 201)


@resource.route(
    "GET", "/v1/caller-id-pools", query=CallerIdPoolQuery, gives={200: Page[CallerIdPoolView]}, fails=(422,)
)
def index(services: Services, query: CallerIdPoolQuery) -> Page[CallerIdPoolView]:
    """List pools, newest first."""
    found = list_pools(query.filters(), after=query.after, limit=query.limit, sql=services.sql)
    return cut_page(found, query, shape=_view)


@resource.route("GET", "/v1/caller-id-pools/{pool_id}", gives={200: CallerIdPoolView}, fails=(404,))
def show(services: Services, pool_id: str) -> CallerIdPoolView:
    """Show a pool, with what was dialed from each number and whether it rests."""
    return _view(find_pool(pool_id, sql=services.sql))


@resource.route(
    "PATCH",
    "/v1/caller-id-pools/{pool_id}",
    body=CallerIdPoolChanges,
    gives={200: CallerIdPoolView},
    fails=(404, 422),
)
def change(services: Services, pool_id: str, body: CallerIdPoolChanges) -> CallerIdPoolView:
    """Change a pool, also while campaigns dial from it; `numbers` and `health` are replaced as a whole.

    From a number that is taken out no more calls are made.
    """
    change_pool(pool_id, body, expects=expected(_EDITED), sql=services.sql)
    return _view(find_pool(pool_id, sql=services.sql))


@resource.route("DELETE", "/v1/caller-id-pools/{pool_id}", gives={204: None}, fails=(404, 409))
def remove(services: Services, pool_id: str) -> Response:
    """Delete a pool; refused with `pool_in_use` while a campaign that is not over dials from it."""
    delete_pool(pool_id, sql=services.sql)
    return nothing()


@resource.route(
    "POST",
    "/v1/caller-id-pools/{pool_id}/numbers",
    body=MoreNumbers,
    gives={200: CallerIdPoolView},
    fails=(404, 422),
)
def add(services: Services, pool_id: str, body: MoreNumbers) -> CallerIdPoolView:
    """Add numbers to a pool, also while campaigns dial from it; one that is in it already is written anew."""
    add_numbers(pool_id, body.numbers, sql=services.sql)
    return _view(find_pool(pool_id, sql=services.sql))


@resource.route(
    "DELETE",
    "/v1/caller-id-pools/{pool_id}/numbers",
    query=OneNumber,
    gives={200: CallerIdPoolView},
    fails=(404, 422),
)
def take_out(services: Services, pool_id: str, query: OneNumber) -> CallerIdPoolView:
    """Take a number out of a pool: no more calls are made from it. The last one stays."""
    remove_number(pool_id, query.number, sql=services.sql)
    return _view(find_pool(pool_id, sql=services.sql))
