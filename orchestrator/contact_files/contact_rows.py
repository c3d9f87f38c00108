"""One contact as a client sends it, an object or a row of a file, turned into a contact or refused by field.

A rejection is a value here: in a file of a million rows a wrong one is expected, not an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from orchestrator.contact_files.phone_columns import letters_of
from orchestrator.contact_files.spreadsheet import is_failed_formula
from orchestrator.policy.names import one_form, unseen_in, unspeakable_in
from orchestrator.policy.phone.kinds import NumberKind
from orchestrator.policy.phone.number_kind import why_never_dialed
from orchestrator.policy.phone.parse_phone import PhoneProblem, read_phone
from orchestrator.policy.region_codes import RegionProblem, read_region
from orchestrator.policy.timestamps import parse_timestamp
from orchestrator.policy.visible_text import visible
from orchestrator.policy.zones.named_zone import ZoneProblem, read_zone
from orchestrator.policy.zones.timezone_source import TimezoneSource, read_source

Value = str | int | float | bool

_TEXTS = ("phone", "external_id", "timezone", "timezone_source", "region", "not_before", "not_after")
_FIELDS = frozenset({*_TEXTS, "priority", "variables"})
# A file's columns of these have names that no variable is likely to have: many tables have a `region` or a `priority`.
REGION_COLUMN, PRIORITY_COLUMN = "contact_region", "contact_priority"
_UNLESS_AN_INPUT = {"region": REGION_COLUMN, "priority": PRIORITY_COLUMN}
_COLUMNS = {
    "phone": "phone",
    "externalid": "external_id",
    "timezone": "timezone",
    "timezonesource": "timezone_source",
    "contactregion": REGION_COLUMN,
    "contactpriority": PRIORITY_COLUMN,
    "notbefore": "not_before",
    "notafter": "not_after",
}
_COLUMN_FIELDS = frozenset(_COLUMNS.values())
_COPIED = _COLUMN_FIELDS - {"phone"}  # a phone is read by rules of its own
_IGNORED_IN_NAMES = re.compile(r"[\s_]+")
_LONGEST_TEXT = 4_000
_LONGEST_ID = 200
_MOST_VARIABLES = 200
_LARGEST_NUMBER = 2**63
_PRIORITIES = range(-1000, 1001)
# Programs write 5.0 where another cell of the column is empty.
_WHOLE_NUMBER = re.compile(r"([+-]?\d{1,4})(?:\.0+)?", re.ASCII)
_A_PRIORITY = "a whole number from -1000 to 1000; higher is dialed first"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact that may be stored: `phone` is E.164, times are UTC, `variables` have the names of the flow."""

    phone: str
    external_id: str | None
    timezone: str | None
    not_before: datetime | None
    not_after: datetime | None
    priority: int
    variables: dict[str, Value]
    timezone_source: TimezoneSource | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ContactProblem:
    """A rejection: the first wrong field, a code, and what was expected."""

    code: str
    field: str
    detail: str


def in_a_file(problem: ContactProblem) -> ContactProblem:
    """Return the problem of a file's row, with what can be said for all rows at once."""
    if problem.code != "no_region":
        return problem
    return replace(problem, detail=f"{problem.detail}, or name the file's `region`, such as US")


