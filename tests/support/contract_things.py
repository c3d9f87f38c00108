"""One of each kind that the API knows, so that a generated request meets something that is there."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any

from orchestrator.services import Services
from orchestrator.store.redis.event_streams import bury, ensure_groups
from orchestrator.store.redis.keys import Keys
from tests.support.ledger_rows import live_call
from tests.support.recorded import recorded
from tests.support.rest import CONNECTION, Rest, fresh_number

_keys = count()
_SOUND = b"ID3" + bytes(range(256))


@dataclass(frozen=True)
class Things:
    """The ids of what is there, by the name of the path parameter that takes them."""

    ids: Mapping[str, str]

    def put_into(self, case: Any) -> None:
        """Let a path that could lead to something lead there; one that is wrong on purpose stays wrong."""
        for name, value in dict(case.path_parameters or {}).items():
            if name in self.ids and _could_be(value, self.ids[name]):
                case.path_parameters[name] = self.ids[name]
        if (case.headers or {}).get("Idempotency-Key"):
            case.headers["Idempotency-Key"] = f"k{next(_keys)}"


def make_things(rest: Rest, services: Services, *, named: Container[str] | None = None) -> Things:
    """Make one of each; with `named` of those alone whose ids have such a name."""
    ids = {"connection_id": CONNECTION}
    for names, make in _MADE.items():
        if named is None or any(name in named for name in names):
            ids.update(zip(names, make(rest, services), strict=True))
    return Things(ids)


def _call(rest: Rest, services: Services) -> tuple[str, ...]:
    call = live_call(rest, services)
    services.redis.set(Keys().stream(call), b"")
    shown = rest.get(f"/v1/calls/{call}").json or {}
    return call, shown["campaign_id"], shown["contact_id"], shown["flow"]["id"]


def _import(rest: Rest, _: Services) -> tuple[str, ...]:
    upload = rest.upload(rest.campaign()["id"], f"phone,first_name\n{fresh_number()},Ann\nnone,Bob\n")
    return ((upload.json or {})["id"],)


def _suppression(rest: Rest, _: Services) -> tuple[str, ...]:
    return ((rest.post("/v1/suppressions", {"phone": fresh_number()}).json or {})["id"],)


def _user(rest: Rest, _: Services) -> tuple[str, ...]:
    who = {"name": "Ann", "login": f"ann{next(_keys)}", "role": "viewer", "password": "correct horse battery"}
    return ((rest.post("/v1/users", who).json or {})["id"],)


def _number(rest: Rest, _: Services) -> tuple[str, ...]:
    flow = rest.flow(text="name: {name}\nstart: bye\nsteps: {{bye: {{hangup: {{}}}}}}\n")
    made = rest.post("/v1/numbers", {"number": fresh_number(), "flow": flow["id"]})
    return ((made.json or {})["id"],)


def _list(rest: Rest, _: Services) -> tuple[str, ...]:
    made = rest.post("/v1/lists", {"name": f"list {next(_keys)}", "kind": "suppress"})
    return ((made.json or {})["id"],)


def _delivery(rest: Rest, _: Services) -> tuple[str, ...]:
    known = (rest.get("/v1/webhook-endpoints").json or {})["data"]  # there are only so many
    (endpoint,) = known[:1] or [rest.post("/v1/webhook-endpoints", {"url": "https://crm.example/"}).json or {}]
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    rest.post(f"{path}/test")  # refused by one that is disabled: that has an earlier one
    return endpoint["id"], (rest.get(f"{path}/deliveries").json or {})["data"][0]["id"]


def _letter(rest: Rest, services: Services) -> tuple[str, ...]:
    ensure_groups(services.redis, Keys())
    fields = {b"raw": b"{}"}
    bury(services.redis, Keys().events, entry_id=f"{next(_keys) + 1}-0", fields=fields, keys=Keys(), why="a fault")
    return ((rest.get("/v1/events/dead").json or {})["data"][0]["id"],)


def _key(rest: Rest, _: Services) -> tuple[str, ...]:
    return ((rest.post("/v1/keys", {"name": f"key {next(_keys)}", "role": "viewer"}).json or {})["id"],)


def _pool(rest: Rest, _: Services) -> tuple[str, ...]:
    body = {"name": f"pool {next(_keys)}", "numbers": [{"number": fresh_number()}, {"number": fresh_number()}]}
    return ((rest.post("/v1/caller-id-pools", body).json or {})["id"],)


def _change(rest: Rest, _: Services) -> tuple[str, ...]:
    campaign = rest.campaign()["id"]
    return ((rest.post(f"/v1/campaigns/{campaign}/redial", {"dispositions": ["busy"]}).json or {})["id"],)


def _recording(rest: Rest, services: Services) -> tuple[str, ...]:
    """Make one whose file is here."""
    draft = services.settings.data_dir / "draft"
    draft.write_bytes(_SOUND)
    place = services.recordings.put(draft, f"2026-03/{next(_keys)}.mp3")
    sha = sha256(_SOUND).hexdigest()
    return (recorded(rest, services, state="fetched", place=place, size=len(_SOUND), sha=sha)["rec"],)


def _could_be(value: Any, ident: str) -> bool:
    kind = ident.partition("_")[0]
    return "_" not in ident or (str(value).startswith(f"{kind}_") and len(value) == len(ident))


_MADE: Mapping[tuple[str, ...], Callable[[Rest, Services], tuple[str, ...]]] = {
    ("call_id", "campaign_id", "contact_id", "flow_id"): _call,
    ("import_id",): _import,
    ("suppression_id",): _suppression,
    ("number_id",): _number,
    ("list_id",): _list,
    ("endpoint_id", "event_id"): _delivery,
    ("letter_id",): _letter,
    ("key_id",): _key,
    ("pool_id",): _pool,
    ("change_id",): _change,
    ("recording_id",): _recording,
    ("user_id",): _user,
}
