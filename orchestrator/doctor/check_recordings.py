"""Checks of the recordings store: folder and bucket, used as the engine uses them.

Not part of `/readyz`: a call needs neither, and an API taken out of service because of its bucket would lose calls
for the sake of their recordings. `/readyz` only reports what the engine met, and stays ready.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from orchestrator.doctor.findings import Finding, bad, good
from orchestrator.errors import Misconfigured
from orchestrator.ids import new_id
from orchestrator.recordings.archive import open_bucket
from orchestrator.recordings.bucket import BucketTimeouts, BucketUnavailable
from orchestrator.settings import Settings

_PATIENCE: Final = BucketTimeouts(connect_s=3, silence_s=5)
_TRIED_BYTES: Final = 65_536

_WRONG_KEY: Final = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a live key of this store"
_WRONG_REGION: Final = "set AWS_REGION to the region of the bucket"
_REMEDIES: Final = {
    "NoSuchBucket": "make the bucket, or set ORCHESTRATOR_RECORDINGS_BUCKET to one that is there",
    "AccessDenied": "let the key of AWS_ACCESS_KEY_ID put, get and delete objects of the bucket",
    "InvalidAccessKeyId": _WRONG_KEY,
    "SignatureDoesNotMatch": _WRONG_KEY,
    "InvalidToken": _WRONG_KEY,
    "ExpiredToken": _WRONG_KEY,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "PermanentRedirect": _WRONG_REGION,
    "RequestTimeTooSkewed": "set this machine's clock, for instance with NTP",
}
_OTHER_REFUSAL: Final = "the store's own log says why; ask again later"
_NOT_REACHED: Final = "is ORCHESTRATOR_BUCKET_URL right ({url}), and may this machine reach it?"


def check_recordings(settings: Settings, *, timeouts: BucketTimeouts = _PATIENCE) -> Iterator[Finding]:
    """Yield findings about the folder, and the bucket if one is set; test files are removed again.

    A bucket has 3 s to connect, and 5 s for each of three answers.
    """
    yield _check_folder(settings.recordings_folder, is_all=settings.recordings_bucket is None)
    if settings.recordings_bucket is not None:
        yield _check_bucket(settings, settings.recordings_bucket, timeouts=timeouts)


def _check_folder(folder: Path, *, is_all: bool) -> Finding:
    subject = "recordings folder"
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        with TemporaryFile(dir=nearest) as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as err:
        lost = "recordings are lost" if is_all else "none reaches the bucket, for each is written here first"
        remedy = "let the engine's user write there and make room, or set ORCHESTRATOR_RECORDINGS_DIR to another folder"
        return bad(subject, f"{folder} cannot be written ({err.strerror}): {lost}", remedy)
    return good(subject, str(folder) if nearest == folder else f"{folder}, to be made with the first recording")


def _check_bucket(settings: Settings, name: str, *, timeouts: BucketTimeouts) -> Finding:
    subject = "recordings bucket"
    try:
        bucket = open_bucket(settings, timeouts=timeouts)
        is_same = bucket is not None and bucket.try_out(f"doctor/{new_id('req')}.txt")
    except Misconfigured as err:
        return bad(subject, f"{name} cannot be asked", str(err))
    except BucketUnavailable as err:
        return _refusal(subject, name, err, settings)
    if not is_same:
        return bad(subject, f"{name} does not give back what was put in", _OTHER_REFUSAL)
    return good(subject, f"{name}: put, read and removed")


def _refusal(subject: str, name: str, err: BucketUnavailable, settings: Settings) -> Finding:
    if err.code is None:
        return bad(subject, f"{name}: no S3 store answers ({err.why})", _NOT_REACHED.format(url=settings.bucket_url))
    return bad(subject, f"{name}: the store says {err.code}", _REMEDIES.get(err.code, _OTHER_REFUSAL))
