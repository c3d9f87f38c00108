"""Each request is one line of the log and one count, and neither has what a stranger chose."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.model.metric import Metric
from tests.support.poll import eventually
from tests.support.rest import KEY
from tests.support.served import Served, served, signed

CALL = "call_01K8ZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "api.log"


@pytest.fixture(scope="module")
def logging_api(front_database_url: str, valkey_server: RunningServer, log: Path) -> Iterator[Served]:
    variables = {"ORCHESTRATOR_LOG_FORMAT": "json", "ORCHESTRATOR_LOG_LEVEL": "INFO"}
    with served(database_url=front_database_url, redis_url=valkey_server.url, workers=2, log=log, **variables) as api:
        yield api


def lines(log: Path, **wanted: Any) -> list[dict[str, Any]]:
    """Return the lines that have these fields; every line must be JSON."""
    every = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in every if {name: line.get(name) for name in wanted} == wanted]


def counted(api: Served, metric: Metric, **labels: str) -> float:
    families = text_string_to_metric_families(api.get("/metrics").text)
    name = f"{metric}_count" if not metric.endswith("_total") else metric.value
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(s.value for s in samples if labels.items() <= s.labels.items())


def test_a_sane_request_id_is_answered_back_and_stands_in_the_line(logging_api: Served, log: Path) -> None:
    answer = requests.get(
        f"{logging_api.url}/v1/calls/{CALL}",
        headers={"Authorization": f"Bearer {KEY}", "X-Request-ID": "shop-4711"},
        timeout=30,
    )

    assert answer.headers["X-Request-ID"] == "shop-4711"
    [line] = eventually(lambda: lines(log, request_id="shop-4711"))
    told = {"method": "GET", "route": "/v1/calls/{call_id}", "status": 404, "about": CALL, "level": "INFO"}
    assert told.items() <= line.items() and line["seconds"] > 0


@pytest.mark.parametrize("given", ["a" * 65, "one two", 'x"}', "-x", "é"])
def test_a_request_id_that_could_forge_a_line_is_replaced(logging_api: Served, log: Path, given: str) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Request-ID": given.encode()}
    answer = requests.get(f"{logging_api.url}/v1/flows", headers=headers, timeout=30)

    made = answer.headers["X-Request-ID"]
    assert made.startswith("req_")
    assert eventually(lambda: lines(log, request_id=made))


def test_refused_and_unknown_addresses_are_one_line_each_without_what_was_asked(logging_api: Served, log: Path) -> None:
    for headers in ({"Authorization": "Bearer wrong-key-1234"}, {"Authorization": f"Bearer {KEY}"}):
        requests.get(f"{logging_api.url}/v1/nothing/+12125550199?q=Annabel", headers=headers, timeout=30)

    assert eventually(lambda: {line["status"] for line in lines(log, route="unknown")} >= {401, 404})
    text = log.read_text()
    assert all(secret not in text for secret in ("2125550199", "Annabel", "wrong-key-1234", KEY, "nothing"))


def test_requests_are_counted_by_route_and_status_over_all_processes(logging_api: Served) -> None:
    before = counted(logging_api, Metric.HTTP_REQUEST_S, route="/v1/recordings", method="GET", status="2xx")
    for _ in range(20):
        assert logging_api.get("/v1/recordings").status_code == 200

    eventually(
        lambda: (
            counted(logging_api, Metric.HTTP_REQUEST_S, route="/v1/recordings", method="GET", status="2xx")
            == before + 20
        ),
        within=30,
    )


def test_webhooks_are_counted_by_what_became_of_them_and_are_no_line_unless_asked_for(
    logging_api: Served, log: Path
) -> None:
    body = b'{"data": {"id": "1", "event_type": "call.answered", "payload": {}}}'
    good = requests.post(
        f"{logging_api.url}/webhooks/telnyx",
        data=body,
        headers={**signed(body), "Content-Type": "application/json", "X-Request-ID": "theirs"},
        timeout=30,
    )
    requests.post(f"{logging_api.url}/webhooks/telnyx", data=body, headers=signed(b"another"), timeout=30)

    assert (good.status_code, good.headers["X-Request-ID"]) == (200, "theirs")
    results = ("taken", "unknown_key")
    eventually(lambda: [counted(logging_api, Metric.WEBHOOKS, result=each) for each in results] == [1, 1], within=30)
    assert lines(log, route="/webhooks/telnyx", status=200) == []
    assert len(lines(log, route="/webhooks/telnyx", status=503)) == 1
