"""Erasing leaves nothing: every table, every key and every file is looked through for what was known of a person.

What holds personal data stands in lists, which erasing walks; a column or a key that is in none of them fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from api.app import create_app
from orchestrator.errors import Conflict
from orchestrator.local_stack.embedded_servers import RunningServer, start_valkey
from orchestrator.operations.contacts.erase_person import erase_contact, erase_number
from orchestrator.store.redis import personal_keys
from orchestrator.store.redis.aof_rewrite import rewrite_when_owed
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import personal_columns
from tests.support.incoming import CALLER, OURS, inbound, mapped, tell
from tests.support.personal_traces import (
    ASKS,
    DIGITS,
    EXTERNAL,
    NAME,
    NATIONAL,
    ONE_CALL,
    SAID,
    TEXTS,
    call_once,
    dump_key,
    in_files,
    in_keys,
    in_tables,
    meet_everywhere,
    talk_once,
)
from tests.support.poll import eventually
from tests.support.rest import CALLER_ID, KEY, Rest
from tests.support.world import World

OPT_OUTS = {"suppressions.phone", "lifted_suppressions.phone", "list_entries.number", "list_changes.number"}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RunningServer]:
    """Return a Valkey whose folder holds nobody else."""
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


@pytest.fixture
def redis_client(valkey: RunningServer) -> Iterator[redis.Redis]:
    """Return a client of that Valkey, so that what the test writes lies in its folder."""
    with redis.Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
def rest(world: World, tmp_path: Path) -> Rest:
    more = {"api_key": SecretStr(KEY), "data_dir": tmp_path, "caller_id": CALLER_ID}
    world.__dict__["settings"] = world.settings.model_copy(update=more)
    return Rest(create_app(world.services))


def let_live_state_go(world: World) -> None:
    """Let a quarter of an hour pass for Valkey."""
    for name in world.redis.scan_iter():
        if world.redis.ttl(name) > 0:
            world.redis.delete(name)


def rewrite_owed(world: World) -> None:
    """Let every rewrite that is owed be due, and done."""
    for member in world.redis.zrange(world.keys.rewrites, 0, -1):
        world.redis.zadd(world.keys.rewrites, {member: 1})

    def is_done() -> bool:
        rewrite_when_owed(world.redis, world.keys, least_gap_s=0)
        return not world.redis.exists(world.keys.rewrites)

    eventually(is_done, within=30)


def test_every_column_that_takes_text_stands_in_a_list_of_what_is_personal_or_not(world: World) -> None:
    erased = {f"{e.table.name}.{name}" for e in personal_columns.ERASED_COLUMNS for name in e.values}
    about_nobody = {f"{table}.{name}" for table, names in personal_columns.ABOUT_NOBODY.items() for name in names}

    there = {f"{table}.{name}" for table, name in world.query(TEXTS)}

    listed = erased | set(personal_columns.KEPT) | about_nobody
    assert there - listed == set()
    assert (set(personal_columns.KEPT) | about_nobody) - there == set()
    assert not set(personal_columns.KEPT) & about_nobody and not erased & (set(personal_columns.KEPT) | about_nobody)


def test_every_key_stands_in_a_list_of_what_is_personal_or_not() -> None:
    names = {name for name in vars(Keys) if not name.startswith("_")} - {"partition"}

    lists = (set(personal_keys.ERASED_KEYS), set(personal_keys.PASSING), set(personal_keys.ABOUT_NOBODY))

    assert set().union(*lists) == names
    assert sum(map(len, lists)) == len(names)


def test_an_erased_number_stands_nowhere_but_in_the_list_of_opt_outs(world: World, rest: Rest, tmp_path: Path) -> None:
    meet_everywhere(world, rest, tmp_path)
    met = in_tables(world)

    erased = rest.post("/v1/erasures", {"phone": NATIONAL.replace("(", "+1 (")})

    assert erased.json == {"contacts": 4, "calls": 4}
    assert {"contacts.phone", "import_rejects.raw", "idempotency_keys.response", "suppressions.reason"} < met
    assert {"lifted_suppressions.reason", "lifted_suppressions.because", "suppression_requests.reason"} < met
    assert in_tables(world) == OPT_OUTS
    assert in_keys(world) <= {"call"}
    let_live_state_go(world)
    assert in_keys(world) == set()
    assert in_files(tmp_path) - {path.name for path in (tmp_path / "valkey").rglob("*.aof")} == set()
    rewrite_owed(world)
    assert in_files(tmp_path) == set()


def test_an_erased_contact_takes_its_calls_answers_and_refused_rows_with_it(
    world: World, rest: Rest, tmp_path: Path
) -> None:
    contact_id = meet_everywhere(world, rest, tmp_path)

    world.run(erase_contact, contact_id)

    left = in_tables(world)
    assert world.query("SELECT raw::text, detail FROM import_rejects") == [("{}", "erased")] * 2
    assert in_keys(world) <= {"call", "log"}  # of the calls that are not the contact's
    assert {"calls.to_number", "contacts.phone"} <= left  # the single call stands for itself
    assert "call_events.payload" in left and "import_rejects.raw" not in left


def test_the_live_state_of_an_erased_call_keeps_the_number_alone_and_for_a_quarter_of_an_hour(
    world: World, rest: Rest, tmp_path: Path
) -> None:
    campaign_id = world.campaign(flow=ASKS)
    contact_id = world.contact(campaign_id, phone=CALLER, variables={"first_name": NAME}, external_id=EXTERNAL)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    talk_once(world, call_id, tmp_path)
    before = dump_key(world.redis, world.keys.log(call_id))

    world.run(erase_contact, contact_id)

    live = world.live(call_id)
    assert live and (live.to, live.is_erased, live.contact, live.answers, live.recordings) == (CALLER, True, {}, {}, ())
    assert DIGITS.encode() in before and in_keys(world) == {"call"}
    assert 0 < world.redis.ttl(world.keys.log(call_id)) <= 900 and 0 < world.redis.ttl(world.keys.call(call_id)) <= 900
    dues = [score for _, score in world.redis.zrange(world.keys.rewrites, 0, -1, withscores=True)]
    assert max(dues) - min(dues) >= 1000 * world.redis.ttl(world.keys.call(call_id))  # the file is written again then


def test_what_is_told_late_of_an_erased_call_stands_nowhere_afterwards(
    world: World, rest: Rest, tmp_path: Path
) -> None:
    campaign_id = world.campaign(flow=ASKS)
    world.contact(campaign_id, phone=CALLER, variables={"first_name": NAME})
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered", ago_s=9, to=CALLER)
    world.work(call_id)
    world.hang_up(call_id, to=CALLER)
    world.run(erase_number, CALLER)

    world.hear(call_id, "call.gather.ended", ago_s=5, status="valid", digits=DIGITS, to=CALLER)
    tell(world, "call.transcription", leg=f"v3:{call_id}", transcription_data={"transcript": SAID})
    world.advance()
    world.settle()
    let_live_state_go(world)
    tell(world, "call.cost", leg=f"v3:{call_id}")
    world.advance()

    assert world.call_row(call_id)["outcome"] == "told"
    assert (in_tables(world), in_keys(world)) == (set(), set())


def test_what_is_told_late_of_an_erased_call_is_in_no_key_either(world: World, rest: Rest, tmp_path: Path) -> None:
    campaign_id = world.campaign(flow=ASKS)
    world.contact(campaign_id, phone=CALLER, variables={"first_name": NAME})
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.answered", ago_s=9)
    world.work(call_id)
    world.hang_up(call_id)
    world.run(erase_number, CALLER)

    world.hear(call_id, "call.gather.ended", ago_s=5, status="valid", digits=DIGITS)
    world.advance()

    live = world.live(call_id)
    assert live and (live.outcome, live.answers) == ("told", {})
    assert DIGITS.encode() not in dump_key(world.redis, world.keys.call(call_id))
    assert DIGITS.encode() not in dump_key(world.redis, world.keys.log(call_id))


def test_a_number_without_calls_is_written_out_of_the_servers_file(world: World, rest: Rest, tmp_path: Path) -> None:
    tell(world, "call.answered", leg="v3:nobody's")
    world.advance()
    written = in_files(tmp_path)

    world.run(erase_number, CALLER)
    rewrite_owed(world)

    assert len(written) == 1 and in_files(tmp_path) == set()


def test_a_repeat_of_a_request_whose_person_was_erased_rings_nobody(world: World, rest: Rest, tmp_path: Path) -> None:
    call_once(world, rest)
    world.run(erase_number, CALLER)

    again = rest.post("/v1/calls", ONE_CALL, headers={"Idempotency-Key": "once"})

    assert (again.status_code, (again.json or {})["code"]) == (410, "erased")
    assert len(world.query("SELECT id FROM calls")) == 1


def test_who_is_in_a_call_is_not_erased_by_number(world: World, rest: Rest) -> None:
    mapped(world, ASKS)
    tell(world)
    world.advance()

    with pytest.raises(Conflict, match="under way"):
        world.run(erase_number, CALLER)

    assert inbound(world)[0].from_number == CALLER


def test_an_opt_out_outlives_its_person(world: World, rest: Rest) -> None:
    campaign_id = world.campaign()
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked"})
    rest.delete(f"/v1/suppressions?phone={CALLER.replace('+', '%2B')}&because={NAME}+changed+her+mind")
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked again"})

    erased = rest.post("/v1/erasures", {"phone": CALLER})
    contact_id = world.contact(campaign_id, phone=CALLER)

    assert erased.json == {"contacts": 0, "calls": 0}
    assert world.query("SELECT phone, reason FROM suppressions") == [(CALLER, "erased")]
    assert world.query("SELECT phone, reason, because FROM lifted_suppressions") == [(CALLER, "erased", "erased")]
    assert world.query("SELECT reason FROM suppression_requests") == [("erased",)] * 2
    assert world.claim(campaign_id) == [] and world.contact_row(contact_id)["status"] == "suppressed"


def test_others_keep_what_is_theirs(world: World, rest: Rest) -> None:
    campaign_id = world.campaign(flow=ASKS)
    other = "+12025550199"
    rest.upload(campaign_id, f"phone,external_id\n{CALLER},a\n{other},b\n{other},b\n0123,c\n", "?region=US")
    tell(world, "call.answered", leg="v3:theirs", **{"from": other, "to": OURS})
    world.advance()

    world.run(erase_number, CALLER)

    assert [row.phone for row in world.query("SELECT phone FROM contacts WHERE external_id = 'b'")] == [other]
    assert [row.raw["phone"] for row in world.query("SELECT raw FROM import_rejects ORDER BY row")] == [other, "0123"]
    assert world.redis.xlen(world.keys.unmatched_webhooks) == 1


def test_an_erasing_that_breaks_off_is_finished_by_its_repeat(world: World, rest: Rest, tmp_path: Path) -> None:
    meet_everywhere(world, rest, tmp_path)
    world.redis.rename(world.keys.unmatched_webhooks, "aside")
    world.redis.set(world.keys.unmatched_webhooks, "no stream")
    with pytest.raises(redis.ResponseError):
        world.run(erase_number, CALLER)
    world.redis.rename("aside", world.keys.unmatched_webhooks)

    world.run(erase_number, CALLER)

    let_live_state_go(world)
    assert (in_tables(world), in_keys(world)) == (OPT_OUTS, set())
