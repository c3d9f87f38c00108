"""The programs of a stack: command line, environment, readiness check and shutdown signal of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from signal import SIGTERM

from orchestrator.local_stack import command_lines
from orchestrator.local_stack.program import Program

_ENGINE_RUNS = "engine runs: "
STOP_ORDER = (
    ("dispatch",),
    ("dials",),
    ("commands", "flower"),
    ("engine",),
    ("simulator",),
    ("media",),
    ("api", "webhooks"),
    ("valkey",),
    ("postgres",),
)


def stop_order(names: list[str]) -> list[list[str]]:
    """Return the program names in stages, in the order of shutdown; `dials-2` belongs to the stage of `dials`."""
    return [[name for name in names if name.rsplit("-", 1)[0] in stage] for stage in STOP_ORDER]


def api(env: Mapping[str, str], *, port: int) -> Program:
    """Return the REST API, which serves the webhook endpoint too."""
    argv = command_lines.serve(only_webhooks=False, host="127.0.0.1", port=port, threads=8)
    return Program(name="api", argv=argv, env=env, ready=_answers(port), death_signal=SIGTERM)


def webhooks(env: Mapping[str, str], *, port: int) -> Program:
    """Return the webhook endpoint in a separate process, which no slow upload can delay."""
    argv = command_lines.serve(only_webhooks=True, host="127.0.0.1", port=port, threads=4)
    return Program(name="webhooks", argv=argv, env=env, ready=_answers(port), death_signal=SIGTERM)


def workers(env: Mapping[str, str], *, count: int) -> list[Program]:
    """Return `count` Celery workers for commands and as many for dials."""
    return [_worker(env, queue, number) for number in range(1, count + 1) for queue in ("commands", "dials")]


def dispatch(env: Mapping[str, str]) -> Program:
    """Return the loop that claims contacts, in a separate process so that it can be stopped first."""
    return Program(name="dispatch", argv=command_lines.engine(["dispatch"]), env=env, ready_line=_ENGINE_RUNS)


def engine(env: Mapping[str, str]) -> Program:
    """Return the loops that advance calls, write their records, sweep and fetch recordings."""
    parts = ["advance", "settle", "sweep", "fetch", "notify"]
    return Program(name="engine", argv=command_lines.engine(parts), env=env, ready_line=_ENGINE_RUNS)


def flower(env: Mapping[str, str], *, port: int, password: str) -> Program:
    """Return Flower, which shows the tasks behind a password."""
    env = {**env, "FLOWER_BASIC_AUTH": f"admin:{password}"}
    return Program(name="flower", argv=command_lines.flower(port=port), env=env, ready=_answers(port, "/healthcheck"))


def media(env: Mapping[str, str], *, port: int) -> Program:
    """Return the media receivers, which take websockets and UDP packets on the same port number."""
    argv = command_lines.media(host="127.0.0.1", port=port, udp_port=port, data=None)
    return Program(name="media", argv=argv, env=env, ready=_answers(port), death_signal=SIGTERM)


def simulator(*, port: int, webhook_url: str, api_key: str, connection_id: str, time_scale: float) -> Program:
    """Return the simulated carrier, which sends its webhooks to `webhook_url`."""
    options = ["--port", port, "--webhook-url", webhook_url, "--time-scale", time_scale]
    options += ["--connection-id", connection_id]
    seed = sha256(api_key.encode()).hexdigest()  # started again, it signs with the same key
    env = {"SIMULATOR_API_KEY": api_key, "SIMULATOR_SIGNING_SEED": seed}
    argv = command_lines.simulator(options)
    return Program(name="simulator", argv=argv, env=env, ready=_answers(port, "/v2/public_key"))


def _worker(env: Mapping[str, str], queue: command_lines.Queue, number: int) -> Program:
    name = queue if number == 1 else f"{queue}-{number}"
    argv = command_lines.worker(queue, name=name)
    return Program(name=name, argv=argv, env=env, ready_line=" ready.", patience_s=20)


def _answers(port: int, path: str = "/healthz") -> Callable[[], bool]:
    """Return a probe for any answer below 500, authorized or not.

    Each probe is a connection of its own, at a tenth of the cost of `requests`: a start makes hundreds of them.
    """

    def probe() -> bool:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as connection:
                connection.request("GET", path)
                return connection.getresponse().status < 500
        except (OSError, HTTPException):
            return False

    return probe
