"""Erasing leaves nothing: every table, every key and every file is looked through for what was known of a person.

What holds personal data stands in lists, which erasing walks; a column or a key that is in none of them fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis
from pydantic import SecretStr

from api.app import create_app
from orchestrator.errors import Conflict
from orchestrator.local_stack.embedded_servers import RunningServer, start_valkey
from orchestrator.media.capture_files import FOLDER
from orchestrator.operations.contacts.erase_person import erase_contact, erase_number
from orchestrator.store.redis import personal_keys
from orchestrator.store.redis.aof_rewrite import owe_rewrite, rewrite_when_owed
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import Keys
from orchestrator.store.sql import personal_columns
from tests.support.incoming import CALLER, LEG, OURS, answered, inbound, mapped, tell
from tests.support.poll import eventually
from tests.support.rest import CALLER_ID, KEY, Rest
from tests.support.world import World

NAME, EXTERNAL, DIGITS, SAID = "Annabel", "ann-177", "40716", "my-dog-is-called-Rex"
NATIONAL = "(202) 555-0123"  # as CALLER is written at home
SECRETS = (CALLER.removeprefix("+1"), NATIONAL, NAME, EXTERNAL, DIGITS, SAID)
# What live webhooks carry of a person besides the number.
CARRIED = {
    "caller_id_name": NAME,
    "calling_party_type": "pstn",
    "custom_headers": [{"name": "X-Note", "value": SAID}],
    "from_sip_uri": f"{CALLER}@sip.example.test",
    "sip_headers": [{"name": "User-to-User", "value": EXTERNAL}],
    "tags": [NAME],
    "never_announced": {"who": NAME},
}

ASKS = """
name: asks
inputs: {first_name: {default: you}}
answers: {code: none}
outcomes: [told, silent]
outcome: silent
start: ask
inbound: pick_up
steps:
  pick_up: {answer: {}, on: {call.answered: ask}}
  ask:
    gather_using_speak: {payload: "{{ contact.first_name }}, your code, please.", voice: female}
    on:
      call.gather.ended: {set: {code: "{{ event.digits }}"}, outcome: told, goto: bye}
  bye: {hangup: {}}
