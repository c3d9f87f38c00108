"""Puts calls straight into the ledger, as a dial and its webhooks would have done, for tests of the REST API."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from orchestrator.ids import new_id
from orchestrator.model.live_call import LiveCall
from orchestrator.services import Services
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import create_live
from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number


def ended_call(rest: Rest, services: Services, **columns: Any) -> dict[str, str]:
    """Put a call that has ended into the record, and return its ids."""
    campaign = rest.campaign()["id"]
    (contact,) = rest.contacts(
        campaign, columns.pop("to", fresh_number()), external_id=columns.pop("external_id", None)
    )
    call = new_id("call")
    fields = {"disposition": "human", "outcome": "confirmed", "state": "ended", **columns}
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO calls (id, campaign_id, contact_id, connection_id, flow_id, to_number, from_number,"
                " attempt, state, command_id, ring_limit_s, talk_limit_s, dialed_at, answered_at, ended_at,"
                " disposition, outcome, answers)"
                " SELECT :call, c.campaign_id, c.id, :connection, g.flow_id, c.phone, :caller, 1, :state, 'c', 30, 600,"
                " now() - interval '30 seconds', now() - interval '20 seconds', now() - interval '5 seconds',"
                " :disposition, :outcome, '{\"confirmed\": true}'"
                " FROM contacts c JOIN campaigns g ON g.id = c.campaign_id WHERE c.id = :contact"
            ),
            {"call": call, "connection": CONNECTION, "caller": CALLER_ID, "contact": contact, **fields},
        )
    return {"call": call, "contact": contact, "campaign": campaign}


def live_call(rest: Rest, services: Services, **changes: Any) -> str:
    """Put a call that is answered into the ledger and into Redis."""
    ids = ended_call(rest, services, state="accepted", disposition=None, outcome=None)
    live = LiveCall(call_id=ids["call"], phase="answered", call_control_id="cc-1", step="greet")
    create_live(services.redis, Keys(), live.model_copy(update=changes))
    return ids["call"]
