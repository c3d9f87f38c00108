"""Readiness of the installation, its processes, and its metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Literal

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field

from api.http.responses import answer
from api.http.routes import Resource
from orchestrator.model.metric import COUNTED, LABELS, Distribution, Metric, Reading
from orchestrator.operations.system.check_readiness import check_readiness
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.operations.system.read_processes import SeenProcess, read_processes
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.zones.clock_rules import rules_version
from orchestrator.services import Services

MetricFamily = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

resource = Resource("health")


class CheckView(BaseModel):
    """One check and its remedy; a check that is not vital is a warning, and calls are made all the same."""

    name: str
    ok: bool
    remedy: str
    is_vital: bool


class ProcessView(BaseModel):
    """An engine or a worker that was heard within ten minutes; one that was stopped is not here."""

    name: str = Field(description="Its machine and process id.", examples=["calls-1.4711"])
    kind: Literal["engine", "worker"]
    parts: list[str] = Field(description="The parts that an engine runs, or the queues that a worker serves.")
    began_at: Moment
    heard_at: Moment = Field(description="It shows itself every five seconds.")
    is_silent: bool = Field(description="It was not heard for twenty seconds: dead, or cut off from Redis.")
    calls: int | None = Field(description="Calls that a worker has served since it began; an engine's is null.")
    is_on_shift: bool | None = Field(description="Whether a worker takes calls as they come; an engine's is null.")


class Processes(BaseModel):
    """The engines and workers of the installation."""

    data: list[ProcessView]


class Readiness(BaseModel):
    """Whether the installation can do its work."""

    status: Literal["ready", "not_ready"]
    tzdata: str = Field(description="The IANA release of the clock rules in force.", examples=["2026f"])
    checks: list[CheckView]


@resource.route("GET", "/readyz", gives={200: Readiness, 503: Readiness})
def readyz(services: Services) -> Response:
    """Say whether the installation can do its work, and what is wrong if not."""
    checks = read_checks(services)
    is_ready = all(check.ok for check in checks if check.is_vital)
    status: Literal["ready", "not_ready"] = "ready" if is_ready else "not_ready"
    return answer(Readiness(status=status, tzdata=rules_version(), checks=checks), 200 if is_ready else 503)


def read_checks(services: Services) -> list[CheckView]:
    """Return every check of readiness; it asks the stores, two seconds at most."""
    checks = check_readiness(
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        settings=services.settings,
        clock=services.clock,
        probes=services.probes,
    )
    return [CheckView(**asdict(check)) for check in checks]


@resource.route("GET", "/v1/processes", gives={200: Processes})
def processes(services: Services) -> Processes:
    """Show the engines and workers, and when each was heard."""
    now = services.clock()
    seen = read_processes(client=services.redis, keys=services.keys)
    return Processes(data=[_process(each, now) for each in seen])


@resource.route("GET", "/metrics", gives={200: ("text/plain",)})
def metrics(services: Services) -> Response:
    """Show the metrics, in the format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Readings(read_metrics(services)))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def read_metrics(services: Services) -> list[Reading | Distribution]:
    """Return every metric that can be read; it asks the stores, two seconds at most."""
    return collect_metrics(
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        connection_id=services.settings.telnyx_connection_id,
        clock=services.clock,
        probes=services.probes,
    )


def _process(seen: SeenProcess, now: datetime) -> ProcessView:
    return ProcessView(
        **seen.process.model_dump(exclude={"began_ms"}),
        began_at=datetime.fromtimestamp(seen.process.began_ms / 1000, UTC),
        heard_at=now - timedelta(seconds=seen.heard_ago_s),
        is_silent=seen.is_silent,
    )


class _Readings(Collector):
    """Gives readings to the writer of the Prometheus client."""

    def __init__(self, readings: Iterable[Reading | Distribution]) -> None:
        self._readings = list(readings)

    def collect(self) -> Iterator[MetricFamily]:
        """Yield a family for each metric that was read."""
        for metric in Metric:
            read = [reading for reading in self._readings if reading.metric is metric]
            if values := [each for each in read if isinstance(each, Reading)]:
                yield _values(metric, values)
            if histograms := [each for each in read if isinstance(each, Distribution)]:
                yield _histograms(metric, histograms)


def _values(metric: Metric, readings: Iterable[Reading]) -> MetricFamily:
    kind = CounterMetricFamily if metric in COUNTED else GaugeMetricFamily
    family = kind(metric.value, metric.meaning, labels=LABELS.get(metric, ()))
    for reading in readings:
        family.add_metric(reading.labels, reading.value)
    return family


def _histograms(metric: Metric, distributions: Iterable[Distribution]) -> MetricFamily:
    family = HistogramMetricFamily(metric.value, metric.meaning, labels=LABELS.get(metric, ()))
    for each in distributions:
        buckets = [*((f"{bound:g}", n) for bound, n in each.at_most), ("+Inf", each.count)]
        family.add_metric(each.labels, buckets, sum_value=each.sum)
    return family
