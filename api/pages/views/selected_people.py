"""Whom the filters of a list mean, where REST's filter of contacts can say exactly the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from api.http.request_parsing import parse_json
from api.pages import words
from orchestrator.errors import InvalidInput
from orchestrator.operations.contacts.contact_filter import ContactFilter

_ONE_OF = {"status": "statuses", "reason": "reasons", "disposition": "dispositions", "outcome": "outcomes"}
FILTERS = ("campaign_id", "tag", *_ONE_OF)
"""Filters of the list of people that select the same people for a change of many."""

_OF_THE_PAGE = {"cursor", "limit"}
_OF_A_MOMENT = {"waiting", "held"}


def address_of_change(asked: Mapping[str, str], *, sayable: Collection[str] = FILTERS) -> str:
    """Return where those are changed whom a list is asked for; nothing where others would be changed than it shows."""
    said = {name: value for name, value in asked.items() if name not in _OF_THE_PAGE}
    if not said or said.keys() - set(sayable) or _is_of_a_moment(said):
        return ""
    try:
        check_filters(said)
    except InvalidInput:
        return ""
    return f"/people/change{words.query(said)}"


def check_filters(filters: Mapping[str, str]) -> None:
    """Raise InvalidInput for filters that REST would refuse."""
    parse_json(orjson.dumps(contact_filter(filters)), ContactFilter)


def contact_filter(filters: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters of a list as REST's filter of contacts."""
    return {_ONE_OF.get(name, name): [value] if name in _ONE_OF else value for name, value in filters.items()}


def _is_of_a_moment(filters: Mapping[str, str]) -> bool:
    """Say whether the list goes by hours and room at this moment, where a change goes by what is stored."""
    return "campaign_id" in filters and ("reason" in filters or filters.get("status") in _OF_A_MOMENT)
