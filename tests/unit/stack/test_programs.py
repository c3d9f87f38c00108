"""Which processes a stack consists of, and what each is given."""

from __future__ import annotations

from signal import SIGTERM

from orchestrator.stack import programs
from simulator.cli import parse


def test_r24_commands_and_dials_have_workers_of_their_own() -> None:
    workers = programs.workers({}, count=2)

    queues = {worker.name: worker.argv[worker.argv.index("-Q") + 1] for worker in workers}

    assert queues == {"commands": "commands", "dials": "dials", "commands-2": "commands", "dials-2": "dials"}
    names = {worker.argv[worker.argv.index("-n") + 1] for worker in workers}
    assert len(names) == 4


def test_r24_the_webhook_door_is_a_process_of_its_own() -> None:
    api, door = programs.api({}, port=1), programs.webhooks({}, port=2)

    assert api.argv[-1] == "api.wsgi:app"
    assert door.argv[-1] == "api.webhooks_wsgi:app"


def test_r24_servers_with_processes_of_their_own_are_asked_to_end_them_when_up_dies() -> None:
    api = programs.api({}, port=1)
    worker = programs.workers({}, count=1)[0]

    assert api.death_signal is SIGTERM  # granian ends its own workers, which a kill would leave behind
    assert worker.death_signal.name == "SIGKILL"


def test_passwords_are_not_on_the_command_line_of_flower() -> None:
    flower = programs.flower({"A": "b"}, port=5555, password="secret")

    assert "secret" not in " ".join(flower.argv)
    assert flower.env == {"A": "b", "FLOWER_BASIC_AUTH": "admin:secret"}


def test_a_simulator_started_again_signs_with_the_same_key() -> None:
    seeds = set()
    for _ in range(2):
        argv = programs.simulator(port=1, webhook_url="http://x", api_key="k", connection_id="c", time_scale=1).argv
        seeds.add(argv[argv.index("--signing-seed") + 1])

    assert len(seeds) == 1


def test_a_key_that_begins_with_a_dash_is_still_the_key() -> None:
    program = programs.simulator(port=1, webhook_url="http://x", api_key="-k", connection_id="c", time_scale=1)

    after_the_module = program.argv[program.argv.index("simulator") + 1 :]

    assert parse(after_the_module).api_key == "-k"