"""
FILE = f"phone,external_id,first_name\n{CALLER},{EXTERNAL},{NAME}\n{NATIONAL},,{NAME}\n12,{EXTERNAL},{NAME}\n"
ONE_CALL = {"to": CALLER, "external_id": EXTERNAL, "variables": {"first_name": NAME}, "ignore_hours": True}
OPT_OUTS = {"suppressions.phone", "lifted_suppressions.phone"}
TEXTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
    "AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY') ORDER BY 1, 2"
)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[RunningServer]:
    """Return a Valkey whose folder holds nobody else."""
    server = start_valkey(tmp_path / "valkey")
    yield server
    server.stop()


@pytest.fixture
def redis_client(valkey: RunningServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
def rest(world: World, tmp_path: Path) -> Rest:
    more = {"api_key": SecretStr(KEY), "data_dir": tmp_path, "caller_id": CALLER_ID}
    world.__dict__["settings"] = world.settings.model_copy(update=more)
    return Rest(create_app(world.services))


def meet_everywhere(world: World, rest: Rest, folder: Path) -> str:
    """Let a person come in by every way there is; return the id of their contact in a campaign."""
    campaign_id = world.campaign(flow=ASKS)
    assert (rest.upload(campaign_id, FILE, "?region=US&dedupe=phone").json or {})["invalid"] == 1
    [contact_id] = [row.id for row in world.query("SELECT id FROM contacts")]
    world.execute("UPDATE contacts SET zone = 'America/New_York'")
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    _talk(world, call_id, folder)
    _call_once(world, rest)
    _call_back(world)
    _go_astray(world)
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked"})
    rest.delete(f"/v1/suppressions?phone={CALLER.replace('+', '%2B')}&because={NAME}+changed+her+mind")
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked again"})
    rest.patch(f"/v1/contacts/{contact_id}", {"status": "completed", "outcome": f"{NAME} was told"})
    world.execute(
        "UPDATE campaigns SET status_reason = jsonb_build_object('code', 'x', 'detail', CAST(:said AS text))",
        said=f"no {CALLER}",
    )
    world.execute(
        "UPDATE installation SET dialing_stopped = jsonb_build_object('by', 'anna', 'reason', CAST(:said AS text))",
        said=f"{CALLER} complained",
    )
    return contact_id


def _talk(world: World, call_id: str, folder: Path) -> None:
    """Let a call be answered, typed into, recorded, written down and captured, and end."""
    links = {"mp3": f"https://recordings.example.test/{NAME}.mp3"}
    world.hear(call_id, "call.answered", ago_s=9, to=CALLER, **CARRIED)
    world.work(call_id)
    world.hear(call_id, "call.transcription", ago_s=6, transcription_data={"transcript": SAID, "is_final": True})
    world.hear(call_id, "call.gather.ended", ago_s=5, status="valid", digits=DIGITS)
    world.hear(call_id, "call.recording.saved", ago_s=4, recording_id=f"r-{call_id}", recording_urls=links)
    world.work(call_id)
    world.hang_up(call_id, to=CALLER)
    for name in (f"{FOLDER}/{call_id}/stream.wav", f"recordings/{_recording(world, call_id)}"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(SAID)


def _recording(world: World, call_id: str) -> str:
    [row] = world.query(
        "SELECT id, to_char(created_at, 'YYYY-MM') AS month FROM recordings WHERE call_id = :c", c=call_id
    )
    world.execute(
        "UPDATE recordings SET state = 'fetched', format = 'mp3', due_at = NULL, place = :place WHERE id = :id",
        place=f"disk:{row.month}/{row.id}.mp3",
        id=row.id,
    )
    return f"{row.month}/{row.id}.mp3"


def _call_once(world: World, rest: Rest) -> None:
    placed = rest.post("/v1/calls", ONE_CALL, headers={"Idempotency-Key": "once"})
    assert placed.status_code == 202, placed.text
    world.dialer.dial_call((placed.json or {})["id"])
    world.hang_up((placed.json or {})["id"], to=CALLER)


def _call_back(world: World) -> None:
    """Let the person call us twice: once joined to the contact, once to none."""
    mapped(world, ASKS)
    for leg, days in ((LEG, 7), ("v3:other", 0)):
        world.execute("UPDATE numbers SET join_days = :days", days=days)
        tell(world, leg=leg, **CARRIED)
        world.advance()
        call_id = str(inbound(world)[-1].id)
        answered(world, call_id, leg=leg, **CARRIED)
        world.work(call_id)
        answered(world, call_id, "call.gather.ended", leg=leg, status="valid", digits=DIGITS)
        answered(world, call_id, "call.hangup", leg=leg, hangup_cause="normal_clearing", hangup_source="caller")
        world.advance()
        world.let_timers_fire()
        world.advance()
        world.settle()


def _go_astray(world: World) -> None:
    """Let a webhook belong to nobody, and entries fail whose carrier or content names the person."""
    tell(world, "call.answered", leg="v3:nobody's", **CARRIED)
    add_webhook(world.redis, world.keys, b"no event, but it names " + CALLER.encode())
    world.advance()
    letters = {"stream": world.keys.ended, "entry": "1-1", "error": f"KeyError({CALLER})", "call": "call_1"}
    world.redis.xadd(world.keys.dead, letters)


def in_tables(world: World) -> set[str]:
    """Return the columns in which any of the secrets stands."""
    found = set()
    for table, column in world.query(TEXTS):
        for [value] in world.query(f'SELECT "{column}" FROM "{table}"'):
            if any(secret.encode() in _bytes(value) for secret in SECRETS):
                found.add(f"{table}.{column}")
    return found


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else orjson.dumps(value)


def in_keys(world: World) -> set[str]:
    """Return the kinds of key in which any of the secrets stands, whatever type the key is of."""
    names = [name.decode() for name in world.redis.scan_iter(count=1000)]
    return {name.split(":")[1] for name in names if any(s.encode() in _dump(world.redis, name) for s in SECRETS)}


def _dump(client: Any, name: str) -> bytes:
    match client.type(name):
        case b"string":
            held = client.get(name)
        case b"hash":
            held = client.hgetall(name)
        case b"list":
            held = client.lrange(name, 0, -1)
        case b"set":
            held = client.smembers(name)
        case b"zset":
            held = client.zrange(name, 0, -1)
        case b"stream":
            held = client.xrange(name)
        case kind:
            raise AssertionError(f"{name} is a {kind}")
    return f"{name} {held}".encode()


def in_files(folder: Path) -> set[str]:
    """Return the files in which any of the secrets stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if any(secret.encode() in path.read_bytes() for secret in SECRETS)}


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
    _talk(world, call_id, tmp_path)
    before = _dump(world.redis, world.keys.log(call_id))

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
    assert DIGITS.encode() not in _dump(world.redis, world.keys.call(call_id))
    assert DIGITS.encode() not in _dump(world.redis, world.keys.log(call_id))


