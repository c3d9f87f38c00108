"""`orchestrator campaign create` over a real API: its caller ids, or a pool of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestrator.cli.app import app
from tests.support.api_over_http import options_for
from tests.support.rest import CALLER_ID, Rest

Create = Callable[..., Result]


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


@pytest.mark.parametrize("words", [(), ("--caller-id", CALLER_ID, "--caller-id-pool", "pool_1")])
def test_a_campaign_needs_one_of_the_two(create: Create, words: tuple[str, ...]) -> None:
    done = create(*words)

    assert done.exit_code != 0 and "caller_ids" in done.output
