"""The migrations make the tables that the code says, and bring an older release's rows along."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.policy.caps import DEFAULT_CAPS
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.setting import LawSetting, stored_setting
from orchestrator.store.sql.dial_checks import gate_facts, read_facts
from orchestrator.store.sql.dial_counts import Dials
from orchestrator.store.sql.migrate import upgrade
from orchestrator.store.sql.tables import metadata
from tests.support.old_schema import database_at, downgrade_to
from tests.support.poll import eventually

_A_CALL = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp', 'n', 'conn')",
    "INSERT INTO contacts (id, campaign_id, phone, attempts) VALUES ('con', 'cmp', '+12125550123', 2)",
    (
        "INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state,"
        " command_id, ring_limit_s, talk_limit_s, hangup_cause, disposition)"
        " VALUES ('call', 'cmp', 'con', 'conn', '+12125550123', '+12125550100', 1, 'ended', 'c', 30, 60,"
        " 'normal_clearing', 'answered')"
    ),
)


def test_the_migrations_and_the_tables_agree(sql: Engine) -> None:
    with sql.connect() as tx:
        differences = compare_metadata(MigrationContext.configure(tx), metadata)

    assert differences == []


def test_calls_of_the_release_before_keep_what_is_known_of_their_end(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0004", name="schema_0004") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))

        upgrade(url)

        with engine.connect() as tx:
            told = "SELECT hangup_cause, disposition, sip_hangup_cause, telnyx_error, fault FROM calls"
            assert tx.execute(text(told)).one() == ("normal_clearing", "answered", None, None, None)
            spent = "SELECT attempts - coalesce((tally->>'unspent')::int, 0) FROM contacts"
            assert tx.execute(text(spent)).scalar_one() == 2
        engine.dispose()


def test_an_upgrade_and_a_pause_of_the_release_before_do_not_wait_for_each_other(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0008", name="schema_0008_busy") as url, ThreadPoolExecutor(1) as pool:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))

        with engine.begin() as pausing:  # withdraws first, and then looks how the campaign stands
            pausing.execute(text("UPDATE calls SET withdrawn_reason = 'campaign_paused'"))
            upgrading = pool.submit(upgrade, url)
            eventually(lambda: _somebody_waits(engine) or upgrading.done())
            told = pausing.execute(text("SELECT status FROM campaigns")).scalars().all()
        upgrading.result(timeout=30)
        engine.dispose()

    assert told == ["draft"]


def _somebody_waits(engine: Engine) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as tx:
        return tx.execute(text(waiting)).first() is not None


def test_rates_of_the_release_before_are_brought_within_their_bounds(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0005", name="schema_0005") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in (*_A_CALL, "UPDATE connections SET calls_per_second = 1e-38, max_live_calls = 1000000"):
                tx.execute(text(statement))
            tx.execute(text("""UPDATE campaigns SET pacing = '{"calls_per_second": 1e-38, "weight": 2}'"""))

        upgrade(url)

        with engine.connect() as tx:
            limits = tx.execute(text("SELECT calls_per_second, max_live_calls FROM connections")).one()
            pacing = tx.execute(text("SELECT pacing FROM campaigns")).scalar_one()
            over = tx.execute(text("SELECT send_over FROM calls")).scalar_one()
        engine.dispose()

    assert limits == (0.01, 100_000)
    assert pacing == {"calls_per_second": 0.01, "weight": 2}
    assert over == 0


def test_recordings_of_the_release_before_and_of_an_engine_beside_it_say_whose_campaign_they_are_of(
    postgres_server: RunningServer,
) -> None:
    insert = text(
        "INSERT INTO recordings (id, call_id, told_as, event_id, told_at, leg)"
        " VALUES (:id, 'call', :id, 'e', now(), 'A')"
    )
    with database_at(postgres_server.url, "0012", name="schema_0012") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))
            tx.execute(insert, {"id": "before"})

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(insert, {"id": "beside"})
            rows = tx.execute(text("SELECT id, campaign_id FROM recordings ORDER BY 1")).all()
        engine.dispose()
    assert [tuple(row) for row in rows] == [("before", "cmp"), ("beside", "cmp")]


def test_campaigns_of_the_release_before_that_call_at_any_hour_go_on_and_all_others_obey_the_law(
    postgres_server: RunningServer,
) -> None:
    always, default, hours = """{"always": true}""", "{}", """{"windows": []}"""
    with database_at(postgres_server.url, "0020", name="schema_0020_law") as url:
        engine = create_engine(url)
        insert = text(
            "INSERT INTO campaigns (id, name, connection_id, calling_hours) VALUES (:id, :id, 'conn', :hours)"
        )
        with engine.begin() as tx:
            tx.execute(text(_A_CALL[0]))
            for ident, written in (("always", always), ("default", default), ("hours", hours)):
                tx.execute(insert, {"id": ident, "hours": written})

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(insert, {"id": "made by an engine beside", "hours": default})
            laws = {row.id: stored_setting(row.law) for row in tx.execute(text("SELECT id, law FROM campaigns"))}
        downgrade_to(url, "0020")
        engine.dispose()
    assert laws.pop("always") == LawSetting(mode=LawMode.OFF, because="created before the law was enforced")
    assert set(laws.values()) == {LawSetting()}


_IDS = (
    ("con_1", "cmp", "Zoe\u0308", False),  # becomes Zoë
    ("con_2", "cmp", "Ame\u0301lie", False),  # cannot: con_3 has it
    ("con_3", "cmp", "Am\u00e9lie", False),
    ("con_4", "cmp", "a\u0323\u0307", False),  # of two that become the same, the older does
    ("con_5", "cmp", "a\u0307\u0323", False),
    ("con_6", "cmp", "Zoe\u0308", True),  # a single call shares no identity
    ("con_7", "cmp", "plain", False),
    ("con_8", "cmp", None, False),
)


def test_external_ids_of_the_release_before_are_written_in_one_way_and_none_is_lost(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0006", name="schema_0006") as url:
        engine = create_engine(url)
        insert = text(
            "INSERT INTO contacts (id, campaign_id, phone, external_id, is_single) VALUES (:i, :c, :p, :e, :s)"
        )
        with engine.begin() as tx:
            for statement in _A_CALL[:2]:
                tx.execute(text(statement))
            for n, (contact, campaign, ident, single) in enumerate(_IDS):
                row = {"i": contact, "c": campaign, "p": f"+1212555012{n}", "e": ident, "s": single}
                tx.execute(insert, row)

        upgrade(url)

        with engine.connect() as tx:
            rows = tx.execute(text("SELECT id, external_id FROM contacts")).all()
            kept = {row.id: row.external_id for row in rows}
        engine.dispose()
    assert kept == {
        "con_1": "Zo\u00eb",
        "con_2": "Ame\u0301lie",
        "con_3": "Am\u00e9lie",
        "con_4": "\u1ea1\u0307",
        "con_5": "a\u0307\u0323",
        "con_6": "Zo\u00eb",
        "con_7": "plain",
        "con_8": None,
    }


@pytest.mark.parametrize(("sends", "count", "bits"), [(1, 0, 0), (1, 1, 1), (2, 0, 0), (2, 1, 0), (2, 2, 3)])
def test_of_a_count_of_sends_that_never_left_only_what_is_sure_is_kept(
    postgres_server: RunningServer, sends: int, count: int, bits: int
) -> None:
    with database_at(postgres_server.url, "0007", name="schema_0007") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))
            dialing = "UPDATE calls SET state = 'dialing', send_no = :sends, unsent = :count"
            tx.execute(text(dialing), {"sends": sends, "count": count})

        upgrade(url)

        with engine.connect() as tx:
            assert tx.execute(text("SELECT unsent FROM calls")).scalar_one() == bits
        engine.dispose()


def test_campaigns_of_the_release_before_say_nothing_of_caps_and_their_dials_count(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0008", name="schema_0008") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in (*_A_CALL, "UPDATE calls SET last_sent_at = now() - interval '1 hour'"):
                tx.execute(text(statement))

        upgrade(url)

        with engine.connect() as tx:
            caps = tx.execute(text("SELECT caps FROM campaigns")).scalar_one()
            facts = read_facts(tx, ["con"], DEFAULT_CAPS)["con"]
        engine.dispose()

    assert caps == {}
    assert (facts["number_day_limit"], facts["dials"], facts["caller_id_day_limit"]) == (3, 1, None)


def test_opt_outs_of_the_release_before_hold_on_with_their_first_words(postgres_server: RunningServer) -> None:
    with database_at(postgres_server.url, "0009", name="schema_0009") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            tx.execute(
                text(
                    "INSERT INTO suppressions (id, phone, scope, reason, call_id, expires_at) VALUES"
                    " ('sup_1', '+12125550123', 'global', 'asked', NULL, NULL),"
                    " ('sup_2', '+12125550123', 'cmp_1', 'pressed 9', 'call_1', '2031-01-01T00:00:00Z')"
                )
            )

        upgrade(url)

        with engine.connect() as tx:
            stands = tx.execute(text("SELECT id, scope, reason FROM suppressions ORDER BY id")).all()
            assert tx.execute(text("SELECT id FROM lifted_suppressions")).all() == []
            asked = "SELECT suppression_id, asked_by, reason, call_id, expires_at IS NULL FROM suppression_requests"
            words = tx.execute(text(f"{asked} ORDER BY id")).all()
        engine.dispose()
    assert stands == [("sup_1", "global", "asked"), ("sup_2", "cmp_1", "pressed 9")]
    assert words == [("sup_1", "api", "asked", None, True), ("sup_2", "flow", "pressed 9", "call_1", False)]


def test_campaigns_of_the_release_before_and_of_an_engine_beside_it_ask_every_registry(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0014", name="schema_0014") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(text("INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp_2', 'n', 'conn')"))
            tx.execute(text("INSERT INTO contacts (id, campaign_id, phone) VALUES ('con_2', 'cmp_2', '+12125550124')"))
            tx.execute(
                text(
                    "INSERT INTO lists (id, name, kind, max_age_s, content) VALUES ('l', 'national', 'registry', 60, 7)"
                )
            )
            tx.execute(text("INSERT INTO list_entries (content, number) VALUES (7, '+12125550124')"))
            read = read_facts(tx, ["con", "con_2"], DEFAULT_CAPS)
            facts = {
                ident: gate_facts(row, contact_status_ok=True, from_caller_id=Dials()) for ident, row in read.items()
            }
        assert [registry.name for registry in facts["con"].registries] == ["national"]
        assert (facts["con"].listed_on, facts["con_2"].listed_on) == (None, "national")
        downgrade_to(url, "0014")
        with engine.connect() as tx:
            assert tx.execute(text("SELECT id FROM campaigns ORDER BY id")).scalars().all() == ["cmp", "cmp_2"]
        engine.dispose()


def test_going_back_to_the_release_before_leaves_what_stands_and_brings_nothing_lifted_back(
    postgres_server: RunningServer,
) -> None:
    write = text("INSERT INTO suppressions (id, phone, scope, reason) VALUES (:id, '+12125550123', :id, 'asked')")
    with database_at(postgres_server.url, "0010", name="schema_0010") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            tx.execute(write, [{"id": "sup_1"}, {"id": "sup_2"}])
            tx.execute(text("DELETE FROM suppressions WHERE id = 'sup_1'"))

        downgrade_to(url, "0009")

        with engine.connect() as tx:
            assert tx.execute(text("SELECT id FROM suppressions")).all() == [("sup_2",)]
        upgrade(url)
        engine.dispose()


def test_contacts_of_the_release_before_that_are_never_dialed_and_have_no_zone_end(
    postgres_server: RunningServer,
) -> None:
    charged = {"a": "+19005551212", "b": "+881612345678", "c": "+979123456789", "d": "+15325551212"}
    numbers = {**charged, "e": "+8801712345678", "f": "+12125550123", "g": "+15305551212"}
    with database_at(postgres_server.url, "0011", name="schema_0011") as url:
        engine = create_engine(url)
        held = text(
            "INSERT INTO contacts (id, campaign_id, phone, status, reason, due_at)"
            " VALUES (:id, 'cmp', :phone, 'held', 'zone_unknown', NULL)"
        )
        with engine.begin() as tx:
            for statement in _A_CALL[:2]:
                tx.execute(text(statement))
            for ident, phone in numbers.items():
                tx.execute(held, {"id": ident, "phone": phone})

        upgrade(url)

        with engine.connect() as tx:
            ended = "SELECT id, reason FROM contacts WHERE status = 'exhausted' ORDER BY id"
            assert tx.execute(text(ended)).all() == [(ident, "number_kind") for ident in charged]
        engine.dispose()


def test_calls_of_an_engine_beside_the_new_schema_are_no_people_that_heard_nothing(
    postgres_server: RunningServer,
) -> None:
    ends = "UPDATE calls SET state = 'ended', disposition = 'human', answered_at = now(), ended_at = now()"
    measured = "UPDATE calls SET abandoned = true, silent = true, opted_out = false, spent = 0.25"
    kept = "SELECT subject, parts[2], n FROM tally_changes WHERE subject IN ('people', 'spent') ORDER BY 1, 2"
    with database_at(postgres_server.url, "0015", name="schema_0015") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in _A_CALL:
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(text(ends))
            told = tx.execute(text("SELECT heard_after_ms, abandoned, silent, opted_out, spent FROM calls")).one()
            before = tx.execute(text(kept)).all()
            tx.execute(text(measured))
            since = [tuple(row) for row in tx.execute(text(kept)).all()]
            said = tx.execute(text("SELECT guards, spend FROM campaigns")).one()
        engine.dispose()
        downgrade_to(url, "0015")
        upgrade(url)

    assert tuple(told) == (None, False, None, None, None)
    assert before == []
    assert since == [
        ("people", "abandoned", 1),
        ("people", "people", 1),
        ("people", "silent", 1),
        ("spent", None, 250000),
    ]
    assert tuple(said) == ({}, None)


_PEOPLE_COUNTED = text(
    "SELECT what, sum(n)::int FROM (SELECT parts[2] AS what, n FROM tallies WHERE subject = 'people' UNION ALL"
    " SELECT parts[2], n FROM tally_changes WHERE subject = 'people') p GROUP BY what HAVING sum(n) <> 0 ORDER BY what"
)


def test_campaigns_of_the_release_before_keep_their_caller_ids_and_a_pool_becomes_caller_ids_on_the_way_back(
    postgres_server: RunningServer,
) -> None:
    with database_at(postgres_server.url, "0019", name="schema_0019_pools") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in (*_A_CALL, """UPDATE campaigns SET caller_ids = '["+12125550100"]'"""):
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            kept = tx.execute(text("SELECT caller_ids, caller_id_pool FROM campaigns")).one()
            tx.execute(
                text(
                    "INSERT INTO caller_id_pools (id, name, numbers, choose, per_day, per_hour, rest_s, health) VALUES"
                    """ ('pool', 'p', '[{"number": "+12125550111"}, {"number": "+12125550112"}]', 'sticky', 1, 1, 1,"""
                    " '{}')"
                )
            )
            tx.execute(text("UPDATE campaigns SET caller_ids = '[]', caller_id_pool = 'pool'"))
            tx.execute(text("INSERT INTO campaigns (id, name, connection_id) VALUES ('beside', 'n', 'conn')"))
        downgrade_to(url, "0019")
        with engine.connect() as tx:
            back = tx.execute(text("SELECT caller_ids FROM campaigns ORDER BY id")).scalars().all()
        engine.dispose()
    assert tuple(kept) == (["+12125550100"], None)
    assert back == [[], ["+12125550111", "+12125550112"]]


def test_a_connection_of_the_release_before_goes_on_dialing_the_countries_of_those_who_wait(
    postgres_server: RunningServer,
) -> None:
    add = (
        "INSERT INTO contacts (id, campaign_id, phone, status) VALUES "
        "('ca', 'cmp', '+14165550123', 'held'), ('gb', 'cmp', '+447400123456', 'waiting'), "
        "('fr', 'cmp', '+33612345678', 'completed')"
    )
    with database_at(postgres_server.url, "0021", name="schema_0021_abroad") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in (*_A_CALL, """UPDATE campaigns SET caller_ids = '["+12125550100"]'""", add):
                tx.execute(text(statement))
            tx.execute(text("INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('at home', 1, 1)"))
            tx.execute(text("INSERT INTO campaigns (id, name, connection_id) VALUES ('home', 'n', 'at home')"))
            tx.execute(text("UPDATE campaigns SET caller_ids = '[\"+12125550100\"]'"))
            tx.execute(text("INSERT INTO contacts (id, campaign_id, phone) VALUES ('us', 'home', '+12135550123')"))

        upgrade(url)

        with engine.connect() as tx:
            rows = tx.execute(text("SELECT id, dial_regions FROM connections"))
            dialed = {row.id: row.dial_regions for row in rows}
        engine.dispose()

    assert dialed == {"conn": ["CA", "GB", "US"], "at home": None}


def test_people_of_an_engine_beside_the_new_schema_are_not_bridged_and_there_is_a_way_back(
    postgres_server: RunningServer,
) -> None:
    end = "UPDATE calls SET state = 'ended', silent = false, opted_out = false, answered_at = '2026-11-29T12:00:00Z'"
    with database_at(postgres_server.url, "0036", name="schema_0036_people") as url:
        engine = create_engine(url)
        with engine.begin() as tx:
            for statement in (*_A_CALL, end):
                tx.execute(text(statement))

        upgrade(url)

        with engine.begin() as tx:
            tx.execute(text("UPDATE calls SET abandoned = true"))  # as an engine of the release before writes it
            beside = tx.execute(_PEOPLE_COUNTED).all()
            tx.execute(text("UPDATE calls SET bridged = true"))
            bridged = tx.execute(_PEOPLE_COUNTED).all()
        downgrade_to(url, "0036")
        with engine.begin() as tx:
            tx.execute(text("UPDATE calls SET silent = NULL"))
            back = tx.execute(_PEOPLE_COUNTED).all()
        engine.dispose()

    assert [tuple(row) for row in beside] == [("abandoned", 1), ("people", 1)]
    assert [tuple(row) for row in bridged] == [("abandoned", 1), ("bridged", 1), ("people", 1)]
    assert back == []
