"""Reads the number of a filter; without a country code it belongs to the country of the caller ids."""

from __future__ import annotations

from sqlalchemy import Engine

from orchestrator.policy.phone.phone_filter import common_country, read_number_parameter
from orchestrator.store.sql.campaigns import list_caller_ids


def read_phone_filter(
    text: str, region: str | None, *, campaign_id: str | None, name: str, sql: Engine, caller_id: str | None
) -> str:
    """Return `text` as E.164; without a country code it is one of `region`, else of the country of the caller ids.

    Those are the campaign's, if one is named, else all campaigns' and the installation's own `caller_id`. Raises
    InvalidInput naming the parameter `name`.
    """
    if not region and not text.lstrip().startswith("+"):
        with sql.connect() as tx:
            caller_ids = set(list_caller_ids(tx, campaign_id))
        if caller_id and not campaign_id:
            caller_ids.add(caller_id)
        region = common_country(caller_ids)
    return read_number_parameter(text, region, name=name)
