"""Which processes a stack consists of, and what each is given."""

from __future__ import annotations

from signal import SIGTERM

import pytest

from orchestrator.local_stack import programs
from orchestrator.local_stack.program import Program
from simulator.cli import parse


def test_r24_commands_and_dials_have_workers_of_their_own() -> None:
    workers = programs.workers({}, count=2)

    queues = {worker.name: worker.argv[worker.argv.index("-Q") + 1] for worker in workers}

    assert queues == {"commands": "commands", "dials": "dials", "commands-2": "commands", "dials-2": "dials"}
    names = {worker.argv[worker.argv.index("-n") + 1] for worker in workers}
    assert len(names) == 4


def test_r24_the_webhook_door_is_a_process_of_its_own() -> None:
    api, door = programs.api({}, port=1), programs.webhooks({}, port=2)

    assert api.argv[-1] == "api.wsgi:service"
    assert door.argv[-1] == "api.webhooks_wsgi:service"


def test_r24_servers_with_processes_of_their_own_are_asked_to_end_them_when_up_dies() -> None:
    api = programs.api({}, port=1)
    worker = programs.workers({}, count=1)[0]

    assert api.death_signal is SIGTERM  # they let the requests under way end, and end their own processes
    assert worker.death_signal.name == "SIGKILL"


def test_no_secret_is_on_a_command_line_where_ps_shows_it() -> None:
    secrets = {name: f"secret-{name}" for name in ("redis", "sql", "api", "carrier")}
    env = {name: f"x://:{secret}@host" for name, secret in secrets.items()}

    started = [
        programs.api(env, port=1),
        programs.webhooks(env, port=2),
        *programs.workers(env, count=2),
        programs.dispatch(env),
        programs.engine(env),
        programs.media(env, port=3),
        programs.flower(env, port=4, password="secret-flower"),
        _simulator("secret-simulator"),
    ]

    seed = started[-1].env["SIMULATOR_SIGNING_SEED"]
    words = " ".join(word for program in started for word in program.argv)
    assert "secret" not in words
    assert seed not in words
    assert started[-2].env == {**env, "FLOWER_BASIC_AUTH": "admin:secret-flower"}


def test_a_simulator_started_again_signs_with_the_same_key() -> None:
    seeds = {_simulator("k").env["SIMULATOR_SIGNING_SEED"] for _ in range(2)}

    assert len(seeds) == 1
    assert seeds != {_simulator("another").env["SIMULATOR_SIGNING_SEED"]}


@pytest.mark.parametrize("key", ["k", "-k"])
def test_the_simulator_takes_its_secrets_from_its_environment(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = _simulator(key)
    for name, value in program.env.items():
        monkeypatch.setenv(name, value)

    settings = parse(program.argv[program.argv.index("simulator") + 1 :])

    assert (settings.api_key, settings.signing_seed) == (key, program.env["SIMULATOR_SIGNING_SEED"])


def test_what_is_written_on_the_simulators_command_line_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATOR_API_KEY", "of the environment")

    assert parse(["--api-key", "of the line"]).api_key == "of the line"


def _simulator(key: str) -> Program:
    return programs.simulator(port=1, webhook_url="http://x", api_key=key, connection_id="c", time_scale=1)
