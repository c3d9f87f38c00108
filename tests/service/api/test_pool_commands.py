"""`orchestrator campaign create` over a real API: its caller ids, or a pool of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from werkzeug.serving import make_server

from orchestrator.cli.app import app
from tests.support.rest import CALLER_ID, KEY, Rest

Create = Callable[..., Result]


@pytest.fixture
def create(rest: Rest) -> Iterator[Create]:
    def with_whole_bodies(environ: dict[str, Any], respond: Any) -> Any:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        return rest.app(environ, respond)

    server = make_server("127.0.0.1", 0, with_whole_bodies, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    flow_id = rest.flow()["id"]

    def create(*words: str) -> Result:
        options = ["--url", f"http://127.0.0.1:{server.port}", "--key", KEY]
        return CliRunner().invoke(app, ["campaign", *options, "create", "x", "--flow", flow_id, *words])

    yield create
    server.shutdown()
    thread.join()
    server.server_close()


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
