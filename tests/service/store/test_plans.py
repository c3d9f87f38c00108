"""What loops and polls ask of a large installation costs a few pages, whatever ever happened: no plan reads it all.

Each statement is explained just before it is sent, on PostgreSQL 18 and on 16, which plans as 17 does, that compose
ships: of loops the plan for any values, which their connections keep, of polls the one for these. PLANS_CONTACTS says
how many contacts there are; `make plans` takes two million.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine

from api.app import create_app
from orchestrator.contact_files.contact_rows import NewContact
from orchestrator.ids import new_id
from orchestrator.local_stack.embedded_servers import start_postgres
from orchestrator.operations.caller_ids.attest_numbers import attest_numbers
from orchestrator.operations.caller_ids.rest_numbers import rest_numbers
from orchestrator.operations.calls.find_calls import list_under_way
from orchestrator.operations.calls.warm_flow_cache import warm_flow_cache
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.end_open_contacts import end_open_contacts
from orchestrator.operations.campaigns.guard_campaigns import CampaignGuard
from orchestrator.operations.contacts.hang_up_suppressed import hang_up_suppressed
from orchestrator.operations.contacts.manage_imports import close_dead_imports
from orchestrator.operations.contacts.renew_zones import renew_zones
from orchestrator.operations.contacts.write_words import write_words
from orchestrator.operations.lists.sweep_lists import sweep_lists
from orchestrator.operations.recovery.monitor_carrier import watch_webhooks
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.operations.recovery.work_watch import WorkWatch
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.store.redis.rate_limiter import close_dispatch
from orchestrator.store.sql.call_records import lock_for_record
from orchestrator.store.sql.contact_staging import Dedupe, StagedContact, insert_contacts
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.recordings import renew_lease, take_recording
from orchestrator.store.sql.sweeping_work import Work
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.carrier_stub import carrier_stub
from tests.support.large_installation import ALL_WAIT, FEW_DUE, NOWHERE, fill
from tests.support.memory_folder import memory_folder
from tests.support.plans import Plan, explained
from tests.support.polls import POLLS
from tests.support.postgres_16 import start_postgres_16
from tests.support.rest import Rest
from tests.support.visitor import Visitor
from tests.support.world import CONNECTION, World

CONTACTS = int(os.environ.get("PLANS_CONTACTS", "60000"))
MOST_PAGES = 5_000  # some 20 ms: a page that is in memory takes 2 to 5 µs
FEW_PAGES_OF_A_SCOPE = 20
MOST_PAGES_OF_A_PAGE = 1_000  # where each row that is looked at is one of the page
FEW_PAGES = 200  # of a table that is read whole: it would grow

_START = {16: start_postgres_16, 18: lambda folder: start_postgres(folder, durable=False)}


@pytest.fixture(scope="module", params=_START)
def large(request: pytest.FixtureRequest) -> Iterator[tuple[Engine, str]]:
    """Return a large installation on one version of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="plans-", dir=memory_folder()) as folder:
        server = _START[request.param](Path(folder))
        upgrade(server.url)
        sql = open_sql(server.url)
        fill(sql, contacts=CONTACTS)
        yield sql, server.url
        sql.dispose()
        server.stop()


@pytest.fixture
def world(large: tuple[Engine, str], redis_client: redis.Redis, redis_url: str) -> Iterator[World]:
    sql, database_url = large
    with carrier_stub() as carrier:
        world = World(
            sql=sql, redis=redis_client, carrier_url=carrier.url, database_url=database_url, redis_url=redis_url
        )
        world.execute("UPDATE installation SET epoch = NULL")
        world.rebuilder.watch()
        yield world
        world.carrier.close()


def take_some(world: World) -> None:
    """Take a recording as a fetcher does, and renew its lease."""
    with world.sql.begin() as tx:
        taken = take_recording(tx, "req_1", lease_s=60)
        renew_lease(tx, taken.id if taken else "rec_1", "req_1", lease_s=60)


def read_for_the_record(world: World) -> None:
    """Lock and read calls as a finalizer does before it writes their record."""
    call_ids = [row[0] for row in world.query("SELECT id FROM calls WHERE state = 'accepted' LIMIT 5")]
    with world.sql.begin() as tx:
        assert lock_for_record(tx, call_ids)


