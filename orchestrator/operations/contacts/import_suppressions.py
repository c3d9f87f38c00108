"""Suppresses the numbers of a file: once it has returned, nothing is dialed to any of them (R9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice

import redis
from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows, Row
from orchestrator.contact_files.file_account import ERRORS_KEPT, FileAccount
from orchestrator.model.contact_status import ContactStatus
from orchestrator.operations.contacts.end_suppressed import end_suppressed
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_at_once
from orchestrator.operations.contacts.suppress_number import API, GLOBAL, IN_THE_PAST
from orchestrator.operations.dialing.drain_dials import drain_dials
from orchestrator.operations.dialing.release_attempts import ReleaseReason
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.names import unseen_in
from orchestrator.policy.phone.parse_phone import read_phone
from orchestrator.policy.timestamps import format_timestamp, parse_timestamp
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import call_filters
from orchestrator.store.sql.campaigns import list_ids
from orchestrator.store.sql.opt_outs import Asked, Change, write_opt_outs

_BATCH = 1_000
_RELEASE = ReleaseReason(Reason.SUPPRESSED, final=ContactStatus.SUPPRESSED, counts=False)


@dataclass(frozen=True)
class SuppressionDefaults:
    """The values of empty cells, the author of the requests, and how to read the file (as in `ImportOptions`)."""

    scope: str = GLOBAL
    reason: str = "imported"
    region: str | None = None
    by: str = API
    mapping: str | None = None
    encoding: str | None = None


@dataclass
class SuppressedFile(FileAccount):
    """What became of a file and its rows.

    `changes` counts the numbers of accepted rows by their change; one that is repeated in the file counts as kept.
    """

    changes: Counter[Change] = field(default_factory=Counter)


def suppress_many(
    file: WholeFile, defaults: SuppressionDefaults, *, sql: Engine, client: redis.Redis, keys: Keys, clock: Clock
) -> SuppressedFile:
    """Suppress every good row of `file`: column `phone`, optional `scope`, `reason`, `expires_at`.

    Raises InvalidInput for a header that cannot be used. Safe to repeat: a row only ever lengthens the suppression
    of its number.
    """
    done = SuppressedFile()
    form = ContactForm(optional=("scope", "reason", "expires_at"), region=defaults.region)
    read_row = partial(_read, defaults=defaults, scopes=_known_scopes(sql), now=clock())
    numbered = iter(CsvRows(file, form, mapping=defaults.mapping, encoding=defaults.encoding))
    while batch := list(islice(numbered, _BATCH)):
        read = [(number, read_row(row)) for number, row in batch]
        wrong = [(number, problem) for number, problem in read if isinstance(problem, ContactProblem)]
        good = [(number, wishes) for number, wishes in read if not isinstance(wishes, ContactProblem)]
        noted = [(number, _note(wishes)) for number, wishes in good if len(wishes) > 1]
        done.changes += _write(sql, [wish for _, wishes in good for wish in wishes])
        done.rows += len(batch)
        done.accepted += len(good)
        for number, problem in wrong:
            done.refuse(number, problem)
        done.notes += noted[: ERRORS_KEPT - len(done.notes)]
    hang_up_at_once(sql, client, keys)
    _drain_suppressed(sql, client, keys)
    return done


def _known_scopes(sql: Engine) -> frozenset[str]:
    with sql.connect() as tx:
        return list_ids(tx) | {GLOBAL}


def _read(
    row: Row, *, defaults: SuppressionDefaults, scopes: frozenset[str], now: datetime
) -> list[Asked] | ContactProblem:
    if isinstance(row, ContactProblem):
        return row
    phones = _numbers(row.get("phone", ""), defaults.region)
    if isinstance(phones, ContactProblem):
        return phones
    scope = row.get("scope", "").strip() or defaults.scope
    if scope not in scopes:
        return ContactProblem("unknown_scope", "scope", "`global` or the id of a campaign")
    expires_at = _end(row.get("expires_at", ""), now)
    if isinstance(expires_at, ContactProblem):
        return expires_at
    reason = row.get("reason", "").strip()[:200] or defaults.reason
    if found := unseen_in(reason):
        return ContactProblem("bad_character", "reason", f"it holds {found}; write it without control characters")
    return [Asked(phone, scope, reason, asked_by=defaults.by, expires_at=expires_at) for phone in phones]


def _numbers(cell: str, region: str | None) -> tuple[str, ...] | ContactProblem:
    """Return every number that the cell may mean: one too many does no harm, a refused row protects nobody."""
    read = read_phone(cell, region)
    if isinstance(read, str):
        return (read,)
    return read.numbers or ContactProblem(read.code, "phone", read.detail)


def _note(wishes: Sequence[Asked]) -> ContactProblem:
    numbers = ", ".join(wish.phone for wish in wishes)
    return ContactProblem(
        "several_numbers", "phone", f"the cell may mean several numbers, all are suppressed: {numbers}"
    )


def _end(written: str, now: datetime) -> str | ContactProblem | None:
    if not written.strip():
        return None
    try:
        moment = parse_timestamp(written)
    except ValueError as err:
        return ContactProblem("moment", "expires_at", str(err))
    return format_timestamp(moment) if moment > now else ContactProblem("in_the_past", "expires_at", IN_THE_PAST)


def _write(sql: Engine, wishes: Sequence[Asked]) -> Counter[Change]:
    with sql.begin() as tx:
        changes = Counter(write_opt_outs(tx, wishes).values())
    end_suppressed({wish.phone for wish in wishes}, sql=sql)
    changes[Change.KEPT] += len(wishes) - changes.total()
    return changes


def _drain_suppressed(sql: Engine, client: redis.Redis, keys: Keys) -> None:
    """Withdraw attempts reserved for numbers that are suppressed now, and wait for dials under way."""
    drain_dials(call_filters.open_to_suppressed_numbers(), _RELEASE, sql=sql, client=client, keys=keys)
