"""`orchestrator pool` over a real API, and `campaign create`: its caller ids, or a pool of them, and its rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest

Create = Callable[..., Result]
OTHER = "+13055550113"


@pytest.fixture
def create(rest: Rest) -> Iterator[Create]:
    flow_id = rest.flow()["id"]
    with options_for(rest) as options:
        yield lambda *words: CliRunner().invoke(app, ["campaign", *options, "create", "x", "--flow", flow_id, *words])


def test_a_campaign_is_created_with_a_pool_of_caller_ids(rest: Rest, create: Create, tmp_path: Path) -> None:
    pool = rest.post("/v1/caller-id-pools", {"name": "east", "numbers": [{"number": CALLER_ID}]}).json
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"caller_id_pool: {pool['id']}\n")  # type: ignore[index]  # created

    for words in (("--caller-id-pool", pool["id"]), ("--settings", str(settings))):  # type: ignore[index]
        done = create(*words)
        assert done.exit_code == 0, done.output
        shown = rest.get(f"/v1/campaigns/{done.output.strip()}").json
        assert (shown["caller_id_pool"], shown["caller_ids"]) == (pool["id"], [])  # type: ignore[index]


def test_a_campaign_says_its_rules(rest: Rest, create: Create) -> None:
    rest.post("/v1/lists", {"name": "internal", "kind": "suppress"})
    rest.post("/v1/lists", {"name": "customers", "kind": "allow"})
    words = ("--caller-id", CALLER_ID, "--allow-number-kind", "premium", "--allow-number-kind", "satellite")
    words += ("--cap", "per_number_24h=1", "--cap", "min_gap=1d", "--number-gap", "4h", "--consent", "written")
    words += ("--suppress-list", "internal", "--allow-list", "customers", "--on-opt-out", "finish")
    words += ("--spend-per-day", "25.00", "--spend-total", "100")

    done = create(*words)

    assert done.exit_code == 0, done.output
    shown: dict[str, Any] = rest.get(f"/v1/campaigns/{done.output.strip()}").json or {}
    assert shown["allow_number_kinds"] == ["premium", "satellite"]
    assert (shown["caps"]["per_number_24h"], shown["caps"]["min_gap"], shown["number_gap"]) == (1, "1d", "4h")
    assert shown["consent"]["require"] == "written"
    assert (shown["lists"]["suppress"], shown["lists"]["allow"]) == (["global", "internal"], "customers")
    assert shown["on_opt_out"] == "finish"
    assert (shown["spend"]["per_day"], shown["spend"]["total"]) == ("25.00", "100")


def test_a_pool_is_created_shown_changed_and_deleted(rest: Rest) -> None:
    with options_for(rest) as options:

        def run(*words: str, fails: bool = False) -> list[str]:
            done = CliRunner().invoke(app, ["pool", *options, *words])
            assert (done.exit_code != 0) == fails, done.output
            return done.output.splitlines()

        made = run("create", "east", CALLER_ID, "--region", "US-NY", "--per-day", "50", "--rest", "2h")
        assert made[0].endswith(" east: sticky, 1 numbers, 50 a day and 20 an hour from each")
        assert made[1] == f"  {CALLER_ID} for US-NY: 0 dials in 24 h, room for 20, unknown"
        assert run("show", "east") == run("show", made[0].split()[0]) == made
        assert run("list") == made[:1]
        assert json.loads(run("list", "--json")[0])["rest"] == "2h"

        added = run("add", "east", OTHER)
        assert [line.split()[0] for line in added[1:]] == [CALLER_ID, f"{OTHER}:"]
        assert run("remove", "east", OTHER)[1:] == made[1:]
        assert "NUMBER" in "".join(run("remove", "east", CALLER_ID, fails=True))
        assert "404" in run("remove", "east", OTHER, fails=True)[0]

        run("delete", "east")
        assert run("list") == ["no pools"]
        assert "orchestrator pool list" in run("show", "east", fails=True)[0]


@pytest.mark.parametrize("words", [(), ("--caller-id", CALLER_ID, "--caller-id-pool", "pool_1")])
def test_a_campaign_needs_one_of_the_two(create: Create, words: tuple[str, ...]) -> None:
    done = create(*words)

    assert done.exit_code != 0 and "caller_ids" in done.output
