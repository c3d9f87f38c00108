"""The loops that fetch recordings: a few, so that a slow download delays no other."""

from __future__ import annotations

from orchestrator.operations.fetch_recordings import RecordingFetcher
from orchestrator.recordings.download import Bounds, Downloader
from orchestrator.store.keys import Keys
from orchestrator.wiring import House

from .loops import Loop

FETCHERS = 4
_EVERY_S = 0.5
_MB = 1_000_000


def fetch_loops(house: House, _keys: Keys) -> list[Loop]:
    """Return the loops, each with one download at a time."""
    settings = house.settings
    downloader = Downloader(
        bounds=Bounds(max_bytes=int(settings.recording_max_mb * _MB)), trusted=settings.trusted_hosts
    )
    fetchers = [
        RecordingFetcher(sql=house.sql, archive=house.recordings, downloader=downloader) for _ in range(FETCHERS)
    ]
    return [
        Loop(f"fetch-{number}", fetcher.fetch_recordings, _EVERY_S, interrupt=fetcher.interrupt)
        for number, fetcher in enumerate(fetchers, 1)
    ]
