"""One of each kind that the API knows, so that a generated request meets something that is there."""

from __future__ import annotations

from collections.abc import Mapping
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


def make_things(rest: Rest, services: Services) -> Things:
    """Make one of each."""
    call = live_call(rest, services)
    services.redis.set(Keys().stream(call), b"")
    shown = rest.get(f"/v1/calls/{call}").json or {}
    upload = rest.upload(shown["campaign_id"], f"phone,first_name\n{fresh_number()},Ann\nnone,Bob\n").json or {}
    endpoint = _endpoint(rest)["id"]
    suppressed = rest.post("/v1/suppressions", {"phone": fresh_number()}).json or {}
    return Things(
        {
            "call_id": call,
            "campaign_id": shown["campaign_id"],
            "contact_id": shown["contact_id"],
            "flow_id": shown["flow"]["id"],
            "import_id": upload["id"],
            "suppression_id": suppressed["id"],
            "number_id": _number(rest)["id"],
            "list_id": _list(rest)["id"],
            "endpoint_id": endpoint,
            "event_id": _delivery(rest, endpoint)["id"],
            "letter_id": _letter(rest, services)["id"],
            "key_id": _key(rest)["id"],
            "pool_id": _pool(rest)["id"],
            "change_id": _change(rest)["id"],
            "recording_id": _recording(rest, services),
            "user_id": _user(rest)["id"],
            "connection_id": CONNECTION,
        }
    )


def _user(rest: Rest) -> dict[str, Any]:
    who = {"name": "Ann", "login": f"ann{next(_keys)}", "role": "viewer", "password": "correct horse battery"}
    return dict(rest.post("/v1/users", who).json or {})


def _number(rest: Rest) -> dict[str, Any]:
    flow = rest.flow(text="name: {name}\nstart: bye\nsteps: {{bye: {{hangup: {{}}}}}}\n")
    made = rest.post("/v1/numbers", {"number": fresh_number(), "flow": flow["id"]})
    return dict(made.json or {})


def _list(rest: Rest) -> dict[str, Any]:
    made = rest.post("/v1/lists", {"name": f"list {next(_keys)}", "kind": "suppress"})
    return dict(made.json or {})


def _delivery(rest: Rest, endpoint_id: str) -> dict[str, Any]:
    rest.post(f"/v1/webhook-endpoints/{endpoint_id}/test")  # refused by one that is disabled: that has an earlier one
    return dict((rest.get(f"/v1/webhook-endpoints/{endpoint_id}/deliveries").json or {})["data"][0])


def _letter(rest: Rest, services: Services) -> dict[str, Any]:
    ensure_groups(services.redis, Keys())
    fields = {b"raw": b"{}"}
    bury(services.redis, Keys().events, entry_id=f"{next(_keys) + 1}-0", fields=fields, keys=Keys(), why="a fault")
    return dict((rest.get("/v1/events/dead").json or {})["data"][0])


def _key(rest: Rest) -> dict[str, Any]:
    return dict(rest.post("/v1/keys", {"name": f"key {next(_keys)}", "role": "viewer"}).json or {})


def _pool(rest: Rest) -> dict[str, Any]:
    body = {"name": f"pool {next(_keys)}", "numbers": [{"number": fresh_number()}, {"number": fresh_number()}]}
    return dict(rest.post("/v1/caller-id-pools", body).json or {})


def _change(rest: Rest) -> dict[str, Any]:
    campaign = rest.campaign()["id"]
    return dict(rest.post(f"/v1/campaigns/{campaign}/redial", {"dispositions": ["busy"]}).json or {})


def _recording(rest: Rest, services: Services) -> str:
    """Return the id of a recording whose file is here."""
    draft = services.settings.data_dir / "draft"
    draft.write_bytes(_SOUND)
    place = services.recordings.put(draft, f"2026-03/{next(_keys)}.mp3")
    sha = sha256(_SOUND).hexdigest()
    return recorded(rest, services, state="fetched", place=place, size=len(_SOUND), sha=sha)["rec"]


def _endpoint(rest: Rest) -> dict[str, Any]:
    known = (rest.get("/v1/webhook-endpoints").json or {})["data"]  # there are only so many
    return dict(known[0] if known else rest.post("/v1/webhook-endpoints", {"url": "https://crm.example/"}).json or {})


def _could_be(value: Any, ident: str) -> bool:
    kind = ident.partition("_")[0]
    return "_" not in ident or (str(value).startswith(f"{kind}_") and len(value) == len(ident))
