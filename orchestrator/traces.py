"""One trace for each call, from its claim to its record, across all processes, and one for each request of the API.

OpenTelemetry makes them, where it is asked for. Nothing is carried along: a call's id is a ULID of 128 bits, which is
the id of its trace, and the root's id is its end.
Without `begin_tracing` nothing of OpenTelemetry is imported, and what adds a span returns at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ulid import ULID

from orchestrator.clock import unix_ms
from orchestrator.errors import Misconfigured

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

ROOT: Final = "call"

_LOW_64: Final = (1 << 64) - 1


class _Emitters(NamedTuple):
    """What makes the spans of calls, and those of requests."""

    call: Callable[..., None]
    request: Callable[..., None]


_emit: _Emitters | None = None


def add_span(
    call_id: str, name: str, *, began_ms: float | None = None, ended_ms: float | None = None, **facts: str | int
) -> None:
    """Add what was done for a call to its trace, if there are traces; times are Unix milliseconds.

    `began_ms` may be left out for what began with the call, `ended_ms` for what ends now. The span named `ROOT` is that
    of the whole call.
    """
    if _emit is not None:
        _emit.call(call_id, name, began_ms, unix_ms() if ended_ms is None else ended_ms, facts)


def add_request_span(method: str, route: str, status: int, *, took_s: float, request_id: str) -> None:
    """Add a trace of one request that a server has just answered, if there are traces.

    `route` is the address as the table of routes has it: what stood in it is not told.
    """
    if _emit is not None:
        _emit.request(method, route, status, took_s, request_id)


def begin_tracing(endpoint: str | None, *, process: str) -> Callable[[], None]:
    """Send the spans of this process to an OTLP receiver over HTTP, if there is one; return what ends that.

    Raises Misconfigured where the packages of the extra `traces` are not installed.

    Spans are sent in the background and dropped when the receiver is away: nothing waits for it.
    """
    global _emit  # noqa: PLW0603 a process has one, as it has one log
    if not endpoint:
        return lambda: None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as err:
        raise Misconfigured(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed: install call-orchestrator[traces]"
        ) from err
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    ids = _call_ids()
    named = Resource.create({"service.name": "call-orchestrator", "orchestrator.process": process})
    provider = TracerProvider(resource=named, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    tracer = provider.get_tracer("orchestrator")
    _emit = _Emitters(_call_emitter(tracer, ids), _request_emitter(tracer, ids))

    def end() -> None:
        global _emit  # noqa: PLW0603
        _emit = None
        provider.shutdown()

    return end


def _call_ids() -> Any:
    """Return what gives a root the ids of its call, and any other span a random one."""
    from threading import local

    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

    class CallIds(RandomIdGenerator):
        def __init__(self) -> None:
            self.root = local()

        def generate_trace_id(self) -> int:
            context = getattr(self.root, "context", None)
            return int(context.trace_id) if context else super().generate_trace_id()

        def generate_span_id(self) -> int:
            context = getattr(self.root, "context", None)
            return int(context.span_id) if context else super().generate_span_id()

    return CallIds()


def _request_emitter(tracer: Any, ids: Any) -> Callable[..., None]:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, Status, StatusCode

    def emit(method: str, route: str, status: int, took_s: float, request_id: str) -> None:
        ids.root.context = None
        facts = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        facts["request_id"] = request_id
        ended = unix_ms()
        began = _nanoseconds(ended - took_s * 1000)
        kind = SpanKind.SERVER
        span = tracer.start_span(f"{method} {route}", Context(), kind=kind, attributes=facts, start_time=began)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(ended))

    return emit


def _call_emitter(tracer: Any, ids: Any) -> Callable[..., None]:
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    def context_of(call_id: str) -> SpanContext:
        whole = int(ULID.from_str(call_id.partition("_")[2]))
        return SpanContext(whole, whole & _LOW_64 or 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))

    def emit(call_id: str, name: str, began_ms: float | None, ended_ms: float, facts: dict[str, Any]) -> None:
        root = context_of(call_id)
        parent = Context() if name == ROOT else set_span_in_context(NonRecordingSpan(root), Context())
        ids.root.context = root if name == ROOT else None
        began = ULID.from_str(call_id.partition("_")[2]).milliseconds if began_ms is None else began_ms
        span = tracer.start_span(name, parent, attributes={"call_id": call_id, **facts}, start_time=_nanoseconds(began))
        span.end(_nanoseconds(max(began, ended_ms)))

    return emit


def _nanoseconds(unix_ms: float) -> int:
    """Return a time in nanoseconds, to the microsecond: so many do not fit into a float to the last one."""
    return round(unix_ms * 1_000) * 1_000
