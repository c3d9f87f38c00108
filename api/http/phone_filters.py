"""The phone number in the query of a list: read in any usual notation, or refused with the parameter's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.operations.contacts.read_phone_filter import read_phone_filter
from orchestrator.services import Services

ASKED_REGION = "The country of a number without a country code; left out, that of the caller ids."


def read_number(
    services: Services, filters: Mapping[str, Any], name: str, *, campaign_id: str | None = None
) -> dict[str, Any]:
    """Return the filters with number `name` as E.164 and without its region; raise InvalidInput for what is none."""
    read = {key: value for key, value in filters.items() if key != "region"}
    if name in read:
        campaign_id = campaign_id or read.get("campaign_id")
        read[name] = read_phone_filter(
            read[name],
            filters.get("region"),
            campaign_id=campaign_id,
            name=name,
            sql=services.sql,
            caller_id=services.settings.caller_id,
        )
    return read
