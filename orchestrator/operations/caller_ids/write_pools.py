"""Creates, changes and deletes pools of caller ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns
from orchestrator.operations.dialing.drain_dials import wait_for_earlier_sends
from orchestrator.policy.caller_id_choice import Choose
from orchestrator.policy.caller_id_pool import CallerIdPoolChanges, NewCallerIdPool, PoolNumber
from orchestrator.policy.field_errors import parse_model
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.sql import caller_id_pools as pools
from orchestrator.store.sql.call_filters import from_number
from orchestrator.store.sql.campaigns import lock_campaign
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.held_contacts import release_holds

HELD_BY_CALLER_IDS = (Reason.CALLER_ID_QUOTA, Reason.CALLER_ID_RESTING)
"""The reasons that a change of caller ids may end."""

_UNITED_KINGDOM = "+44"
_MOST_NAMED = 20


def create_pool(wanted: NewCallerIdPool, *, pool_id: str, sql: Engine) -> Row[Any]:
    """Store a pool and return it; the same id again returns the stored one.

    Raises InvalidInput for numbers that may not be chosen by where the contact is.
    """
    concerns(pool_id)
    with sql.begin() as tx:
        _check_local(tx, wanted.choose, wanted.numbers)
        pools.insert_pool(tx, {**columns_of(wanted, NewCallerIdPool.model_fields), "id": pool_id})
        return found_pool(pools.find_pool(tx, pool_id), pool_id)


def change_pool(
    pool_id: str, changes: CallerIdPoolChanges, *, expects: Expects = whatever_it_is, sql: Engine
) -> Row[Any]:
    """Change the given fields and return the pool; they apply from the next claim and the next dial on.

    Contacts of its campaigns that wait for a caller id are asked about again. Raises InvalidInput as `create_pool`.
    """
    with sql.begin() as tx:
        before = _lock(tx, pool_id)
        expects(before._mapping)
        numbers = changes.numbers or tuple(numbers_of(before).values())
        _check_local(tx, changes.choose or Choose(before.choose), numbers)
        _write(tx, before, changes)
        changed = found_pool(pools.find_pool(tx, pool_id), pool_id)
    for number in numbers_of(before).keys() - numbers_of(changed).keys():
        wait_for_earlier_sends(from_number(number), sql=sql)
    return changed


def add_numbers(pool_id: str, more: Sequence[PoolNumber], *, sql: Engine) -> None:
    """Add numbers to a pool; one that is in it already is written anew. Raises InvalidInput as `create_pool`."""
    with sql.begin() as tx:
        before = _lock(tx, pool_id)
        _check_local(tx, Choose(before.choose), more)
        numbers = numbers_of(before) | {each.number: each for each in more}
        _write(tx, before, _with_numbers(numbers.values()))


def remove_number(pool_id: str, number: str, *, sql: Engine) -> None:
    """Take a number out of a pool: once this returns, no more calls are made from it. Raises NotFound for none of it.

    Raises InvalidInput for the last one: a pool without numbers can call nobody.
    """
    with sql.begin() as tx:
        before = _lock(tx, pool_id)
        numbers = numbers_of(before)
        if numbers.pop(number, None) is None:
            raise NotFound("number of this pool", number)
        _write(tx, before, _with_numbers(numbers.values()))
    wait_for_earlier_sends(from_number(number), sql=sql)


def numbers_of(pool: Row[Any]) -> dict[str, PoolNumber]:
    """Return the numbers of a pool's row, by themselves."""
    return {each["number"]: PoolNumber.model_validate(each) for each in pool.numbers}


def _with_numbers(numbers: Iterable[PoolNumber]) -> CallerIdPoolChanges:
    return parse_model(CallerIdPoolChanges, {"numbers": [each.model_dump() for each in numbers]})


def _lock(tx: Connection, pool_id: str) -> Row[Any]:
    """Lock a pool behind its campaigns, and return it: a claim that saw it as it was has held its contacts by then."""
    for campaign_id in pools.campaigns_of(tx, pool_id):
        lock_campaign(tx, campaign_id)
    return found_pool(pools.lock_pool(tx, pool_id), pool_id)


def _write(tx: Connection, before: Row[Any], changes: CallerIdPoolChanges) -> None:
    pools.update_pool(tx, before.id, columns_of(changes, changes.model_fields_set))
    release_holds(tx, pools.campaigns_of(tx, before.id), HELD_BY_CALLER_IDS)


def delete_pool(pool_id: str, *, sql: Engine) -> None:
    """Delete a pool; raise Conflict while a campaign that is not over uses it."""
    with sql.begin() as tx:
        found_pool(pools.lock_pool(tx, pool_id), pool_id)
        if users := pools.campaigns_of(tx, pool_id):
            raise Conflict("pool_in_use", f"{_named(users)} {'dials' if len(users) == 1 else 'dial'} from this pool.")
        pools.delete_pool(tx, pool_id)


def hold_pool(tx: Connection, pool_id: str | None) -> None:
    """Keep a pool as it is until the transaction ends; raise InvalidInput if there is none of this id."""
    if pool_id is not None and not pools.hold_pool(tx, pool_id):
        detail = f"there is no pool of caller ids {pool_id!r}"
        raise InvalidInput([FieldError("/caller_id_pool", "unknown_pool", detail)])


def columns_of(document: NewCallerIdPool | CallerIdPoolChanges, fields: Collection[str]) -> dict[str, Any]:
    """Return the columns of those `fields` of a request."""
    columns = document.model_dump(mode="json", include=set(fields) - {"rest"})
    if "rest" in fields and document.rest is not None:
        columns["rest_s"] = int(document.rest.total_seconds())
    return columns


def found_pool(row: Row[Any] | None, pool_id: str) -> Row[Any]:
    """Return `row`, or raise NotFound for a pool that is not there."""
    if row is None:
        raise NotFound("caller id pool", pool_id)
    return row


def _check_local(tx: Connection, choose: Choose, numbers: Sequence[PoolNumber]) -> None:
    """Raise InvalidInput for numbers that may not be chosen by where the contact is.

    A British number that is shown because it looks local misleads (Ofcom, guidance on CLI facilities). And a person who
    calls back a local number must reach somebody who says who called, and who takes an opt-out.
    """
    if choose is not Choose.LOCAL_THEN_STICKY:
        return
    answered = pools.hold_answered(tx, [each.number for each in numbers])
    wrong = [error for n, each in enumerate(numbers) if (error := _why_not_local(n, each.number, answered))]
    if wrong:
        raise InvalidInput(wrong)


def _why_not_local(place: int, number: str, answered: Collection[str]) -> FieldError | None:
    pointer = f"/numbers/{place}/number"
    if number.startswith(_UNITED_KINGDOM):
        detail = f"{number} is British: a number may not be chosen there to look local; use choose: sticky"
        return FieldError(pointer, "local_not_allowed", detail)
    if number not in answered:
        detail = (
            f"no flow answers {number}: who calls a local number back must reach you; "
            "map it with POST /v1/numbers, or use choose: sticky"
        )
        return FieldError(pointer, "number_not_answered", detail)
    return None


def _named(campaign_ids: Sequence[str]) -> str:
    more = len(campaign_ids) - _MOST_NAMED
    return ", ".join(campaign_ids[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
