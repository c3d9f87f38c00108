"""Rows by the million: an installation that has dialed for a month, made within the database."""

from __future__ import annotations

from sqlalchemy import Engine, text

from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.world import CONNECTION, GREETING

ALL_WAIT = "cmp_00000000000000000000000001"  # half of all contacts; nobody is due, and it was resumed just now
FEW_DUE = "cmp_00000000000000000000000002"  # a quarter; before those who are due stand higher priorities, who are not
OVER = "cmp_00000000000000000000000003"  # completed
NOWHERE = "cmp_00000000000000000000000004"  # held for ever: nobody can say an hour for them
SMALL = 200  # campaigns of a few contacts each
A_SMALL_ONE = "cmp_00000000000000000000010003"

_ZONES = (
    "America/New_York America/Chicago America/Denver America/Los_Angeles America/Phoenix America/Detroit "
    "America/Boise America/Toronto America/Winnipeg America/Halifax Europe/London Europe/Berlin Europe/Madrid "
    "Europe/Paris Europe/Rome Europe/Vienna Europe/Warsaw Europe/Lisbon Australia/Sydney Australia/Brisbane"
)
_HOURS = """{"always": true}"""
_NINE_TO_FIVE = (
    """{"timezone": "contact", "windows": [{"days": ["mon-sun"], "start": "09:00", "end": "20:00"}], "holidays": []}"""
)
_LAW = """{"mode": "off", "packs": "auto", "because": "rows of a test"}"""
_CAMPAIGN = f"""
    INSERT INTO campaigns (id, name, flow_id, connection_id, status, caller_ids, calling_hours, law, retry,
        proving_since, heard_webhooks, number_gap_s, keep_open)
    VALUES (:id, :id, 'flow_1', :connection, :status, '["+13125550100"]', CAST(:hours AS jsonb), '{_LAW}',
        '{{"max_attempts": 3}}', now(), :heard, 0, true)
"""
_SMALL_CAMPAIGNS = f"""
    INSERT INTO campaigns (id, name, flow_id, connection_id, status, caller_ids, calling_hours, law, heard_webhooks,
        tags)
    SELECT 'cmp_0000000000000000000001' || lpad(n::text, 4, '0'), 'small ' || n, 'flow_1', :connection,
        CASE n % 4 WHEN 0 THEN 'running' WHEN 1 THEN 'paused' WHEN 2 THEN 'canceled' ELSE 'completed' END,
        '["+13125550100"]', '{_HOURS}', '{_LAW}', true, CASE n % 10 WHEN 0 THEN '{{spring}}' ELSE '{{}}' END::text[]
    FROM generate_series(0, {SMALL - 1}) n
"""
# Of twenty contacts ten wait for tomorrow, five are of the campaign of which few are due, and so on.
_CONTACTS = f"""
    INSERT INTO contacts (id, campaign_id, import_id, phone, zone, zones_version, priority, variables, status, reason,
        due_at, attempts, last_call_id, disposition, outcome, updated_at)
    SELECT 'con_' || lpad(n::text, 26, '0'), campaign, 'imp_1', '+1' || (2012000000 + n),
        CASE campaign WHEN '{NOWHERE}' THEN '' ELSE (CAST(:zones AS text[]))[n % 20 + 1] END, :version,
        CASE WHEN campaign = '{FEW_DUE}' AND n % 1000 <> 10 THEN 5 ELSE 0 END,
        jsonb_build_object('first_name', 'Name ' || n, 'account', n),
        CASE WHEN campaign = '{NOWHERE}' THEN 'held' WHEN campaign = '{OVER}' THEN 'completed'
             WHEN campaign LIKE 'cmp_0000000000000000000001%' THEN 'completed'
             WHEN n % 50000 = 3 THEN 'unknown' WHEN n % 50000 = 4 THEN 'suppressed'
             WHEN n % 2 = 0 AND campaign = '{ALL_WAIT}' THEN 'completed' ELSE 'waiting' END,
        CASE WHEN campaign = '{NOWHERE}' THEN 'zone_unknown' END,
        CASE WHEN campaign = '{NOWHERE}' THEN NULL WHEN campaign = '{FEW_DUE}' AND n % 1000 = 10 THEN now()
             ELSE now() + interval '1 day' END,
        1, 'call_' || lpad(n::text, 26, '0'),
        CASE WHEN n % 20000 = 8 THEN 'fax' WHEN n % 3 = 0 THEN 'human' ELSE 'no_answer' END,
        CASE WHEN n % 20000 = 10 THEN 'promised' WHEN n % 3 = 0 THEN 'heard' END,
        now() - make_interval(secs => :contacts - n)
    FROM (SELECT n, CASE WHEN n % 20 < 10 THEN '{ALL_WAIT}' WHEN n % 20 < 15 THEN '{FEW_DUE}'
                         WHEN n % 20 < 18 THEN '{OVER}' WHEN n % 20 < 19 THEN '{NOWHERE}'
                         ELSE 'cmp_0000000000000000000001' || lpad((n / 20 % {SMALL})::text, 4, '0') END AS campaign
          FROM generate_series(1, :contacts) n) c
"""
# What is found of every fourth; the others are to be found by nothing.
_WORDS = """
    INSERT INTO contact_words (contact_id, place, words)
    SELECT 'con_' || lpad(n::text, 26, '0'), n, 'name ' || n FROM generate_series(4, :contacts, 4) n
"""
_NONE_DUE = "TRUNCATE contact_words_due"
# A call of every second contact, one a second until now.
_CALLS = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, flow_id, to_number, from_number, attempt, state,
        command_id, ring_limit_s, talk_limit_s, send_no, reserved_at, published_at, first_sent_at, last_sent_at,
        accepted_at, deadline_at, dialed_at, ended_at, call_control_id, disposition, outcome, answers,
        answered_at, silent, opted_out)
    SELECT 'call_' || lpad(n::text, 26, '0'), c.campaign_id, c.id, :connection, 'flow_1', c.phone, '+13125550100', 1,
        state, 'cmd-' || n, 30, 600, 1, began, began, began, began, began,
        CASE WHEN state = 'accepted' THEN now() + interval '10 minutes' ELSE began + interval '11 minutes' END,
        began, CASE state WHEN 'ended' THEN began + interval '40 s' END, 'v3:' || n,
        CASE state WHEN 'unknown' THEN 'unknown' WHEN 'ended' THEN
            CASE WHEN n % 200000 = 8 THEN 'fax' WHEN n % 3 = 0 THEN 'human' WHEN n % 3 = 1 THEN 'busy'
                 ELSE 'no_answer' END
        END,
        CASE WHEN n % 200000 = 10 THEN 'promised' WHEN n % 3 = 0 THEN 'heard' END,
        CASE WHEN n % 30 = 0 THEN jsonb_build_object('digit', (n % 9)::text, 'pin', n) ELSE '{}' END,
        CASE WHEN state = 'ended' AND n % 3 = 0 THEN began + interval '10 s' END,
        CASE WHEN state = 'ended' AND n % 3 = 0 THEN false END, CASE WHEN state = 'ended' AND n % 3 = 0 THEN false END
    FROM (SELECT n, now() - make_interval(secs => (:contacts - n) / 2 + 3600) AS began,
            CASE WHEN n > :contacts - 40 THEN 'accepted' WHEN n % 500 = 12 THEN 'unknown'
                 WHEN n % 20000 = 14 THEN 'withdrawn' ELSE 'ended' END AS state
          FROM generate_series(2, :contacts, 2) n) k
    JOIN contacts c ON c.id = 'con_' || lpad(n::text, 26, '0')
