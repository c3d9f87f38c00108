"""The archive that tests of recordings fill, and what they ask about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from orchestrator.operations.recordings.fetch_recordings import LEASE_S, RecordingFetcher
from orchestrator.operations.recordings.recording_link import AskForLinks
from orchestrator.recordings.archive import Archive
from orchestrator.recordings.download import Bounds, Downloader
from tests.support.world import World


class Shelf:
    """An archive in a test's folder, and fetchers that fill it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.archive = Archive(folder)
        world.services.__dict__["recordings"] = self.archive

    def fetcher(
        self,
        trusted: Sequence[str] = ("127.0.0.1",),
        *,
        lease_s: float = LEASE_S,
        show_alive: Callable[[], object] = lambda: None,
        ask_for_links: AskForLinks = lambda _recording_id: None,
    ) -> RecordingFetcher:
        downloader = Downloader(bounds=Bounds(whole_s=10.0, max_bytes=1_000_000), trusted=trusted)
        return RecordingFetcher(
            sql=self.world.sql,
            archive=self.archive,
            downloader=downloader,
            ask_for_links=ask_for_links,
            lease_s=lease_s,
            show_alive=show_alive,
        )

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def row(self) -> Any:
        [row] = self.world.query("SELECT *, due_at > now() AS is_put_off FROM recordings")
        return row
