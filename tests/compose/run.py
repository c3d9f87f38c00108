"""Runs docker-compose.yml with the simulated carrier, and holds our account of each campaign against the carrier's.

One of each service, people who sign in, the sound of a call; everything scaled; everything but the carrier stopped with
SIGTERM in mid-campaign and started again; Prometheus and Grafana where their images can be had.

`make compose-test`; needs Docker with `docker compose` or docker-compose. Everything it starts is removed again.
"""

from __future__ import annotations

from orchestrator.published_secrets import PUBLISHED
from orchestrator_client import Client
from tests.compose.campaigns import API, KEY, capture_sound, run_campaign
from tests.compose.claims import claim, say
from tests.compose.containers import Containers
from tests.compose.monitoring import watch
from tests.compose.signing_in import sign_in_both_ways


def main() -> None:
    """Run it all; exit status 0 when every account agrees and everything was seen."""
    containers = Containers()
    try:
        containers.run("build", "build")
        _refused_where_calls_are_real(containers)
        containers.start("up")
        with Client(API, KEY) as client:
            run_campaign(client, area=202)
            sign_in_both_ways(containers, client, sees="compose 202")
            capture_sound(client)
            containers.start("scaled up", worker_commands=2, worker_dials=4, engine=2)
            run_campaign(client, area=415)
            watch(containers)
            run_campaign(client, area=713, meanwhile=lambda: _stop_and_start(containers))
    except BaseException:
        containers.show()
        raise
    finally:
        containers.remove()
    say("3 campaigns passed, 0 failed")


def _refused_where_calls_are_real(containers: Containers) -> None:
    """Start what runs first with another carrier than the simulator: it must name every secret that was not set."""
    done = containers.ask("run", "--rm", "--no-deps", "-e", "TELNYX_BASE_URL=https://api.telnyx.com/v2", "migrate")
    claim(done.returncode == 1, f"published secrets were taken: {done.stdout}{done.stderr}")
    unnamed = [name for name in PUBLISHED if name not in done.stdout + done.stderr]
    claim(not unnamed, f"not refused: {unnamed}: {done.stdout}{done.stderr}")
    say("published secrets are refused where calls are real")


def _stop_and_start(containers: Containers) -> None:
    containers.stop("simulator")
    containers.start("started again")


if __name__ == "__main__":
    main()
