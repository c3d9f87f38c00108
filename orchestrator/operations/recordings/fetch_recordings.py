"""Fetches recordings while their links are valid, one at a time per fetcher; what a dead process left is continued."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds
from orchestrator.errors import StoreUnavailable
from orchestrator.ids import new_id
from orchestrator.model.recording import FORMATS
from orchestrator.operations.recordings.lookout import Lookout
from orchestrator.operations.recordings.recording_link import AskForLinks, Elsewhere, Link, link_now
from orchestrator.operations.recordings.retry_schedule import LEAST_TRIES, LINKS_LIVE_S, is_over, pause_after
from orchestrator.recordings.archive import Archive
from orchestrator.recordings.audio_file import read_audio_file
from orchestrator.recordings.download import Downloaded, Downloader, NotDownloaded
from orchestrator.store.sql.recordings import (
    change_leased,
    forget_recording,
    is_kept,
    renew_lease,
    seconds_from_now,
    take_recording,
)

log = logging.getLogger(__name__)

LEASE_S: Final = 150.0  # twice what a download may take, so that the recording of a dead process is soon tried again
NOT_STORED: Final = "not_stored"
NOT_SOUND: Final = "not_sound"
INCOMPLETE: Final = "incomplete"
_STEP_S: Final = 15.0
_RENEWALS: Final = 5  # within one lease, so that a download before an upload leaves time for the first


class RecordingFetcher:
    """Downloads recordings that are due into the archive; any number of fetchers may run.

    Those that share a `lookout` ask for work as often as one. `show_alive` is called again and again while an upload
    goes on.
    """

    def __init__(
        self,
        *,
        sql: Engine,
        archive: Archive,
        downloader: Downloader,
        ask_for_links: AskForLinks,
        lease_s: float = LEASE_S,
        lookout: Lookout | None = None,
        show_alive: Callable[[], object] = lambda: None,
    ) -> None:
        self._sql = sql
        self._archive = archive
        self._downloader = downloader
        self._ask_for_links = ask_for_links
        self._lease_s = lease_s
        self._lookout = lookout or Lookout(every_s=0)
        self._show_alive = show_alive
        self._stop = threading.Event()

    def fetch_recordings(self) -> int:
        """Fetch until none is due, or a while has passed; return how many were tried."""
        until, tried = boot_seconds() + _STEP_S, 0
        while not self._stop.is_set() and boot_seconds() < until and self.fetch_next():
            tried += 1
        return tried

    def fetch_next(self) -> bool:
        """Try one recording that is due; False when there is none, or somebody has just found none."""
        if not self._lookout.takes_turn():
            return False
        lease = new_id("req")
        with self._sql.begin() as tx:
            row = take_recording(tx, lease, lease_s=self._lease_s)
        if row is None:
            return False
        self._lookout.found()
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
        """Stop the download under way, which another fetcher continues at once, and begin no other."""
        self._stop.set()

    def _fetch(self, row: Row[Any], draft: Path) -> None:
        began = boot_seconds()
        try:
            found = self._try(row, draft)
        except StoreUnavailable as err:
            log.warning("recording %s is not stored yet: %s", row.id, err, extra={"call_id": row.call_id})
            found = NotDownloaded(NOT_STORED, str(err))
        except Exception as err:  # the failure of one recording must not delay the others
            log.exception("recording %s cannot be fetched", row.id, extra={"call_id": row.call_id})
            found = NotDownloaded("broken", type(err).__name__)
        if isinstance(found, NotDownloaded):
            self._put_off(row, found, age_s=row.age_s + boot_seconds() - began)
        elif isinstance(found, Elsewhere):
            self._change(row, {"state": "stored_elsewhere", "error": None})

    def _try(self, row: Row[Any], draft: Path) -> NotDownloaded | Elsewhere | None:
        """Fetch and store the file; return why it is missing or incomplete, None when it is complete."""
        link = link_now(row, self._ask_for_links)
        if not isinstance(link, Link):
            return link
        found = self._downloader.download(link.url, draft, tries=row.tries, is_stopped=self._stop.is_set)
        if isinstance(found, NotDownloaded):
            is_over = found.is_final or (link.is_last and found.code.startswith("status_"))
            return replace(found, is_final=is_over)
        sound = read_audio_file(draft)
        if sound is None:
            return NotDownloaded(NOT_SOUND, f"what came is neither WAVE nor MPEG audio ({found.size_bytes} bytes)")
        shortage = sound.shortage(_announced_s(row))
        if shortage and found.size_bytes <= (row.size_bytes or 0):  # no more than an earlier try brought
            return NotDownloaded(INCOMPLETE, shortage, is_final=row.tries >= LEAST_TRIES)
        self._keep(row, draft, found, form=sound.format, shortage=shortage)
        return NotDownloaded(INCOMPLETE, shortage) if shortage else None

    def _put(self, row: Row[Any], draft: Path, name: str) -> str:
        with self._renewing(row):
            return self._archive.put(draft, name, is_urgent=row.age_s > LINKS_LIVE_S / 2)

    @contextmanager
    def _renewing(self, row: Row[Any]) -> Iterator[None]:
        """Keep the lease for as long as the body runs: an upload to a bucket may be slow."""
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
            with self._sql.begin() as tx:
                renew_lease(tx, row.id, row.lease, lease_s=self._lease_s)
        except SQLAlchemyError as err:  # the next turn may reach it in time
            log.warning("a lease is not renewed: %s", type(err).__name__, extra={"call_id": row.call_id})

    def _keep(self, row: Row[Any], draft: Path, found: Downloaded, *, form: str, shortage: str) -> None:
        """Keep what came; what is too short is kept while it is tried again, for it may be all there ever is."""
        name = file_name(row, form)
        place = self._put(row, draft, name)
        kept = {"format": form, "place": place, "size_bytes": found.size_bytes, "sha256": found.sha256}
        kept |= {"fetched_at": seconds_from_now(0)}
        whole = {"state": "fetched", "error": None, "due_at": None, "lease": None}
        with self._sql.begin() as tx:
            is_ours = change_leased(tx, row.id, row.lease, kept if shortage else {**kept, **whole})
            is_wanted = is_ours or is_kept(tx, row.id)
        if not is_wanted:
            self._archive.remove(name)  # erased while it was on its way
        elif is_ours and row.place and row.format != form:
            self._archive.remove(file_name(row, row.format))  # what an earlier try brought, of another format
        log.info("recording fetched%s", " in part" * bool(shortage), extra={"call_id": row.call_id})

    def _put_off(self, row: Row[Any], why: NotDownloaded, *, age_s: float) -> None:
        if why.code == "interrupted":
            changes: dict[str, Any] = {"due_at": seconds_from_now(0), "tries": row.tries - 1}
        elif why.is_final or is_over(row.tries, age_s=age_s):
            self._give_up(row, why)
            return
        else:
            pause = seconds_from_now(pause_after(row.tries, age_s=age_s))
            changes = {"due_at": pause, "error": {"code": why.code, "detail": why.detail}}
        self._change(row, changes)

    def _give_up(self, row: Row[Any], why: NotDownloaded) -> None:
        error = _final_error(row, why)
        state = INCOMPLETE if error["code"] == INCOMPLETE else "failed"
        log.warning("recording %s is %s: %s", row.id, state, error["code"], extra={"call_id": row.call_id})
        self._change(row, {"state": state, "error": error})

    def _change(self, row: Row[Any], changes: Mapping[str, Any]) -> None:
        """Change the row and release its lease."""
        with self._sql.begin() as tx:
            change_leased(tx, row.id, row.lease, {"due_at": None, "lease": None, **changes})


def file_name(row: Row[Any], form: str) -> str:
    """Return the name of a recording's file; every try gives it the same one."""
    return f"{row.created_at:%Y-%m}/{row.id}.{form}"


def clear_erased(sql: Engine, archive: Archive, row: Row[Any]) -> None:
    """Remove the file of an erased recording, and then its row; safe to repeat. Raises StoreUnavailable."""
    remove_files(archive, row)
    with sql.begin() as tx:
        forget_recording(tx, row.id)


def remove_files(archive: Archive, row: Row[Any]) -> None:
    """Remove the files of a recording in every format, for it may have come in another one than announced."""
    for form in FORMATS:
        archive.remove(file_name(row, form))


def _announced_s(row: Row[Any]) -> float | None:
    return (row.ended_at - row.started_at).total_seconds() if row.started_at and row.ended_at else None


def _final_error(row: Row[Any], why: NotDownloaded) -> dict[str, str]:
    if why.code == INCOMPLETE:
        return {"code": INCOMPLETE, "detail": why.detail}
    if row.place:
        return {
            "code": INCOMPLETE,
            "detail": f"less came than was told; the last try for more: {why.detail} ({why.code})",
        }
    if why.code == NOT_SOUND or (why.is_final and not why.code.startswith("status_")):
        return {"code": why.code, "detail": why.detail}
    detail = f"the link expired after {row.tries} tries; the last: {why.detail} ({why.code})"
    return {"code": "link_expired", "detail": detail}
