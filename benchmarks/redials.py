"""A redial of very many contacts while another campaign dials: how long it takes, and whether dials wait for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text

from benchmarks.beside_textbook import PACE
from benchmarks.measures import Measure, Target
from benchmarks.running_stack import Campaign, RunningStack, running_stack
from benchmarks.waiting_contacts import WaitingContacts
from benchmarks.windows import PausableCampaign
from orchestrator.model.metric import Metric
from orchestrator.store.redis.told_counts import TELL_EVERY_S

REDIALED = 100_000
_CHANNELS = 2_000
_STEADY_S = 30.0  # by then each connection has prepared its statements
_SLOW_S = 0.02
_MOST_S = 120.0

_HAVE_BEEN_CALLED = (
    """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, reserved_at, accepted_at, ended_at, disposition)
    SELECT 'call_' || right(id, 26), campaign_id, id, 'conn-1', phone, '+13125550100', 1, 'ended', id, 30, 600,
        now() - interval '9 days', now() - interval '9 days', now() - interval '9 days', 'no_answer'
    FROM contacts WHERE campaign_id = :campaign_id
    """,
    """
    UPDATE contacts SET status = 'exhausted', reason = 'no_answer', disposition = 'no_answer', attempts = 1
    WHERE campaign_id = :campaign_id
    """,
    "UPDATE campaigns SET status = 'completed', started_at = now() WHERE id = :campaign_id",
)


def measure_redial(*, contacts: int = REDIALED) -> list[Measure]:
    """Redial a campaign of so many contacts beside another that dials at the carrier's usual pace."""
    with running_stack(calls_per_second=PACE, max_live_calls=_CHANNELS) as stack:
        dialing = PausableCampaign(stack, stack.create(Campaign(0, PACE, _CHANNELS)))
        called = stack.create(Campaign(0, PACE, _CHANNELS))
        with (
            closing(WaitingContacts(stack.stores[0], called)) as waiting,
            closing(WaitingContacts(stack.stores[0], dialing.campaign_id, after=contacts)) as others,
        ):
            waiting.fill_up_to(contacts)
            _call_all(stack, called)
            others.fill_up_to(5_000)
            with dialing.dialing():
                stack.run_for(_STEADY_S)
                alone = _permits(stack)
                stack.run_for(_STEADY_S)
                before, began = _permits(stack), time.monotonic()
                changed = stack.rest.campaigns.redial(called, dispositions=["no_answer"])
                stack.wait_until(lambda: _is_done(stack, changed["id"]), most_s=_MOST_S)
                took_s = time.monotonic() - began
                stack.run_for(TELL_EVERY_S + 1)
                after = _permits(stack)
    slow, permits = (after[name] - before[name] for name in ("slow", "all"))
    meanwhile = permits * took_s / (took_s + TELL_EVERY_S + 1)
    slow_alone, permits_alone = (before[name] - alone[name] for name in ("slow", "all"))
    note = f"{slow:.0f} of some {meanwhile:.0f} meanwhile; without a redial {slow_alone:.0f} of {permits_alone:.0f}"
    return [
        Measure(f"redial of {contacts:,} contacts beside dialing", took_s, "s", None, Target("most", 10)),
        Measure("dial permits above 20 ms meanwhile", slow / meanwhile * 100, "%", None, Target("most", 1), note),
    ]


def _call_all(stack: RunningStack, campaign_id: str) -> None:
    sql = create_engine(stack.stores[0])
    with sql.begin() as tx:
        for statement in _HAVE_BEEN_CALLED:
            tx.execute(text(statement), {"campaign_id": campaign_id})
    with sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(text("VACUUM ANALYZE"))
    sql.dispose()


def _is_done(stack: RunningStack, change_id: str) -> bool:
    return bool(stack.rest.bulk_changes.get(change_id)["status"] == "completed")


def _permits(stack: RunningStack) -> Mapping[str, float]:
    """Return how many transactions have permitted dials, and how many of them took longer than 20 ms."""
    told = b"".join(stack.rest.system.metrics()).decode()
    found = {
        sample.labels["le"]: sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
        if sample.name == f"{Metric.DIAL_PERMIT_S}_bucket"
    }
    return {"all": found["+Inf"], "slow": found["+Inf"] - found[str(_SLOW_S)]}
