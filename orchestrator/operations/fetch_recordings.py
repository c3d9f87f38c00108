"""Fetches recordings while their links live: one at a time per fetcher, taken up again wherever a process died."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds
from orchestrator.errors import StoreUnavailable
from orchestrator.ids import new_id
from orchestrator.recordings.archive import Archive
from orchestrator.recordings.download import Downloaded, Downloader, NotDownloaded
from orchestrator.store.queries_recordings import (
    change_leased,
    forget_recording,
    is_kept,
    renew_lease,
    seconds_from_now,
    take_recording,
)

log = logging.getLogger(__name__)

LINKS_LIVE_S: Final = 600.0
LEASE_S: Final = 150.0  # twice what a download may take, so that nobody waits long for what a dead process held
MOST_TRIES: Final = 30  # more than ten minutes have room for: the end where the carrier's clock is far ahead
NOT_STORED: Final = "not_stored"
_STEP_S: Final = 15.0
_RENEWALS: Final = 5  # within one lease, so that a download before an upload leaves time for the first
_LONGEST_PAUSE_S: Final = 60.0
_SHORTEST_PAUSE_S: Final = 5.0


class RecordingFetcher:
    """Takes recordings that are due to their files; any number of them may run.

    `show_alive` is called again and again while an upload goes on.
    """

    def __init__(
        self,
        *,
        sql: Engine,
        archive: Archive,
        downloader: Downloader,
        lease_s: float = LEASE_S,
        show_alive: Callable[[], object] = lambda: None,
    ) -> None:
        self._sql = sql
        self._archive = archive
        self._downloader = downloader
        self._lease_s = lease_s
        self._show_alive = show_alive
        self._stop = threading.Event()

    def fetch_recordings(self) -> int:
        """Fetch until none is due, or a while has passed; return how many were tried."""
        until, tried = boot_seconds() + _STEP_S, 0
        while not self._stop.is_set() and boot_seconds() < until and self.fetch_next():
            tried += 1
        return tried

    def fetch_next(self) -> bool:
        """Try one recording that is due; False when there is none."""
        lease = new_id("req")
        with self._sql.begin() as connection:
            row = take_recording(connection, lease, lease_s=self._lease_s)
        if row is None:
            return False
        if row.state == "erased":
            clear_erased(self._sql, self._archive, row)
            return True
        draft = self._archive.draft(row.id, lease)
        try:
            self._fetch(row, draft)
        finally:
            self._archive.discard(draft)
        return True

    def interrupt(self) -> None:
        """Give up the download under way, which somebody else takes up at once, and begin no other."""
        self._stop.set()

    def _fetch(self, row: Row[Any], draft: Path) -> None:
        began = boot_seconds()
        try:
            found = self._downloader.download(link_of(row), draft, tries=row.tries, is_stopped=self._stop.is_set)
            place = self._put(row, draft) if isinstance(found, Downloaded) else ""
        except StoreUnavailable as err:
            log.warning("recording %s is not stored yet: %s", row.id, err, extra={"call_id": row.call_id})
            found = NotDownloaded(NOT_STORED, str(err))
        except Exception as err:  # whatever it is, it is this recording's own failure, and no other waits for it
            log.exception("recording %s cannot be fetched", row.id, extra={"call_id": row.call_id})
            found = NotDownloaded("broken", type(err).__name__)
        if isinstance(found, Downloaded):
            self._keep(row, place, found)
        else:
            self._put_off(row, found, age_s=row.age_s + boot_seconds() - began)

    def _put(self, row: Row[Any], draft: Path) -> str:
        with self._renewing(row):
            return self._archive.put(draft, file_name(row), is_urgent=row.age_s > LINKS_LIVE_S / 2)

    @contextmanager
    def _renewing(self, row: Row[Any]) -> Iterator[None]:
        """Keep the lease for as long as the body runs: a bucket may take an upload as slowly as it likes."""
        is_done = threading.Event()

        def renew() -> None:
            self._show_alive()
            while not is_done.wait(self._lease_s / _RENEWALS):
                self._show_alive()
                self._renew(row)

        renewing = threading.Thread(target=renew, name=f"renew-{row.id}", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            is_done.set()
            renewing.join()

    def _renew(self, row: Row[Any]) -> None:
        try:
            with self._sql.begin() as connection:
                renew_lease(connection, row.id, row.lease, lease_s=self._lease_s)
        except SQLAlchemyError as err:  # the next turn may reach it in time
            log.warning("a lease is not renewed: %s", type(err).__name__, extra={"call_id": row.call_id})

    def _keep(self, row: Row[Any], place: str, found: Downloaded) -> None:
        fetched = {"state": "fetched", "place": place, "size_bytes": found.size_bytes, "sha256": found.sha256}
        with self._sql.begin() as connection:
            moment = seconds_from_now(0)
            is_ours = change_leased(connection, row.id, row.lease, {**fetched, "fetched_at": moment, "error": None})
            is_wanted = is_ours or is_kept(connection, row.id)
        if not is_wanted:
            self._archive.remove(file_name(row))  # erased while it was on its way
            return
        log.info("recording fetched", extra={"call_id": row.call_id})

    def _put_off(self, row: Row[Any], why: NotDownloaded, *, age_s: float) -> None:
        if why.code == "interrupted":
            changes: dict[str, Any] = {"due_at": seconds_from_now(0), "tries": row.tries - 1}
        elif why.is_final or age_s >= LINKS_LIVE_S or row.tries >= MOST_TRIES:
            changes = {"state": "failed", "error": _last_word(row, why)}
            log.warning("recording %s is lost: %s", row.id, changes["error"]["code"], extra={"call_id": row.call_id})
        else:
            pause_s = pause_after(row.tries, left_s=LINKS_LIVE_S - age_s)
            changes = {"due_at": seconds_from_now(pause_s), "error": {"code": why.code, "detail": why.detail}}
        with self._sql.begin() as connection:
            change_leased(connection, row.id, row.lease, changes)


def pause_after(tries: int, *, left_s: float) -> float:
    """Return the seconds until the next try: 2, 4, 8 … 60, and fewer again towards the end of the link's life."""
    return min(_LONGEST_PAUSE_S, 2.0 ** min(tries, 10), max(_SHORTEST_PAUSE_S, left_s / 2))


def link_of(row: Row[Any]) -> str:
    """Return the link to fetch; one that expires before a public one, which need not lead to the same place."""
    return str(row.urls.get(row.format) or row.public_urls[row.format])


def file_name(row: Row[Any]) -> str:
    """Return the name of a recording's file; every try gives it the same one."""
    return f"{row.created_at:%Y-%m}/{row.id}.{row.format}"


def clear_erased(sql: Engine, archive: Archive, row: Row[Any]) -> None:
    """Remove the file of an erased recording, and its row behind it; safe to repeat. Raises StoreUnavailable."""
    archive.remove(file_name(row))
    with sql.begin() as connection:
        forget_recording(connection, row.id)


def _last_word(row: Row[Any], why: NotDownloaded) -> dict[str, str]:
    if why.is_final:
        return {"code": why.code, "detail": why.detail}
    detail = f"the link expired after {row.tries} tries; the last: {why.detail} ({why.code})"
    return {"code": "link_expired", "detail": detail}
