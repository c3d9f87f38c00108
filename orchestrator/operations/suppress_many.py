"""Suppresses the numbers of a file: after it returns, nothing is sent to any of them (R9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from orchestrator.ids import new_id
from orchestrator.operations.quiesce import quiesce
from orchestrator.operations.withdraw_calls import WayBack
from orchestrator.policy.byte_lines import Readable
from orchestrator.policy.contact_rows import ContactForm, ContactProblem
from orchestrator.policy.csv_rows import CsvRows, Row
from orchestrator.policy.moments import format_moment, parse_moment
from orchestrator.policy.names import unseen_in
from orchestrator.policy.phone import PhoneProblem, read_phone
from orchestrator.policy.reasons import FinalStatus, Reason
from orchestrator.store import queries_suppressions
from orchestrator.store.tables import calls, campaigns, suppressions

if TYPE_CHECKING:
    from orchestrator.wiring import House

_BATCH = 1_000
_ERRORS_TOLD = 100
_GLOBAL = "global"
_WAY_BACK = WayBack(Reason.SUPPRESSED, final=FinalStatus.SUPPRESSED, counts=False)


@dataclass(frozen=True)
class SuppressionDefaults:
    """What a row's empty cells mean."""

    scope: str = _GLOBAL
    reason: str = "imported"
    region: str | None = None


@dataclass
class SuppressedFile:
    """What became of a file's rows; `errors` are the first 100: (row, problem)."""

    rows: int = 0
    accepted: int = 0
    invalid: int = 0
    errors: list[tuple[int, ContactProblem]] = field(default_factory=list)


def suppress_many(house: House, file: Readable, defaults: SuppressionDefaults) -> SuppressedFile:
    """Suppress every good row of `file`: column `phone`, optional `scope`, `reason`, `expires_at`.

    Raises InvalidInput for a header that cannot be used. Safe to repeat: a row changes what stands for its number.
    """
    done = SuppressedFile()
    form = ContactForm(optional=("scope", "reason", "expires_at"), region=defaults.region)
    scopes = _known_scopes(house)
    numbered = iter(CsvRows(file, form))
    while batch := list(islice(numbered, _BATCH)):
        read = [(number, _read(row, defaults, scopes)) for number, row in batch]
        wrong = [(number, problem) for number, problem in read if isinstance(problem, ContactProblem)]
        good = [values for _, values in read if isinstance(values, dict)]
        _write(house, good)
        done.rows += len(batch)
        done.accepted += len(good)
        done.invalid += len(wrong)
        done.errors += wrong[: _ERRORS_TOLD - len(done.errors)]
    _settle_sends(house)
    return done


def _known_scopes(house: House) -> frozenset[str]:
    with house.sql.connect() as connection:
        known = connection.execute(select(campaigns.c.id).where(campaigns.c.kind == "campaign")).scalars()
        return frozenset({_GLOBAL, *known})


def _read(row: Row, defaults: SuppressionDefaults, scopes: frozenset[str]) -> dict[str, Any] | ContactProblem:
    if isinstance(row, ContactProblem):
        return row
    phone = read_phone(row.get("phone", ""), defaults.region)
    if isinstance(phone, PhoneProblem):
        return ContactProblem(phone.code, "phone", phone.detail)
    scope = row.get("scope", "").strip() or defaults.scope
    if scope not in scopes:
        return ContactProblem("unknown_scope", "scope", "`global` or the id of a campaign")
    try:
        expires_at = _moment(row.get("expires_at", ""))
    except ValueError as err:
        return ContactProblem("moment", "expires_at", str(err))
    reason = row.get("reason", "").strip()[:200] or defaults.reason
    if found := unseen_in(reason):
        return ContactProblem("bad_character", "reason", f"it holds {found}; write it without control characters")
    return {"phone": phone, "scope": scope, "reason": reason, "expires_at": expires_at and format_moment(expires_at)}


def _moment(text: str) -> datetime | None:
    return parse_moment(text) if text.strip() else None


def _write(house: House, rows: Sequence[dict[str, Any]]) -> None:
    last = {(row["phone"], row["scope"]): {"id": new_id("sup"), **row} for row in rows}
    with house.sql.begin() as connection:
        queries_suppressions.upsert_suppressions(connection, list(last.values()))


def _settle_sends(house: House) -> None:
    """Withdraw what had been claimed for numbers that are suppressed now, and wait for sends in the act."""
    in_force = (suppressions.c.scope == _GLOBAL) | (suppressions.c.scope == calls.c.campaign_id)
    listed = select(suppressions.c.id).where(suppressions.c.phone == calls.c.to_number, in_force).exists()
    quiesce(house, calls.c.state.in_(("reserved", "dialing", "accepted")) & listed, _WAY_BACK)