def test_a_number_without_calls_is_written_out_of_the_servers_file(world: World, rest: Rest, tmp_path: Path) -> None:
    tell(world, "call.answered", leg="v3:nobody's")
    world.advance()
    written = in_files(tmp_path)

    world.run(erase_number, CALLER)
    rewrite_owed(world)

    assert len(written) == 1 and in_files(tmp_path) == set()


def test_a_repeat_of_a_request_whose_person_was_erased_rings_nobody(world: World, rest: Rest, tmp_path: Path) -> None:
    _call_once(world, rest)
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
    assert world.redis.xlen(world.keys.orphans) == 1


def test_an_erasing_that_breaks_off_is_finished_by_its_repeat(world: World, rest: Rest, tmp_path: Path) -> None:
    meet_everywhere(world, rest, tmp_path)
    world.redis.rename(world.keys.orphans, "aside")
    world.redis.set(world.keys.orphans, "no stream")
    with pytest.raises(redis.ResponseError):
        world.run(erase_number, CALLER)
    world.redis.rename("aside", world.keys.orphans)

    world.run(erase_number, CALLER)

    let_live_state_go(world)
    assert (in_tables(world), in_keys(world)) == (OPT_OUTS, set())


def test_a_rewrite_that_died_with_its_server_is_begun_again(valkey: RunningServer, redis_client: redis.Redis) -> None:
    keys = Keys()
    owe_rewrite(redis_client, keys)
    seconds, _ = redis_client.time()
    redis_client.set(keys.rewriting, f"{seconds * 1000 + 5000} a-run-that-is-over")

    rewrite_when_owed(redis_client, keys, least_gap_s=-60)

    assert redis_client.exists(keys.rewrites)
    assert redis_client.info("server")["run_id"].encode() in redis_client.get(keys.rewriting)  # type: ignore[operator]


def test_rewrites_keep_their_distance(valkey: RunningServer, redis_client: redis.Redis) -> None:
    keys = Keys()
    owe_rewrite(redis_client, keys)
    rewrite_when_owed(redis_client, keys, least_gap_s=600)
    first = redis_client.get(keys.rewriting)
    eventually(lambda: not redis_client.info("persistence")["aof_rewrite_in_progress"])
    owe_rewrite(redis_client, keys, after_s=0.001)

    rewrite_when_owed(redis_client, keys, least_gap_s=600)

    assert first is not None and redis_client.get(keys.rewriting) == first
    assert redis_client.zcard(keys.rewrites) == 1


def test_a_rewrite_that_is_owed_later_is_not_begun_before(valkey: RunningServer, redis_client: redis.Redis) -> None:
    owe_rewrite(redis_client, Keys(), after_s=60)

    rewrite_when_owed(redis_client, Keys())

    assert redis_client.get(Keys().rewriting) is None


def test_where_the_server_keeps_no_file_nothing_is_owed(valkey: RunningServer, redis_client: redis.Redis) -> None:
    redis_client.config_set("appendonly", "no")
    owe_rewrite(redis_client, Keys())

    rewrite_when_owed(redis_client, Keys())

    assert not redis_client.exists(Keys().rewrites)