"""
_RECORDINGS = """
    INSERT INTO recordings (id, call_id, told_as, event_id, told_at, leg, state, due_at)
    SELECT 'rec_' || n, 'call_' || lpad(n::text, 26, '0'), 'r' || n, 'e' || n, now() - interval '1 day', 'A',
        CASE WHEN n % 100000 = 0 THEN 'failed' ELSE 'fetched' END, NULL
    FROM generate_series(20, :contacts, 20) n
"""
_SUPPRESSIONS = """
    INSERT INTO suppressions (id, phone, scope, reason)
    SELECT 'sup_' || lpad(n::text, 26, '0'), '+1' || (3012000000 + n), 'global', 'asked'
    FROM generate_series(1, :contacts / 10) n
"""
# Every tenth was lifted once before.
_LIFTED = """
    INSERT INTO lifted_suppressions (id, phone, scope, reason, created_at, lifted_at, lifted_by)
    SELECT 'sup_1' || lpad(n::text, 25, '0'), '+1' || (3012000000 + n), 'global', 'asked', now(), now(), 'api'
    FROM generate_series(10, :contacts / 10, 10) n
"""

# A registry of as many numbers as there are contacts, one of the lists that campaigns name, and the history of both.
_LISTS = """
    INSERT INTO lists (id, name, kind, max_age_s, content, version, as_of, entries, prefix_lengths)
    VALUES ('lst_00000000000000000000000001', 'national', 'registry', 2678400, 1, 1, now(), :contacts, '{}'),
        ('lst_00000000000000000000000002', 'internal', 'suppress', NULL, 2, 1, now(), :contacts / 10, '{5,6}')
