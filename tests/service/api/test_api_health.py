"""Signs of life, readiness with remedies, metrics; and what happens while a store is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from sqlalchemy import text

from api.app import create_app
from api.door import create_door
from orchestrator.errors import Misconfigured
from orchestrator.local_stack.embedded_servers import start_valkey
from orchestrator.model.metric import Metric
from orchestrator.operations.system.check_disk_space import has_room
from orchestrator.policy.zones.clock_rules import rules_version
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.rate_limiter import close_dispatch
from orchestrator.store.sql.installation import write_epoch
from tests.support.full_disk import small_disk
from tests.support.promql import asked_by
from tests.support.recorded import recorded
from tests.support.rest import CONNECTION, Rest, fresh_number

_RULES_ARE_NEW, _RULES_ARE_OLD = datetime(2026, 11, 30, tzinfo=UTC), datetime(2028, 4, 30, tzinfo=UTC)
SCALERS = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes" / "keda" / "scalers.yaml"
QUERIES = sorted(
    trigger["metadata"]["query"]
    for scaler in YAML(typ="safe").load_all(SCALERS.read_text())
    for trigger in scaler["spec"]["triggers"]
)


@pytest.fixture
def without_redis(settings: Settings, free_port: int) -> Iterator[Rest]:
    services = Services(settings=settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port}/0"}))
    yield Rest(create_app(services))
    services.close()


@pytest.fixture
def without_sql(settings: Settings, free_port: int) -> Iterator[Rest]:
    url = f"postgresql+psycopg://nobody@127.0.0.1:{free_port}/nothing"
    services = Services(settings=settings.model_copy(update={"database_url": url}))
    yield Rest(create_app(services))
    services.close()


def _failed(rest: Rest) -> dict[str, str]:
    return {check["name"]: check["remedy"] for check in rest.get("/readyz").json["checks"] if not check["ok"]}


def _mark_epoch(services: Services) -> None:
    with services.sql.begin() as tx:
        write_epoch(tx, "e1")
    services.redis.set(Keys().epoch, "e1")


def test_a_process_that_lives_says_the_nonce_back(rest: Rest) -> None:
    answered = rest.get("/healthz?nonce=abc", headers={"Authorization": ""})

    assert answered.json == {"status": "ok", "nonce": "abc"}
    assert rest.get("/healthz").json == {"status": "ok", "nonce": None}


def test_an_installation_that_can_work_is_ready(settings: Settings) -> None:
    services = Services(settings=settings.model_copy(update={"telnyx_public_key": "x"}))
    _mark_epoch(services)

    ready = Rest(create_app(services)).get("/readyz")

    assert ready.status_code == 200 and ready.json["status"] == "ready", ready.text
    services.close()


def test_what_stands_in_the_way_comes_with_its_remedy(rest: Rest, services: Services) -> None:
    fresh = _failed(rest)
    _mark_epoch(services)
    services.redis.set(Keys().epoch, "another")
    foreign = _failed(rest)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    outdated = _failed(rest)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ahead = _failed(rest)

    assert rest.get("/readyz").status_code == 503
    assert "TELNYX_PUBLIC_KEY" in fresh["webhooks"] and "start the engine" in fresh["epoch"]
    assert "different installations" in foreign["epoch"]
    assert "orchestrator migrate" in outdated["migrations"]
    assert "start a newer version" in ahead["migrations"]


def test_r25_a_clock_that_differs_from_the_carriers_is_not_ready(rest: Rest, services: Services) -> None:
    close_dispatch(services.redis, Keys(), CONNECTION, reason="clock_skew")

    assert "NTP" in _failed(rest)["clock"]


def test_recordings_that_cannot_be_stored_are_a_warning_and_stop_no_call(settings: Settings) -> None:
    services = Services(settings=settings.model_copy(update={"telnyx_public_key": "x"}))
    rest = Rest(create_app(services))
    _mark_epoch(services)
    ids = recorded(rest, services, error='{"code": "unreachable", "detail": "x"}')
    before = _failed(rest)
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE recordings SET error = :error WHERE id = :rec"), {**ids, "error": '{"code": "not_stored"}'}
        )

    warned = rest.get("/readyz")

    assert (before, warned.status_code, warned.json["status"]) == ({}, 200, "ready")
    assert "orchestrator doctor" in _failed(rest)["recordings"]
    assert [check["name"] for check in warned.json["checks"] if not check["is_vital"]] == [
        "dialing",
        "recordings",
        "clock_rules",
    ]
    services.close()


def test_old_clock_rules_are_a_warning_and_their_version_is_always_told(settings: Settings) -> None:
    known = settings.model_copy(update={"telnyx_public_key": "x"})
    services, later = (Services(settings=known, clock=lambda at=at: at) for at in (_RULES_ARE_NEW, _RULES_ARE_OLD))
    _mark_epoch(services)

    now, then = Rest(create_app(services)), Rest(create_app(later))

    assert now.get("/readyz").json["tzdata"] == rules_version()
    assert _failed(now) == {}
    assert "install a newer version" in _failed(then)["clock_rules"] and then.get("/readyz").status_code == 200
    services.close()
    later.close()


def test_readiness_without_redis_names_it_and_nothing_else_breaks(without_redis: Rest) -> None:
    failed = _failed(without_redis)

    assert "ORCHESTRATOR_REDIS_URL" in failed["redis"] and "postgresql" not in failed


def test_readiness_without_postgresql_names_it(without_sql: Rest) -> None:
    failed = _failed(without_sql)

    assert "ORCHESTRATOR_DATABASE_URL" in failed["postgresql"] and "redis" not in failed


def test_metrics_carry_every_store_and_stream(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    rest.contacts(campaign, fresh_number(), fresh_number())
    services.redis.xadd(Keys().events, {"raw": b"{}"})
    services.redis.xadd(Keys().dead, {"raw": b"{}"})
    services.redis.rpush(Keys().latency, "5.5")

    families = {f.name: f for f in text_string_to_metric_families(rest.get("/metrics").text)}

    def value(metric: Metric, **labels: str) -> float:
        return next(s.value for s in families[metric].samples if s.labels == labels)

    assert value(Metric.STORE_UP, store="redis") == value(Metric.STORE_UP, store="postgresql") == 1
    assert value(Metric.STREAM_ENTRIES, stream="events") == 1 and value(Metric.DEAD_LETTERS) == 1
    assert value(Metric.CONTACTS_DUE, status="waiting") == 2 and value(Metric.DISPATCH_OPEN) == 1
    assert value(Metric.EVENT_TO_COMMAND_S, quantile="p50") == 0.0055
    assert all(families[name].documentation for name in families)


@pytest.mark.parametrize("query", QUERIES)
def test_what_a_scaler_asks_for_is_exposed_even_while_nothing_waits(query: str, rest: Rest) -> None:
    families = text_string_to_metric_families(rest.get("/metrics").text)
    exposed = [(sample.name, sample.labels) for family in families for sample in family.samples]

    for metric, matchers in asked_by(query):
        assert {operator for operator, _ in matchers.values()} == {"Equal"}
        assert exposed.count((metric, {label: value for label, (_, value) in matchers.items()})) == 1


def test_how_long_the_hops_of_commands_took_is_a_histogram(rest: Rest, services: Services) -> None:
    services.redis.hset(Keys().hops, mapping={"door_to_read|0": 2, "door_to_read|3": 1, "door_to_read|us": 5_500})

    families = {f.name: f for f in text_string_to_metric_families(rest.get("/metrics").text)}

    hops = families[Metric.COMMAND_HOP_S]
    told = {(s.name.removeprefix(hops.name), s.labels.get("le")): s.value for s in hops.samples}
    assert hops.type == "histogram" and {s.labels["hop"] for s in hops.samples} == {"door_to_read"}
    assert (told["_count", None], told["_sum", None]) == (3, 0.0055)
    assert [told["_bucket", le] for le in ("0.001", "0.003", "0.005", "5", "+Inf")] == [2, 2, 3, 3, 3]


def test_metrics_survive_a_store_that_is_away(without_redis: Rest, without_sql: Rest) -> None:
    assert 'orchestrator_store_up{store="redis"} 0.0' in without_redis.get("/metrics").text
    assert 'orchestrator_store_up{store="postgresql"} 0.0' in without_sql.get("/metrics").text


@pytest.mark.parametrize("path", ["/v1/campaigns", "/v1/calls", "/v1/contacts", "/v1/suppressions", "/v1/flows"])
def test_without_postgresql_the_api_asks_to_try_again(without_sql: Rest, path: str) -> None:
    away = without_sql.get(path)

    assert away.status_code == 503 and away.headers["Retry-After"] == "1"
    assert away.json["code"] == "store_unavailable" and "Traceback" not in away.text


def test_without_redis_what_needs_it_asks_to_try_again_and_the_rest_works(without_redis: Rest) -> None:
    campaign = without_redis.campaign()["id"]
    without_redis.contacts(campaign, fresh_number())

    stats = without_redis.get(f"/v1/campaigns/{campaign}/stats")
    call = without_redis.post(
        "/v1/calls", {"to": fresh_number(), "ignore_hours": True, "because": "a test"}, headers={"Idempotency-Key": "k"}
    )

    assert stats.status_code == call.status_code == 503
    assert stats.headers["Retry-After"] == call.headers["Retry-After"] == "1"
    assert without_redis.get("/v1/calls").json["data"] == []


def test_a_redis_that_comes_back_is_used_again(settings: Settings, tmp_path: Path) -> None:
    server = start_valkey(tmp_path / "valkey")
    services = Services(settings=settings.model_copy(update={"redis_url": server.url}))
    rest = Rest(create_app(services))
    document, key = {"to": fresh_number(), "ignore_hours": True, "because": "a test"}, {"Idempotency-Key": "k"}

    with redis.Redis.from_url(server.url) as client:
        client.client_pause(0)
    server.stop()
    away = rest.post("/v1/calls", document, headers=key)
    again = start_valkey(tmp_path / "valkey")
    back = Services(settings=settings.model_copy(update={"redis_url": again.url}))
    placed = Rest(create_app(back)).post("/v1/calls", document, headers=key)

    assert away.status_code == 503
    assert placed.status_code == 202, placed.text
    again.stop()
    services.close()
    back.close()


def test_an_application_without_a_key_does_not_start(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="ORCHESTRATOR_API_KEY"):
        create_app(Services(settings=settings.model_copy(update={"api_key": None})))


def test_r24_the_door_alone_answers_nothing_but_webhooks_and_health(services: Services) -> None:
    door = Rest(create_door(services))

    assert door.get("/healthz").status_code == 200
    assert door.get("/v1/campaigns").status_code == 404 and door.get("/metrics").status_code == 404
    assert door.get("/webhooks/telnyx").status_code == 405


def test_a_full_disk_of_the_stores_is_named_with_what_mends_it(settings: Settings, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=20) as disk:
        (disk.folder / "postgres").mkdir()
        services = Services(settings=settings.model_copy(update={"data_dir": disk.folder}))
        rest = Rest(create_app(services))
        before = _failed(rest)

        disk.fill()

        assert "disk" not in before
        assert f"the disk of {disk.folder} is full: make room" in _failed(rest)["disk"]
        assert rest.get("/readyz").status_code == 503
        services.close()


def test_a_full_disk_that_holds_no_stores_keeps_no_call_from_going(settings: Settings, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=1) as disk:
        disk.fill()
        services = Services(settings=settings.model_copy(update={"data_dir": disk.folder}))

        failed = _failed(Rest(create_app(services)))

        assert "disk" not in failed
        services.close()


def test_room_is_what_the_disk_of_the_folder_has_left(tmp_path: Path) -> None:
    assert has_room(tmp_path)
    assert not has_room(Path("/proc"))
    assert not has_room(tmp_path / "not there")