def import_some(world: World, *, dedupe: Dedupe) -> None:
    """Add contacts of a file of which half are there already, as the importer does batch by batch."""
    phones = [f"+12{n:09}" for n in (*range(2_000_000, 2_000_010), *range(999_000_000, 999_000_010))]
    rows = [
        StagedContact(new_id("con"), NewContact(phone, f"of-{phone}", None, None, None, 0, {}), "America/New_York", n)
        for n, phone in enumerate(phones)
    ]
    with world.sql.begin() as tx:
        insert_contacts(tx, rows, campaign_id=ALL_WAIT, dedupe=dedupe)


_BUSY_POOL = """
    INSERT INTO caller_id_pools (id, name, numbers, choose, per_day, per_hour, rest_s, health)
    SELECT 'pool_1', 'busy', jsonb_agg(jsonb_build_object('number', '+1312555' || lpad(n::text, 4, '0'), 'regions',
            '[]'::jsonb, 'label', NULL)), 'sticky',
        75, 20, 86400, '{}' FROM generate_series(100, 120) n ON CONFLICT DO NOTHING
"""


def from_a_pool(world: World, step: Callable[[World], object]) -> None:
    """Take a step while a campaign dials from a pool, one of whose numbers has made all calls there ever were."""
    world.execute(_BUSY_POOL)
    chosen = "UPDATE campaigns SET caller_ids = :numbers, caller_id_pool = :pool WHERE id = :id"
    world.execute(chosen, id=FEW_DUE, pool="pool_1", numbers="[]")
    step(world)
    world.execute(chosen, id=FEW_DUE, pool=None, numbers='["+13125550100"]')


def under_a_budget(world: World, step: Callable[[], object]) -> None:
    """Take a step while a campaign may spend no end of money."""
    world.execute("""UPDATE campaigns SET spend = '{"total": "1000000"}' WHERE id = :id""", id=FEW_DUE)
    step()
    world.execute("UPDATE campaigns SET spend = NULL WHERE id = :id", id=FEW_DUE)


def claim_under_a_budget(world: World) -> None:
    """Claim for a campaign that has a budget."""
    under_a_budget(world, lambda: world.claim(FEW_DUE))


def guard_with_a_budget(world: World) -> None:
    """Look at every campaign that runs, one of them with a budget."""
    under_a_budget(world, world.run(CampaignGuard).guard_campaigns)


LOOPS: dict[str, Callable[[World], object]] = {
    "settle": read_for_the_record,
    "dispatch": lambda w: w.dispatcher.dispatch_calls(),
    "claim where nobody is due": lambda w: w.claim(ALL_WAIT),
    "flows": lambda w: warm_flow_cache(w.sql, w.flows),
    "sends": lambda w: resolve_unanswered_dials(w.sql, w.redis, w.keys),
    "campaigns": lambda w: complete_campaigns(w.sql),
    "ended": lambda w: end_open_contacts(w.sql),
    "suppressed": lambda w: hang_up_suppressed(w.sql, w.redis, w.keys),
    "tallies": lambda w: fold_tallies(w.sql),
    "words": lambda w: write_words(w.sql),
    "zones": lambda w: renew_zones(w.sql),
    "guards": guard_with_a_budget,
    "imports": lambda w: close_dead_imports(w.sql),
    "webhooks": lambda w: watch_webhooks(w.sql, w.redis, w.keys, connection_id=CONNECTION),
    "deadlines": lambda w: poll_call_status(w.sql, w.redis, w.keys, w.carrier),
    "unknown": lambda w: w.reconciler.reconcile_unknown_calls(CONNECTION),
    "channels": lambda w: reconcile_channels(w.sql, w.redis, w.keys, connection_id=CONNECTION),
    "metrics": lambda w: w.run(collect_metrics),
    "what sweepers have to do": lambda w: WorkWatch(w.sql).has(Work.SENDS),
    "epoch": lambda w: w.rebuilder.watch(),
    "recordings": take_some,
    "rests of caller ids": lambda w: from_a_pool(w, lambda w: rest_numbers(w.sql)),
    "numbers to attest": lambda w: from_a_pool(w, lambda w: attest_numbers(w.sql, w.carrier)),
    "claim from a pool": lambda w: from_a_pool(w, lambda w: w.claim(FEW_DUE)),
    "import, a contact for each external id": lambda w: import_some(w, dedupe="external_id"),
    "import, a contact for each number": lambda w: import_some(w, dedupe="phone"),
    "lists": lambda w: sweep_lists(w.sql),
    "calls under way": lambda w: list_under_way(FEW_DUE, most=50, sql=w.sql, client=w.redis, keys=w.keys),
    "calls under way of a campaign without": lambda w: list_under_way(
        NOWHERE, most=50, sql=w.sql, client=w.redis, keys=w.keys
    ),
    "claim under a budget": claim_under_a_budget,
    "claim under both caps": lambda w: (w.set_caps(per_number_24h=3, per_caller_id_24h=1000), w.claim(FEW_DUE)),
}


