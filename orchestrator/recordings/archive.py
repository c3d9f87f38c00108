"""The archive of recording files: on disk, or in a bucket if one is set; each stays where it was put."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orchestrator.errors import Misconfigured, StoreUnavailable
from orchestrator.recordings.byte_chunks import ByteChunks, ByteRange
from orchestrator.recordings.disk import Disk
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from orchestrator.recordings.bucket import Bucket, BucketTimeouts

log = logging.getLogger(__name__)

_DISK, _BUCKET = "disk", "bucket"
_DRAFTS: Final = "drafts"


class Archive:
    """Stores files by name; a place (`disk:NAME`, `bucket:NAME`) is the location of one."""

    def __init__(self, folder: Path, *, bucket: Bucket | None = None) -> None:
        self._drafts = folder / _DRAFTS
        self._disk = Disk(folder)
        self._bucket = bucket

    def draft(self, ident: str, lease: str) -> Path:
        """Return the draft path of this download attempt, after removing the drafts of earlier ones."""
        self._discard_drafts(ident)
        return self._drafts / f"{ident}.{lease}"

    def discard(self, draft: Path) -> None:
        """Remove a draft if it is still there; one that stays is removed before the next try."""
        with suppress(OSError):
            draft.unlink()

    def put(self, draft: Path, name: str, *, is_urgent: bool = False) -> str:
        """Keep a draft and return its place; raises StoreUnavailable.

        What is urgent is kept on disk where the bucket does not take it: its link may be dead at the next try.
        """
        if self._bucket:
            try:
                self._bucket.put(draft, name)
            except StoreUnavailable as err:
                if not is_urgent:
                    raise
                log.warning("a recording is kept on disk: %s", err)
            else:
                return f"{_BUCKET}:{name}"
        self._disk.put(draft, name)
        return f"{_DISK}:{name}"

    def read(self, place: str, part: ByteRange | None = None) -> ByteChunks:
        """Return the chunks of a file, or of a byte range of it; close them unless they are read to the end.

        Raises Gone, StoreUnavailable, or Misconfigured when its bucket is not set.
        """
        scheme, _, name = place.partition(":")
        if scheme == _DISK:
            return self._disk.read(name, part)
        if self._bucket is None:
            raise Misconfigured("the recording lies in a bucket: set ORCHESTRATOR_RECORDINGS_BUCKET")
        return self._bucket.read(name, part)

    def remove(self, name: str) -> None:
        """Remove what is kept under a name, wherever that is; safe to repeat. Raises StoreUnavailable."""
        self._discard_drafts(Path(name).stem)
        self._disk.remove(name)
        if self._bucket:
            self._bucket.remove(name)

    def _discard_drafts(self, ident: str) -> None:
        for draft in self._drafts.glob(f"{ident}.*"):
            self.discard(draft)


def open_archive(settings: Settings) -> Archive:
    """Return the archive the settings ask for; raise Misconfigured for a bucket without its keys."""
    return Archive(settings.recordings_folder, bucket=open_bucket(settings))


def open_bucket(settings: Settings, *, timeouts: BucketTimeouts | None = None) -> Bucket | None:
    """Return the bucket the settings ask for, if any; raise Misconfigured for one without its keys."""
    if settings.recordings_bucket is None:
        return None
    from orchestrator.recordings.bucket import DEFAULT_TIMEOUTS, Bucket  # costs a tenth of a start

    key_id, secret = settings.bucket_keys()
    return Bucket(
        settings.recordings_bucket,
        url=settings.bucket_url,
        region=settings.bucket_region,
        key_id=key_id,
        secret=secret,
        timeouts=timeouts or DEFAULT_TIMEOUTS,
        egress=settings.egress,
    )
