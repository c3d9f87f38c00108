"""What our scalers use of KEDA's ScaledObject, with the names, types and bounds of its schema (2.16 and newer)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Seconds = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    """The API refuses what it does not know, and takes no text for a number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)


class ScaleDown(_Strict):
    """How slowly replicas are taken away, as a HorizontalPodAutoscaler has it: an hour at most."""

    stabilization_window_seconds: Annotated[int, Field(ge=0, le=3600)]


class Behavior(_Strict):
    scale_down: ScaleDown


class HorizontalPodAutoscalerConfig(_Strict):
    behavior: Behavior


class Advanced(_Strict):
    horizontal_pod_autoscaler_config: HorizontalPodAutoscalerConfig


class ScaleTargetRef(_Strict):
    """What is scaled: a Deployment, where nothing else is said."""

    name: Text


class PrometheusMetadata(_Strict):
    """What the scaler for Prometheus is told: every value is text."""

    server_address: Annotated[str, Field(pattern=r"^https?://")]
    query: Text
    threshold: Annotated[str, Field(pattern=r"^[0-9.]+$")]
    ignore_null_values: Literal["true", "false"] = "true"


class Trigger(_Strict):
    """A measure: a replica for each `threshold` of it, with the default of `metricType`."""

    type: Literal["prometheus"]
    metadata: PrometheusMetadata


class Spec(_Strict):
    scale_target_ref: ScaleTargetRef
    min_replica_count: Annotated[int, Field(ge=0)] = 0
    max_replica_count: Annotated[int, Field(ge=1)] = 100
    polling_interval: Annotated[int, Field(ge=1)] = 30
    cooldown_period: Seconds = 300
    advanced: Advanced | None = None
    triggers: Annotated[list[Trigger], Field(min_length=1)]


class Metadata(_Strict):
    name: Text


class ScaledObject(_Strict):
    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: Spec