@pytest.mark.parametrize("name", LOOPS)
def test_what_a_loop_asks_again_and_again_reads_a_few_pages(world: World, name: str) -> None:
    LOOPS[name](world)  # what is to be done once is done
    with explained(world.sql, kept=True) as plans:
        LOOPS[name](world)

    _assert_cheap(plans)


@pytest.mark.parametrize("path", POLLS)
def test_what_people_and_dashboards_poll_reads_a_few_pages(world: World, path: str) -> None:
    rest = Rest(create_app(world.services))

    with explained(world.sql, kept=False) as plans:
        assert rest.get(path, headers=_key(world)).status_code in (200, 404, 503)

    _assert_cheap(plans)


@pytest.mark.parametrize("campaign", [ALL_WAIT, FEW_DUE, NOWHERE])
@pytest.mark.parametrize("more", ["carrier_unavailable", "carrier_unavailable&disposition=fax", "rate", "retry_due"])
def test_who_waits_for_what_a_campaign_lacks_is_found_in_a_few_pages(world: World, campaign: str, more: str) -> None:
    rest = Rest(create_app(world.services))
    close_dispatch(world.redis, world.keys, CONNECTION, reason="The carrier is away")

    with explained(world.sql, kept=False) as plans:
        found = rest.get(f"/v1/contacts?campaign_id={campaign}&reason={more}", headers=_key(world))

    assert found.status_code == 200
    assert {each["reason"] for each in found.json["data"]} <= {more.partition("&")[0]}
    _assert_cheap(plans)


def test_of_very_many_who_show_a_reason_only_a_page_is_looked_at(world: World) -> None:
    rest = Rest(create_app(world.services))

    with explained(world.sql, kept=False) as plans:
        path = f"/v1/contacts?campaign_id={NOWHERE}&status=held&reason=zone_unknown"
        assert len(rest.get(path, headers=_key(world)).json["data"]) == 50

    dear = [str(plan) for plan in plans if plan.pages > MOST_PAGES_OF_A_PAGE]
    assert not dear, "\n".join(dear)


def test_what_the_front_page_asks_again_and_again_reads_a_few_pages(world: World) -> None:
    visitor = Visitor(create_app(world.services), world.services)

    with explained(world.sql, kept=False) as plans:
        assert visitor.get("/live").status_code == 200

    assert any("'spent'" in plan.statement for plan in plans)
    _assert_cheap(plans)


@pytest.mark.parametrize("more", ["", "&include=lifted"])
def test_where_a_campaign_has_few_opt_outs_those_of_all_others_are_not_read(world: World, more: str) -> None:
    rest = Rest(create_app(world.services))

    with explained(world.sql, kept=False) as plans:
        assert rest.get(f"/v1/suppressions?scope={NOWHERE}{more}", headers=_key(world)).status_code == 200

    of_them = [plan for plan in plans if "FROM suppressions" in plan.statement]
    assert of_them
    dear = [str(plan) for plan in of_them if plan.read_whole or plan.pages > FEW_PAGES_OF_A_SCOPE]
    assert not dear, "\n".join(dear)


def _key(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.services.settings.api_key.get_secret_value()}"}


def _assert_cheap(plans: list[Plan]) -> None:
    assert plans
    dear = [str(plan) for plan in plans if plan.pages > (FEW_PAGES if plan.read_whole else MOST_PAGES)]
    assert not dear, "\n".join(dear)
