"""A person who met this system in every way there is, and the places in which something of them is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from orchestrator.media.capture_files import FOLDER
from orchestrator.store.redis.event_streams import add_webhook
from tests.support.incoming import CALLER, LEG, answered, inbound, mapped, tell
from tests.support.rest import Rest
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
ONE_CALL = {
    "to": CALLER,
    "external_id": EXTERNAL,
    "variables": {"first_name": NAME},
    "ignore_hours": True,
    "because": f"{NAME} asked to be called back",
}
TEXTS = (
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
    "AND data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY') ORDER BY 1, 2"
)


def meet_everywhere(world: World, rest: Rest, folder: Path) -> str:
    """Let a person come in by every way there is; return the id of their contact in a campaign."""
    campaign_id = world.campaign(flow=ASKS)
    assert (rest.upload(campaign_id, FILE, "?region=US&dedupe=phone").json or {})["invalid"] == 1
    [contact_id] = [row.id for row in world.query("SELECT id FROM contacts")]
    world.execute("UPDATE contacts SET zone = 'America/New_York'")
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    talk_once(world, call_id, folder)
    call_once(world, rest)
    _call_back(world)
    _go_astray(world)
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked"})
    rest.delete(f"/v1/suppressions?phone={CALLER.replace('+', '%2B')}&because={NAME}+changed+her+mind")
    rest.post("/v1/suppressions", {"phone": CALLER, "reason": f"{NAME} asked again"})
    made = rest.post("/v1/lists", {"name": "complained", "kind": "suppress"}).json or {}
    rest.post(f"/v1/lists/{made['id']}/entries", {"entries": [CALLER], "because": f"{NAME} complained"})
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


def talk_once(world: World, call_id: str, folder: Path) -> None:
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


def call_once(world: World, rest: Rest) -> None:
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
    return {name.split(":")[1] for name in names if any(s.encode() in dump_key(world.redis, name) for s in SECRETS)}


def dump_key(client: Any, name: str) -> bytes:
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
