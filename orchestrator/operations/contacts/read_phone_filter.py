"""Reads the number that somebody looks for: found however it is written, and never an empty list for a misspelt one."""

from __future__ import annotations

import re

from sqlalchemy import Engine

from orchestrator.errors import FieldError, InvalidInput
from orchestrator.policy.phone.parse_phone import PhoneProblem, country_of, read_phone
from orchestrator.store.sql.campaigns import list_caller_ids

_LOST_PLUS = re.compile(r" (?=\d)", re.ASCII)  # a + that nobody wrote as %2B


def read_asked_number(
    text: str, region: str | None, *, campaign_id: str | None, name: str, sql: Engine, caller_id: str | None
) -> str:
    """Return `text` as E.164; without a country code it is one of `region`, else of the country of our caller ids.

    Those are the campaign's, if one is named, else everybody's. Raises InvalidInput naming the parameter `name`.
    """
    if not region and not text.lstrip().startswith("+"):
        region = _region_of_caller_ids(sql, campaign_id, default=caller_id)
    return read_named_number(text, region, name=name)


def read_named_number(text: str, region: str | None, *, name: str) -> str:
    """Return `text` as E.164; without a country code it is one of `region`. Raises InvalidInput naming `name`."""
    read = read_phone(text, region)
    if _LOST_PLUS.match(text):
        read = _with_plus(text, read)
    if isinstance(read, str):
        return read
    detail = read.detail
    if read.code == "no_region":
        detail = f"{text!r} has no country code: add `region`, such as region=US, or write +1… (in an address, %2B1…)"
    raise InvalidInput([FieldError(f"?{name}", read.code, detail)])


def _with_plus(text: str, without: str | PhoneProblem) -> str | PhoneProblem:
    read = read_phone("+" + text.lstrip())
    if isinstance(read, str) and isinstance(without, str) and read != without:
        return PhoneProblem("ambiguous", f"{text!r} begins with a space: in an address, a + is written %2B")
    return read if isinstance(read, str) else without


def _region_of_caller_ids(sql: Engine, campaign_id: str | None, *, default: str | None) -> str | None:
    with sql.connect() as tx:
        caller_ids = list_caller_ids(tx, campaign_id)
    countries = {country_of(number) for number in (*caller_ids, *([default] if default and not campaign_id else []))}
    return countries.pop() if len(countries) == 1 else None
