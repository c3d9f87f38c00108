"""`orchestrator media`: the receivers of streams and forks in one process; any number of them may run."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

import redis

from orchestrator.clock import utc_now
from orchestrator.errors import Misconfigured, StoreUnavailable
from orchestrator.logs import log_to_stderr
from orchestrator.media.capture_files import FOLDER
from orchestrator.services import Services, open_services
from orchestrator.settings import load_settings
from orchestrator.store.redis.audio_queue import find_calls_of_legs
from workers.heartbeat import beat
from workers.media.admission import FindCalls
from workers.media.forks import ForkReceiver, Network
from workers.media.liveness import Liveness
from workers.media.playback import Playback
from workers.media.recorder import Recorder
from workers.media.streams import StreamReceiver
from workers.media.tally import Tally

log = logging.getLogger(__name__)

_ADMIT_EVERY_S = 0.05
_TURN_S = 0.5
_SWEEP_EVERY_S = 1.0


async def receive(
    services: Services, *, host: str, port: int, udp_port: int, data: Path, rtp_from: Sequence[Network]
) -> None:
    """Take streams and forks until SIGTERM or SIGINT, then finish every file."""
    secret = services.settings.api_key
    if secret is None:
        raise Misconfigured("ORCHESTRATOR_API_KEY is not set: the tokens of stream addresses are made with it")
    tally = Tally()
    recorder = Recorder(data / FOLDER, clock=utc_now, tally=tally)
    streams = StreamReceiver(secret=secret, recorder=recorder, tally=tally)
    forks = ForkReceiver(recorder=recorder, tally=tally, find_calls=_finder(services), rtp_from=rtp_from)
    ports = await streams.listen(host, port), forks.listen(host, udp_port)
    print(f"media listens on ws://{_spelled(host)}:{ports[0]} and udp:{host}:{ports[1]}", flush=True)
    playback = Playback(streams, client=services.redis, keys=services.keys, clock=utc_now, tally=tally)
    liveness = Liveness(streams, client=services.redis, keys=services.keys, clock=utc_now)
    try:
        await _run_until_stopped(services, streams, forks, playback, liveness)
    finally:
        streams.close()
        forks.close()
        log.info("media has ended: %s", tally.shape())


async def _run_until_stopped(
    services: Services, streams: StreamReceiver, forks: ForkReceiver, playback: Playback, liveness: Liveness
) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    async def turn() -> None:
        streams.digest()
        await playback.play()

    async def sweep() -> None:
        streams.cut_stalled(loop.time())
        forks.close_idle()
        if services.settings.heartbeat_dir is not None:
            beat(services.settings.heartbeat_dir, "media")

    tasks = [
        asyncio.create_task(_repeat(forks.admit, every_s=_ADMIT_EVERY_S)),
        asyncio.create_task(_repeat(turn, every_s=_TURN_S)),
        asyncio.create_task(_repeat(liveness.cut_streams_of_ended_calls, every_s=_TURN_S)),
        asyncio.create_task(_repeat(sweep, every_s=_SWEEP_EVERY_S)),
    ]
    await stopped.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(step: Callable[[], Awaitable[None]], *, every_s: float) -> None:
    while True:
        try:
            await step()
        except Exception:
            log.exception("a turn failed; the next one comes")
        await asyncio.sleep(every_s)


def _finder(services: Services) -> FindCalls:
    async def find(legs: Sequence[str]) -> Mapping[str, str]:
        try:
            return await asyncio.to_thread(find_calls_of_legs, services.redis, services.keys, legs)
        except redis.RedisError as err:
            raise StoreUnavailable("Redis") from err

    return find


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="orchestrator media", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--udp-port", type=int, default=8011)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rtp-from", type=ip_network, action="append", default=[])
    given = parser.parse_args()
    settings = load_settings()
    log_to_stderr(settings.log_format, settings.log_level)
    logging.getLogger("picows").setLevel(logging.WARNING)
    services = open_services(settings)
    data = given.data or services.settings.data_dir
    asyncio.run(
        receive(services, host=given.host, port=given.port, udp_port=given.udp_port, data=data, rtp_from=given.rtp_from)
    )
    services.close()


def _spelled(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
