"""Erases the personal data of a contact or a number everywhere; the ledger of its calls stays."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import Connection, Engine, Row

from orchestrator.errors import Conflict, NotFound, StoreUnavailable
from orchestrator.media.capture_files import FOLDER, erase_captures
from orchestrator.model.contact_status import CLAIMABLE, FINAL_STATUSES, ContactStatus
from orchestrator.operations.recordings.fetch_recordings import clear_erased, remove_files
from orchestrator.recordings.archive import Archive
from orchestrator.store.redis.aof_rewrite import owe_rewrite
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.personal_keys import erase_keys
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.erased_calls import (
    ERASED,
    contacts_with,
    lock_calls,
    lock_calls_with,
    lock_contacts,
    with_joined,
)
from orchestrator.store.sql.opt_outs import be_the_one_writer
from orchestrator.store.sql.personal_columns import Person, erase_columns
from orchestrator.store.sql.recordings import erased_recordings
from orchestrator.store.sql.tallies import forget_answers
from orchestrator.store.timeouts import SWEEPING

log = logging.getLogger(__name__)

_SLACK_S = 60.0
_DETAIL = "A call with this person is under way; cancel the contact and erase it when the call has ended."


@dataclass(frozen=True)
class Erasure:
    """The number of contacts and calls of a person."""

    contacts: int
    calls: int


def erase_contact(
    contact_id: str, *, sql: Engine, client: redis.Redis, keys: Keys, archive: Archive, data_dir: Path
) -> Erasure:
    """Erase the personal data of a contact and its calls; rows, results and times stay as the ledger.

    Later webhooks of its calls are recorded without personal data. Safe to repeat. Raises NotFound, and Conflict while
    a call with it is under way.
    """
    with sql.begin() as tx:
        person = _lock_person(tx, [contact_id])
        if contact_id not in person.contact_ids:
            raise NotFound("contact", contact_id)
        recordings = _erase(tx, person, client=client, keys=keys, data_dir=data_dir)
    _remove_files(recordings, sql=sql, archive=archive)
    return Erasure(len(person.contact_ids), len(person.call_ids))


def erase_number(
    phone: str, *, sql: Engine, client: redis.Redis, keys: Keys, archive: Archive, data_dir: Path
) -> Erasure:
    """Erase the data of a number: contacts in every campaign, single calls, inbound calls. Safe to repeat.

    Raises Conflict while a call with it is under way.
    """
    with sql.begin() as tx:
        person = _lock_person(tx, contacts_with(tx, phone), phone=phone)
        recordings = _erase(tx, person, client=client, keys=keys, data_dir=data_dir)
    _remove_files(recordings, sql=sql, archive=archive)
    return Erasure(len(person.contact_ids), len(person.call_ids))


def erase_aged_contacts(
    contact_ids: Sequence[str], *, sql: Engine, client: redis.Redis, keys: Keys, archive: Archive, data_dir: Path
) -> int:
    """Erase contacts that are older than they are to be kept, and their calls; return how many.

    One with whom a call is under way is left for another time, and so are the words of opt-outs. Safe to repeat.
    """
    stores: dict[str, Any] = {"sql": sql, "client": client, "keys": keys, "archive": archive, "data_dir": data_dir}
    try:
        _erase_together(lambda tx: _lock_person(tx, contact_ids), **stores)
    except Conflict:
        if len(contact_ids) == 1:
            return 0
        return sum(erase_aged_contacts([contact_id], **stores) for contact_id in contact_ids)
    return len(contact_ids)


def erase_aged_calls(
    call_ids: Sequence[str], *, sql: Engine, client: redis.Redis, keys: Keys, archive: Archive, data_dir: Path
) -> int:
    """Erase calls that are older than they are to be kept; their contacts stay. Returns how many. Safe to repeat."""
    stores: dict[str, Any] = {"client": client, "keys": keys, "archive": archive, "data_dir": data_dir}
    _erase_together(lambda tx: _calls_alone(lock_calls(tx, call_ids)), sql=sql, **stores)
    return len(call_ids)


def _erase_together(
    find: Callable[[Connection], Person],
    *,
    sql: Engine,
    client: redis.Redis,
    keys: Keys,
    archive: Archive,
    data_dir: Path,
) -> None:
    with sql.begin() as tx:
        allow(tx, SWEEPING)
        person = replace(find(tx), keeps_opt_outs=True)
        recordings = _erase(tx, person, client=client, keys=keys, data_dir=data_dir)
    _remove_files(recordings, sql=sql, archive=archive)


def _calls_alone(calls: Sequence[Row[Any]]) -> Person:
    legs = [leg for call in calls for leg in (call.call_control_id, call.call_leg_id, call.call_session_id) if leg]
    return Person([], [call.id for call in calls if not call.is_under_way], [], [], legs, [])


def _lock_person(tx: Connection, contact_ids: Sequence[str], *, phone: str | None = None) -> Person:
    calls = lock_calls_with(tx, with_joined(tx, contact_ids))
    contacts = lock_contacts(tx, sorted({*contact_ids, *(call.contact_id for call in calls)}))
    calling = [contact for contact in contacts if contact.status == ContactStatus.CALLING]
    # A test call may have copied their values until the contacts were locked.
    is_copied = not {*with_joined(tx, contact_ids)} <= {contact.id for contact in contacts}
    if calling or is_copied or any(call.is_under_way for call in calls):
        status = calling[0].status if calling else None
        raise Conflict("call_in_progress", _DETAIL, status=status, allowed=(*CLAIMABLE, *FINAL_STATUSES))
    return _person(contacts, calls, phone, testers=_testers(calls, contact_ids))


def _testers(calls: Sequence[Row[Any]], contact_ids: Sequence[str]) -> set[str]:
    """Return the hidden contacts of test calls with the values of these contacts: their numbers are somebody else's."""
    tests = [call for call in calls if call.direction == "outbound" and call.joined_contact_id in contact_ids]
    return {call.contact_id for call in tests} - {*contact_ids}