class _Wrong(Exception):
    """Carries a problem out of the checks of one contact; it never leaves this file."""

    def __init__(self, code: str, field_name: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = ContactProblem(code, field_name, detail)


@dataclass(frozen=True)
class ContactForm:
    """What contacts of one upload must look like: the flow's inputs by name, and the region of national numbers.

    `allowed_kinds` are those kinds of numbers that its campaign dials though others do not. `aliases` are further names
    of inputs: (alias, input).
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    region: str | None = None
    allowed_kinds: frozenset[NumberKind] = frozenset()
    aliases: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _names(self) -> dict[str, str]:
        aliases = {folded(alias): known for alias, known in self.aliases}
        return aliases | {folded(known): known for known in (*self.optional, *self.required)}

    def knows(self, name: str) -> bool:
        """Return whether a variable's name is one of the flow's inputs."""
        return folded(name) in self._names

    def input_for(self, name: str) -> str:
        """Return the input that a variable's name means, whatever its case, spaces and underscores; else the name."""
        return self._names.get(folded(name), name.strip())


def folded(name: str) -> str:
    """Return `name` without what a spreadsheet's author may write differently: case, spaces, underscores."""
    return _IGNORED_IN_NAMES.sub("", name).casefold()


def is_own_field(column: str) -> bool:
    """Return whether a file's column of exactly this name is a field of the contact, and no variable."""
    return column in _COLUMN_FIELDS


def column_for(name: str, form: ContactForm) -> str:
    """Return what a file's column fills: a contact's own field such as `external_id`, or a variable."""
    letters = letters_of(name)
    if letters in _UNLESS_AN_INPUT and not form.knows(name):
        return _UNLESS_AN_INPUT[letters]
    return _COLUMNS.get(letters) or form.input_for(name)


def read_contact(document: Any, form: ContactForm) -> NewContact | ContactProblem:
    """Return the contact that a JSON object says, or what is wrong with it."""
    try:
        return _from_object(document, form)
    except _Wrong as wrong:
        return wrong.problem


def read_contact_row(row: Mapping[str, str], form: ContactForm) -> NewContact | ContactProblem:
    """Return the contact of a file's row, keyed by `column_for`; an empty cell counts as missing.

    Invisible characters in an id, a zone or a time are removed.
    """
    fields = row if _COPIED.isdisjoint(row) else {**row, **{name: visible(row[name]) for name in _COPIED & row.keys()}}
    variables: dict[str, Value] = {name: text for name, text in row.items() if text and name not in _COLUMN_FIELDS}
    try:
        _refuse_failed_formulas(row, form)
        priority = _written_priority(fields.get(PRIORITY_COLUMN))
        return _contact(fields, variables, form, region=fields.get(REGION_COLUMN), priority=priority)
    except _Wrong as wrong:
        return in_a_file(wrong.problem)


def _refuse_failed_formulas(row: Mapping[str, str], form: ContactForm) -> None:
    """Refuse what a formula left that found nothing, where it would be spoken or take many people for one."""
    for name, text in row.items():
        if text[:1] == "#" and is_failed_formula(text) and (name == "external_id" or form.knows(name)):
            field_name = name if name == "external_id" else f"variables/{name}"
            raise _Wrong("failed_formula", field_name, f"it reads {text.strip()}: a formula failed; write the value")


def _from_object(document: Any, form: ContactForm) -> NewContact:
    if not isinstance(document, Mapping):
        raise _Wrong("not_an_object", "", "a contact is an object such as {phone, variables}")
    for name in document.keys() - _FIELDS:
        raise _Wrong("unknown_field", str(name), "no such field; what the flow needs stands in `variables`")
    for name in _TEXTS:
        if not isinstance(document.get(name), str | None):
            raise _Wrong("not_text", name, "write it as text, in quotes")
    variables = _variables(document.get("variables"), form)
    priority = _priority(document.get("priority"))
    return _contact(document, variables, form, region=document.get("region"), priority=priority)


def _contact(
    fields: Mapping[str, Any], variables: dict[str, Value], form: ContactForm, *, region: str | None, priority: int
) -> NewContact:
    phone = _phone(fields.get("phone"), form)
    not_before, not_after = _moment(fields, "not_before"), _moment(fields, "not_after")
    if not_before and not_after and not_after <= not_before:
        raise _Wrong("not_after", "not_after", "not_after must be later than not_before")
    return NewContact(
        phone=phone,
        external_id=_external_id(fields.get("external_id")),
        timezone=_zone(fields.get("timezone")),
        not_before=not_before,
        not_after=not_after,
        priority=priority,
        variables=_complete(variables, form.required),
        timezone_source=_source(fields.get("timezone_source")),
        region=_region(region),
    )


def _phone(text: str | None, form: ContactForm) -> str:
    if not text:
        raise _Wrong("required", "phone", "a contact needs a phone number")
    answer = read_phone(text, form.region)
    if isinstance(answer, PhoneProblem):
        raise _Wrong(answer.code, "phone", answer.detail)
    if why := why_never_dialed(answer, form.allowed_kinds):
        raise _Wrong("number_kind", "phone", why)
    return answer


def _external_id(text: str | None) -> str | None:
    text = (text or "").strip()
    if not text:
        return None
    return _name("external_id", one_form(text))


def _zone(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    zone = read_zone(text)
    if isinstance(zone, ZoneProblem):
        raise _Wrong("unknown_zone", "timezone", zone.detail)
    return zone


def _source(text: str | None) -> TimezoneSource | None:
    if not text or not text.strip():
        return None
    source = read_source(text)
    if source is None:
        raise _Wrong("timezone_source", "timezone_source", f"{text!r} is no source; write address, crm or said")
    return source


def _region(text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    region = read_region(text)
    if isinstance(region, RegionProblem):
        raise _Wrong("unknown_region", "region", region.detail)
    return region


def _moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    text = fields.get(name)
    if not text or not text.strip():
        return None
    try:
        return parse_timestamp(text)
    except ValueError as err:
        raise _Wrong("moment", name, str(err)) from err


def _priority(value: Any) -> int:
    if value is None:
        return 0
    if not isinstance(value, int | float) or isinstance(value, bool) or value not in _PRIORITIES:
        raise _Wrong("priority", "priority", _A_PRIORITY)
    return int(value)


def _written_priority(text: str | None) -> int:
    if not text or not text.strip():
        return 0
    written = _WHOLE_NUMBER.fullmatch(text.strip())
    if written is None or int(written[1]) not in _PRIORITIES:
        detail = f"{_A_PRIORITY}; map a column of another sense to a variable, such as map=rank:Priority"
        raise _Wrong("priority", "priority", detail)
    return int(written[1])


def _variables(document: Any, form: ContactForm) -> dict[str, Value]:
    if document is None:
        return {}
    if not isinstance(document, Mapping) or len(document) > _MOST_VARIABLES:
        raise _Wrong("variables", "variables", f"an object of at most {_MOST_VARIABLES} names and values")
    matched: dict[str, Value] = {}
    for name, value in document.items():
        known = form.input_for(name)
        if known in matched:
            raise _Wrong("duplicate_variable", f"variables/{name}", f"another name already gives {known!r}")
        if value is not None:
            matched[known] = value
    return matched


def _complete(variables: dict[str, Value], required: Iterable[str]) -> dict[str, Value]:
    for name, value in variables.items():
        _name("variables", name)
        if isinstance(value, str):
            _text(f"variables/{name}", value)
        elif not _is_plain(value):
            raise _Wrong("not_a_value", f"variables/{name}", "write text, a number, true or false")
    for name in required:
        if not str(variables.get(name, "")).strip():
            raise _Wrong("missing_input", f"variables/{name}", f"the flow needs {name!r}")
    return variables


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float) and abs(value) < _LARGEST_NUMBER  # so neither NaN nor infinity


def _name(field: str, text: str) -> str:
    if len(text) > _LONGEST_ID:
        raise _Wrong("too_long", field, f"at most {_LONGEST_ID} characters")
    if found := unseen_in(text):
        raise _Wrong("bad_character", field, f"it holds {found}; write it without control and direction marks")
    return text


def _text(field: str, text: str) -> None:
    if len(text) > _LONGEST_TEXT:
        raise _Wrong("too_long", field, f"at most {_LONGEST_TEXT} characters")
    if found := unspeakable_in(text):
        raise _Wrong("bad_character", field, f"it holds {found}, which no text may")
