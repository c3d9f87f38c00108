"""Records the consents of a file; a row that was recorded before adds nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Engine

from orchestrator.clock import Clock
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.contact_files.contact_rows import ContactForm, ContactProblem
from orchestrator.contact_files.csv_rows import CsvRows
from orchestrator.contact_files.file_account import FileAccount
from orchestrator.operations.contacts.record_consent import PASSED, NewConsent, consent_event
from orchestrator.policy.field_errors import field_errors
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.visible_text import visible
from orchestrator.store.sql import consents

_BATCH = 500
_BETWEEN = re.compile(r"[,;|]")
_FIELDS: Final = ("kind", "purposes", "text", "source", "at", "evidence_url", "expires_at")
_ALIASES: Final = (
    *(("purpose", "purposes"), ("consent type", "kind"), ("consent kind", "kind"), ("type", "kind")),
    *(("consent text", "text"), ("wording", "text"), ("words", "text"), ("consent source", "source")),
    *(("given at", "at"), ("consented at", "at"), ("consent date", "at"), ("date", "at"), ("timestamp", "at")),
    *(("opt in date", "at"), ("evidence", "evidence_url"), ("proof", "evidence_url"), ("url", "evidence_url")),
    *(("expires", "expires_at"), ("expiry", "expires_at"), ("valid until", "expires_at")),
)


@dataclass(frozen=True)
class ConsentDefaults:
    """The values of empty cells, and how to read the file (as in `ImportOptions`)."""

    kind: str | None = None
    purposes: tuple[str, ...] = ()
    text: str | None = None
    source: str | None = None
    region: str | None = None
    mapping: str | None = None
    encoding: str | None = None


@dataclass
class ImportedConsents(FileAccount):
    """What became of a file and its rows: of those accepted how many were new."""

    added: int = 0

    @property
    def kept(self) -> int:
        """How many were recorded before, or stand in the file twice."""
        return self.accepted - self.added


def import_consents(file: WholeFile, defaults: ConsentDefaults, *, sql: Engine, clock: Clock) -> ImportedConsents:
    """Record every good row of `file` and release the contacts that were held for want of it. Safe to repeat.

    Raises InvalidInput for a header that cannot be used.
    """
    done, now = ImportedConsents(), clock()
    form = ContactForm(optional=_FIELDS, region=defaults.region, aliases=_ALIASES)
    numbered = iter(CsvRows(file, form, mapping=defaults.mapping, encoding=defaults.encoding))
    while batch := list(islice(numbered, _BATCH)):
        good = []
        for number, row in batch:
            read = row if isinstance(row, ContactProblem) else _read(row, defaults, now)
            if isinstance(read, ContactProblem):
                done.refuse(number, read)
            else:
                good.append(read)
        done.added += _record(sql, good)
        done.rows += len(batch)
        done.accepted += len(good)
    return done


def _read(row: Mapping[str, str], defaults: ConsentDefaults, now: datetime) -> NewConsent | ContactProblem:
    phone = read_phone(row.get("phone", ""), defaults.region)
    if isinstance(phone, PhoneProblem):
        return ContactProblem(phone.code, "phone", phone.detail)
    try:
        consent = NewConsent.model_validate({"phone": phone, **_document(row, defaults)})
    except ValidationError as err:
        first = field_errors(err)[0]
        field = first["pointer"].strip("/").split("/")[0] or first["code"]  # what two fields say together has its name
        return ContactProblem(first["code"], field, first["detail"])
    if consent.at > now:
        return ContactProblem("in_the_future", "at", PASSED)
    return consent


def _document(row: Mapping[str, str], defaults: ConsentDefaults) -> dict[str, Any]:
    cells = {name: text for name in _FIELDS if (text := visible(row.get(name, "")))}
    said: dict[str, Any] = {name: cells.get(name) or getattr(defaults, name) for name in ("text", "source")}
    said["kind"] = cells["kind"].casefold() if "kind" in cells else defaults.kind
    named = [purpose.strip().casefold() for purpose in _BETWEEN.split(cells.get("purposes", "")) if purpose.strip()]
    said["purposes"] = named or list(defaults.purposes) or None
    said["evidence_url"] = cells.get("evidence_url")
    said |= {name: _moment(cells[name]) for name in ("at", "expires_at") if name in cells}
    return {name: value for name, value in said.items() if value is not None}


def _moment(text: str) -> datetime | str:
    """Return the beginning of a day, or the text of a time: of the day of a revocation the revocation counts."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        return text


def _record(sql: Engine, wanted: list[NewConsent]) -> int:
    phones = sorted({str(each.phone) for each in wanted})
    with sql.begin() as tx:
        added = consents.insert_consent_events(tx, [consent_event(each, str(each.phone)) for each in wanted])
    with sql.begin() as tx:
        consents.release_missing(tx, phones)
    return added
