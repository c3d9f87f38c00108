"""The loops that fetch recordings: many, for nearly all of their time they wait for somebody's network."""

from __future__ import annotations

from orchestrator.operations.recordings.fetch_recordings import RecordingFetcher
from orchestrator.operations.recordings.lookout import Lookout
from orchestrator.recordings.download import Bounds, Downloader
from orchestrator.services import Services
from workers.heartbeat import beat
from workers.loops import IDLE, Loop

FETCHERS = 16
_EVERY_S = 1.0
_LOOK_EVERY_S = 0.9  # less than the pace, so that one of them looks once a second
_OTHERS_IDLE_S = 4.0  # while there is nothing the first looks alone, and the others come to help within this time
_MB = 1_000_000


def fetch_loops(services: Services) -> list[Loop]:
    """Return the loops, each with one download at a time."""
    settings = services.settings
    downloader = Downloader(
        bounds=Bounds(max_bytes=int(settings.recording_max_mb * _MB)),
        trusted=settings.trusted_hosts,
        egress=settings.egress,
    )
    lookout = Lookout(_LOOK_EVERY_S)
    return [_fetch_loop(services, downloader, lookout, number) for number in range(1, FETCHERS + 1)]


def _fetch_loop(services: Services, downloader: Downloader, lookout: Lookout, number: int) -> Loop:
    folder, name = services.settings.heartbeat_dir, f"fetch-{number}"
    fetcher = RecordingFetcher(
        sql=services.sql,
        archive=services.recordings,
        downloader=downloader,
        ask_for_links=services.carrier.recording_links,
        lookout=lookout,
        show_alive=lambda: beat(folder, name) if folder else None,
    )

    def fetch() -> object:
        return fetcher.fetch_recordings() or IDLE

    return Loop(name, fetch, _EVERY_S, interrupt=fetcher.interrupt, idle_s=0.0 if number == 1 else _OTHERS_IDLE_S)
