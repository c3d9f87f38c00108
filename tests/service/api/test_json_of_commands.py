"""`--json` prints what the API answered: one document, or a line for each of several things; nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest, fresh_number

Ask = Callable[..., Any]
_FOR_ANYBODY = """
name: reception
start: bye
steps: {{bye: {{hangup: {{}}}}}}
"""


@pytest.fixture
def ask(rest: Rest) -> Iterator[Ask]:
    with options_for(rest) as options:

        def ask(group: str, *words: str) -> Any:
            done = CliRunner().invoke(app, [group, *options, *words, "--json"])
            assert done.exit_code == 0, done.output
            return json.loads(done.stdout)

        yield ask


def test_dialing(ask: Ask, rest: Rest) -> None:
    assert ask("dialing", "stop", "--reason", "a test")["stopped"] is True
    assert ask("dialing", "status") == rest.get("/v1/dialing").json
    assert ask("dialing", "resume")["stopped"] is False


def test_numbers(ask: Ask, rest: Rest) -> None:
    flow = rest.flow(text=_FOR_ANYBODY)["id"]

    mapped = ask("number", "map", "--number", CALLER_ID, "--flow", flow)
    changed = ask("number", "change", CALLER_ID, "--join-days", "3")

    assert (changed["id"], changed["join_days"]) == (mapped["id"], 3)
    assert ask("number", "list") == (rest.get("/v1/numbers").json or {})["data"][0]


def test_consents(ask: Ask, tmp_path: Path) -> None:
    phone, file = fresh_number(), tmp_path / "consents.csv"
    file.write_text(f"phone\n{phone}\n")
    said = ("--kind", "written", "--purpose", "sales", "--text", "You may call.", "--source", "a form")

    assert ask("consent", "add", phone, *said)["act"] == "given"
    assert ask("consent", "import", str(file), *said)["rows"] == 1
    assert ask("consent", "revoke", phone, "--channel", "sms", "--words", "STOP")["act"] == "revoked"


def test_lists(ask: Ask, rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(f"phone\n{fresh_number()}\n")

    made = ask("list", "create", "internal", "--kind", "suppress")
    done = ask("list", "import", "internal", str(file))

    assert done["list"]["id"] == made["id"] and done["accepted"] == 1
    assert ask("list", "show", "internal") == rest.get(f"/v1/lists/{made['id']}").json


def test_pools(ask: Ask) -> None:
    made = ask("pool", "create", "east", CALLER_ID)

    assert ask("pool", "add", "east", "+13055550113")["id"] == made["id"]
    assert len(ask("pool", "remove", "east", "+13055550113")["numbers"]) == 1


def test_a_key(ask: Ask) -> None:
    assert set(ask("key", "create", "front desk", "--role", "viewer")) >= {"id", "key", "role"}


def test_a_call(ask: Ask, rest: Rest) -> None:
    words = ("--to", fresh_number(), "--from", CALLER_ID, "--flow", rest.flow(text=_FOR_ANYBODY)["id"], "--no-wait")

    call = ask("call", "dial", *words, "--ignore-hours", "--because", "a test")

    assert ask("call", "show", call["id"])["id"] == call["id"]


def test_the_check_of_a_flow_answers_as_the_api_does(rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("name: wrong\nstart: nowhere\nsteps: {bye: {hangup: {}}}\n")

    done = CliRunner().invoke(app, ["flow", "check", str(file), "--json"])

    checked = rest.post("/v1/flows/check", data=file.read_bytes(), headers={"Content-Type": "application/yaml"})
    assert done.exit_code == 1
    assert json.loads(done.stdout) == checked.json


def test_what_is_deleted_is_told_by_its_id(ask: Ask, rest: Rest) -> None:
    flow = rest.flow(text=_FOR_ANYBODY)["id"]
    number = ask("number", "map", "--number", CALLER_ID, "--flow", flow)["id"]
    pool = ask("pool", "create", "west", CALLER_ID)["id"]
    key = rest.post("/v1/keys", {"name": "Nightly export", "role": "viewer"}).json["id"]
    ada = {"name": "Ada", "login": "ada", "role": "viewer", "password": "correct horse battery"}
    user = rest.post("/v1/users", ada).json["id"]
    endpoint = rest.post("/v1/webhook-endpoints", {"url": "https://hooks.example.com/"}).json["id"]
    phone = fresh_number()
    rest.post("/v1/suppressions", {"phone": phone})

    assert ask("number", "remove", CALLER_ID) == {"id": number}
    assert ask("pool", "delete", "west") == {"id": pool}
    assert ask("key", "revoke", "Nightly export") == {"id": key}
    assert ask("user", "remove", "ada") == {"id": user}
    assert ask("webhook", "delete", endpoint) == {"id": endpoint}
    assert ask("suppress", "lift", phone) == {"phone": phone, "scope": "global"}


def test_a_key_is_revoked_by_a_name_that_one_has(rest: Rest) -> None:
    for _ in range(2):
        rest.post("/v1/keys", {"name": "twin", "role": "viewer"})
    with options_for(rest) as options:
        several = CliRunner().invoke(app, ["key", *options, "revoke", "twin"])
        nobody = CliRunner().invoke(app, ["key", *options, "revoke", "nobody"])

    assert several.exit_code == nobody.exit_code == 1
    assert "say which by its id" in several.output
    assert "`orchestrator key list` shows those that are there" in nobody.output
    assert not any(each["revoked_at"] for each in rest.get("/v1/keys").json["data"])
