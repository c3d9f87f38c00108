"""The sweepers: what makes "nothing is lost" true. Each is idempotent and safe to run twice at once."""

from __future__ import annotations

from collections.abc import Callable

import redis

from orchestrator.operations.caller_ids.attest_numbers import attest_numbers
from orchestrator.operations.caller_ids.rest_numbers import rest_numbers
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.end_open_contacts import end_open_contacts
from orchestrator.operations.campaigns.guard_campaigns import CampaignGuard
from orchestrator.operations.campaigns.ways_of_changing import WAYS
from orchestrator.operations.contacts.apply_retention import RetentionSweep
from orchestrator.operations.contacts.bulk_changes import Stores, carry_on_interrupted
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.contacts.manage_imports import close_dead_imports
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.operations.contacts.write_words import write_words
from orchestrator.operations.lists.sweep_lists import sweep_lists
from orchestrator.operations.notify.forget_events import forget_events
from orchestrator.operations.recovery.monitor_carrier import compare_clocks, reopen_dispatch, watch_webhooks
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.rebuild_redis import Rebuilder
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.reconcile_unknown_calls import Reconciler
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.operations.recovery.work_watch import WorkWatch
from orchestrator.operations.system.release_held import release_held_by_caps
from orchestrator.services import Services
from orchestrator.store.redis.aof_rewrite import rewrite_when_owed
from orchestrator.store.redis.clock_steps import follow_clock
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.scripts import ScriptCall, run_script
from orchestrator.store.sql.sweeping_work import Work
from orchestrator.store.sql.tallies import fold_tallies
from workers.engine.stream_consumer import forget_dead_consumers
from workers.loops import IDLE, Loop
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM
from workers.tasks.publish import QueueWatch, publish

_WAKES_AT_ONCE = 500
_WAKE_AGAIN_MS = 5_000
_PATIENCE_MS = 8_000


def sweep_loops(services: Services) -> list[Loop]:
    """Return one loop per sweeper, each at its own pace, so that a slow one delays no other."""
    sql, client, keys, carrier = services.sql, services.redis, services.keys, services.carrier
    connection_id = services.settings.connection_id()
    rebuilder = Rebuilder(sql=sql, client=client, carrier=carrier, connection_id=connection_id, keys=keys)
    commands = QueueWatch(CALLS_PERFORM)
    reconciler = Reconciler(sql=sql, client=client, carrier=carrier, keys=keys)
    watch = WorkWatch(sql)
    retention = RetentionSweep(
        sql=sql, client=client, keys=keys, archive=services.recordings, data_dir=services.settings.data_dir
    )
    guard = CampaignGuard(sql=sql, client=client, keys=keys, call_estimate=services.settings.call_estimate)

    def repeat_sends() -> None:
        publish(CALLS_DIAL, resolve_unanswered_dials(sql, client, keys))

    def prove_webhooks() -> None:
        watch_webhooks(sql, client, keys, connection_id=connection_id)

    def when(work: Work, step: Callable[[], object]) -> Callable[[], object]:
        return lambda: step() if watch.has(work) else None

    return [
        Loop("epoch", rebuilder.watch, 1.0),
        Loop("server clock", lambda: follow_clock(client, keys), 5.0),
        Loop("wakes", lambda: publish(CALLS_PERFORM, overdue_wakes(services.redis, services.keys, commands)), 1.0),
        Loop("sends", when(Work.SENDS, repeat_sends), 1.0),
        Loop("suppressed", when(Work.SUPPRESSED, lambda: hang_up_suppressed(sql, client, keys)), 1.0),
        Loop("campaigns", when(Work.CAMPAIGNS, lambda: complete_campaigns(sql)), 1.0),
        Loop("ended", when(Work.ENDED, lambda: end_open_contacts(sql)), 2.0),
        Loop("tallies", when(Work.TALLIES, lambda: fold_tallies(sql)), 1.0),
        Loop("zones", lambda: renew_zones(sql) or IDLE, 1.0, idle_s=30.0),
        Loop("guards", when(Work.GUARDS, guard.guard_campaigns), 2.0),
        Loop("imports", lambda: close_dead_imports(sql), 30.0),
        Loop("changes", when(Work.CHANGES, lambda: carry_on_interrupted(Stores(sql, client, keys), ways=WAYS)), 1.0),
        Loop("words", when(Work.WORDS, lambda: write_words(sql)), 1.0),
        Loop("lists", when(Work.LISTS, lambda: sweep_lists(sql)), 1.0),
        Loop("policy", when(Work.POLICY, lambda: release_held_by_caps(sql)), 1.0),
        Loop("webhooks", when(Work.WEBHOOKS, prove_webhooks), 1.0),
        Loop("carrier", lambda: reopen_dispatch(sql, client, keys, carrier, connection_id=connection_id), 2.0),
        Loop("clock", lambda: compare_clocks(sql, client, keys, carrier, connection_id=connection_id), 30.0),
        Loop("deadlines", lambda: poll_call_status(sql, client, keys, carrier), 5.0),
        Loop("unknown", lambda: reconciler.reconcile_unknown_calls(connection_id), 5.0),
        Loop("retention", lambda: None if retention.sweep() else IDLE, 1.0, idle_s=1800.0),
        Loop("events", lambda: forget_events(sql) or IDLE, 1.0, idle_s=1800.0),
        Loop("rewrites", lambda: rewrite_when_owed(client, keys), 30.0),
        Loop("caller ids", lambda: rest_numbers(sql), 60.0),
        Loop("attestations", lambda: attest_numbers(sql, carrier), 30.0),
        Loop("consumers", lambda: forget_dead_consumers(client, keys), 600.0),
        Loop("channels", lambda: reconcile_channels(sql, client, keys, connection_id=connection_id), 10.0),
    ]


def overdue_wakes(client: redis.Redis, keys: Keys, queue: QueueWatch) -> list[str]:
    """Return the calls whose commands should have been sent by now, and whose wake-up is not just slow to be taken."""
    state = queue.read()
    args = [_WAKES_AT_ONCE, _WAKE_AGAIN_MS, state.length, _PATIENCE_MS, int(state.moves)]
    found = run_script(client, ScriptCall("overdue_wakes", [keys.wakes], args))
    return [call_id.decode() for call_id in found]
