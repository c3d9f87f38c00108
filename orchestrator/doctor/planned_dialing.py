"""The dialing plans of this installation by its database: live calls, caller ids, countries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import phonenumbers
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.model.campaign_status import FINAL_CAMPAIGN
from orchestrator.settings import Settings
from orchestrator.store.sql.connections import find_connection
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.state_lists import IS_CLAIMABLE, one_of

MOST_LOOKED_AT = 1_000

_SHOWN = text(
    f"""
    SELECT jsonb_array_elements_text(caller_ids) AS number FROM campaigns WHERE status NOT IN {one_of(FINAL_CAMPAIGN)}
    UNION SELECT jsonb_array_elements(p.numbers)->>'number' FROM caller_id_pools p
    WHERE EXISTS (SELECT 1 FROM campaigns g WHERE g.caller_id_pool = p.id AND g.status NOT IN {one_of(FINAL_CAMPAIGN)})
    ORDER BY number LIMIT 50
    """  # noqa: S608 built from constants
)
_ANSWERED = text("SELECT number FROM numbers ORDER BY number LIMIT 50")
_WAITING = text(
    "SELECT c.phone FROM campaigns g JOIN LATERAL (SELECT phone FROM contacts WHERE campaign_id = g.id "  # noqa: S608
    f"AND {IS_CLAIMABLE} LIMIT :most) c ON true "
    f"WHERE g.status NOT IN {one_of(FINAL_CAMPAIGN)} LIMIT :most"
)


@dataclass(frozen=True, kw_only=True)
class Plans:
    """Caller ids of campaigns that have not ended, mapped numbers, the highest limit of live calls.

    `countries` counts the first thousand waiting contacts by their country (two letters).
    """

    caller_ids: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    max_live_calls: int | None = None
    countries: Mapping[str, int] = field(default_factory=dict)


def read_plans(settings: Settings) -> Plans:
    """Return the plans; empty if the database does not answer or has another schema."""
    engine = open_sql(settings.database_url, pool_size=1)
    try:
        with engine.connect() as tx:
            return _read(tx, settings.telnyx_connection_id or "")
    except SQLAlchemyError:
        return Plans()
    finally:
        engine.dispose()


def country_of(number: str) -> str | None:
    """Return the two-letter country of a number; None if it has none (+800) or is malformed."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region.isalpha() else None


def _read(tx: Connection, connection_id: str) -> Plans:
    limits = find_connection(tx, connection_id)
    waiting = tx.execute(_WAITING, {"most": MOST_LOOKED_AT}).scalars()
    return Plans(
        caller_ids=tuple(tx.execute(_SHOWN).scalars()),
        answered=tuple(tx.execute(_ANSWERED).scalars()),
        max_live_calls=None if limits is None else limits.max_live_calls,
        countries=Counter(country for phone in waiting if (country := country_of(phone)) is not None),
    )