def _person(
    contacts: Sequence[Row[Any]], calls: Sequence[Row[Any]], phone: str | None, *, testers: Collection[str]
) -> Person:
    numbers = {contact.phone for contact in contacts if contact.id not in testers} | ({phone} if phone else set())
    legs = [leg for call in calls for leg in (call.call_control_id, call.call_leg_id, call.call_session_id) if leg]
    return Person(
        contact_ids=[contact.id for contact in contacts],
        call_ids=[call.id for call in calls],
        numbers=sorted(number for number in numbers if not number.startswith(ERASED)),
        external_ids=[contact.external_id for contact in contacts if contact.external_id],
        legs=legs,
        campaign_ids=None if phone else sorted({contact.campaign_id for contact in contacts}),
    )


def _erase(tx: Connection, person: Person, *, client: redis.Redis, keys: Keys, data_dir: Path) -> Sequence[Row[Any]]:
    """Clear all stores; return the recordings whose files are to be removed once this is committed.

    SQL is cleared last: as long as it knows the person, a repeat after a crash finds everything again.
    """
    for call_id in person.call_ids:
        erase_captures(data_dir / FOLDER, call_id)
    gone_after_s = erase_keys(client, keys, person)
    owe_rewrite(client, keys)
    if gone_after_s:
        owe_rewrite(client, keys, after_s=gone_after_s + _SLACK_S)
    if not person.keeps_opt_outs:
        be_the_one_writer(tx)  # behind calls and contacts, as the record of a call
    erase_columns(tx, person)
    forget_answers(tx, person.call_ids)
    return erased_recordings(tx, person.call_ids)


def _remove_files(recordings: Sequence[Row[Any]], *, sql: Engine, archive: Archive) -> None:
    """Remove the files that can be removed now; the fetch loop removes the others later."""
    for row in recordings:
        try:
            if row.lease is None:
                clear_erased(sql, archive, row)
            else:
                remove_files(archive, row)
        except StoreUnavailable as err:
            log.warning("a recording that was erased is not yet removed: %s", err)
