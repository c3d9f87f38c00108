"""Health of this process, readiness of the installation, and its metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Literal

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from pydantic import BaseModel, ConfigDict, Field

from api.http.responses import answer
from api.http.routes import Resource
from orchestrator.model.metric import COUNTED, LABELS, Distribution, Metric, Reading
from orchestrator.operations.system.check_readiness import check_readiness
from orchestrator.operations.system.collect_metrics import collect_metrics
from orchestrator.policy.zones.clock_rules import rules_version
from orchestrator.services import Services

MetricFamily = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

resource = Resource("health")


class HealthQuery(BaseModel):
    """A value to be echoed: a client that gets it back has reached this very process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nonce: str | None = Field(None, max_length=200)


class Health(BaseModel):
    """The answer of a process that runs."""

    status: Literal["ok"] = "ok"
    nonce: str | None = None


class CheckView(BaseModel):
    """One check and its remedy; a check that is not vital is a warning, and calls are made all the same."""

    name: str
    ok: bool
    remedy: str
    is_vital: bool


class Readiness(BaseModel):
    """Whether the installation can do its work."""

    status: Literal["ready", "not_ready"]
    tzdata: str = Field(description="The IANA release of the clock rules in force.", examples=["2026f"])
    checks: list[CheckView]


@resource.route("GET", "/healthz", query=HealthQuery, gives={200: Health}, fails=(422,))
def healthz(services: Services, query: HealthQuery) -> Health:  # noqa: ARG001 it asks nothing of the stores
    """Say that this process runs."""
    return Health(nonce=query.nonce)


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