"""
_CONTENTS = """
    INSERT INTO list_contents (list_id, version, status, as_of, loaded_by, entries)
    SELECT 'lst_' || lpad(n::text, 26, '0'), 1, 'in_force', now(), 'api', :contacts FROM generate_series(1, 2) n
"""
_ENTRIES = """
    INSERT INTO list_entries (content, number)
    SELECT 1, '+1' || (4012000000 + n) FROM generate_series(1, :contacts) n
    UNION ALL SELECT 2, '+1' || (5012000000 + n) FROM generate_series(1, :contacts / 10) n
"""
_CHANGES = """
    INSERT INTO list_changes (id, list_id, action, number, by)
    SELECT 'lch_' || lpad(n::text, 26, '0'), 'lst_00000000000000000000000002', 'add', '+1' || (5012000000 + n), 'api'
    FROM generate_series(1, :contacts / 10) n
"""
_NAMED = """UPDATE campaigns SET lists = '{"suppress": ["global", "internal"]}'"""
_OF_LISTS = (_LISTS, _CONTENTS, _ENTRIES, _CHANGES, _NAMED)


def fill(sql: Engine, *, contacts: int) -> None:
    """Write `contacts` contacts in some 200 campaigns and half as many calls, and let the planner know."""
    campaigns = (
        {"id": ALL_WAIT, "status": "running", "heard": False, "hours": _HOURS},
        {"id": FEW_DUE, "status": "running", "heard": True, "hours": _HOURS},
        {"id": OVER, "status": "completed", "heard": True, "hours": _HOURS},
        {"id": NOWHERE, "status": "running", "heard": True, "hours": _NINE_TO_FIVE},
    )
    with sql.begin() as tx:
        tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text("SET LOCAL plan_cache_mode = auto"))  # else what guards each row is planned for each row
        tx.connection.driver_connection.wait_at_most_s = 3600  # type: ignore[union-attr]
        shared = {"connection": CONNECTION, "contacts": contacts, "zones": _ZONES.split()}
        shared["version"] = zones_version().name
        tx.execute(
            text("INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES (:connection, 29, 500)"), shared
        )
        tx.execute(
            text(
                "INSERT INTO flows (id, name, version, source, content_type, content_hash)"
                " VALUES ('flow_1', 'greeting', 1, :source, 'application/yaml', 'h')"
            ),
            {"source": GREETING},
        )
        for campaign in campaigns:
            tx.execute(text(_CAMPAIGN), {**shared, **campaign})
        for statement in (
            _SMALL_CAMPAIGNS,
            _CONTACTS,
            _WORDS,
            _NONE_DUE,
            _CALLS,
            _RECORDINGS,
            _SUPPRESSIONS,
            _LIFTED,
            *_OF_LISTS,
        ):
            tx.execute(text(statement), shared)
        tx.execute(
            text("INSERT INTO campaign_zones (campaign_id, zone) SELECT DISTINCT campaign_id, zone FROM contacts")
        )
    while fold_tallies(sql):
        pass
    with sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.connection.driver_connection.wait_at_most_s = 3600  # type: ignore[union-attr]
        tx.execute(text("SET statement_timeout = 0"))
        tx.execute(text("VACUUM ANALYZE"))
