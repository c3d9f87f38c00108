"""The doctor tries the folder and the bucket of recordings, leaves nothing behind, and names what mends them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.doctor.check_recordings import check_recordings
from orchestrator.doctor.findings import Finding, Verdict
from orchestrator.recordings.bucket import DEFAULT_TIMEOUTS, BucketTimeouts
from orchestrator.settings import Settings
from tests.support.s3_stub import S3Stub, s3_stub


@pytest.fixture
def store() -> Iterator[S3Stub]:
    with s3_stub() as stub:
        yield stub


def found(
    folder: Path, url: str = "", *, timeouts: BucketTimeouts = DEFAULT_TIMEOUTS, **changes: Any
) -> dict[str, Finding]:
    bucket = {
        "recordings_bucket": "calls/2026",
        "bucket_url": url,
        "bucket_key_id": "AKID",
        "bucket_secret": SecretStr("secret"),
    }
    settings = Settings(recordings_dir=folder, **{**(bucket if url else {}), **changes})
    return {finding.subject: finding for finding in check_recordings(settings, timeouts=timeouts)}


def test_a_folder_that_can_be_written_is_good_and_stays_as_it_was(tmp_path: Path) -> None:
    findings = found(tmp_path)

    assert {subject: each.verdict for subject, each in findings.items()} == {"recordings folder": Verdict.GOOD}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_made_with_the_first_recording_is_not_made_by_looking(tmp_path: Path) -> None:
    folder = found(tmp_path / "a" / "b")["recordings folder"]

    assert (folder.verdict, list(tmp_path.iterdir())) == (Verdict.GOOD, [])
    assert "to be made" in folder.detail


def test_a_folder_that_cannot_be_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    folder = found(tmp_path / "file" / "recordings")["recordings folder"]

    assert (folder.verdict, "Not a directory" in folder.detail) == (Verdict.BAD, True)
    assert "ORCHESTRATOR_RECORDINGS_DIR" in folder.remedy


def test_a_bucket_that_works_is_good_and_stays_as_it_was(tmp_path: Path, store: S3Stub) -> None:
    findings = found(tmp_path, store.url)

    assert {each.verdict for each in findings.values()} == {Verdict.GOOD}
    assert (findings.keys(), store.objects) == ({"recordings folder", "recordings bucket"}, {})
    (tried,) = store.kinds
    assert tried.startswith("/calls/2026/doctor/")


@pytest.mark.parametrize(
    ("status", "code", "named"),
    [
        (404, "NoSuchBucket", "ORCHESTRATOR_RECORDINGS_BUCKET"),
        (403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"),
        (403, "AccessDenied", "put, get and delete"),
        (400, "AuthorizationHeaderMalformed", "AWS_REGION"),
        (503, "SlowDown", "ask again later"),
    ],
)
def test_a_bucket_that_refuses_is_found_with_what_mends_it(
    tmp_path: Path, store: S3Stub, status: int, code: str, named: str
) -> None:
    store.refuse, store.code = status, code

    bucket = found(tmp_path, store.url)["recordings bucket"]

    assert (bucket.verdict, code in bucket.detail) == (Verdict.BAD, True)
    assert named in bucket.remedy


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_key_that_may_not_do_all_of_it_is_found(tmp_path: Path, store: S3Stub, method: str) -> None:
    store.refuse, store.code, store.refused_methods = 403, "AccessDenied", {method}

    bucket = found(tmp_path, store.url)["recordings bucket"]

    assert (bucket.verdict, "put, get and delete" in bucket.remedy) == (Verdict.BAD, True)


def test_a_bucket_that_is_not_there_is_found(tmp_path: Path, free_port: int) -> None:
    bucket = found(tmp_path, f"http://127.0.0.1:{free_port}")["recordings bucket"]

    assert bucket.verdict is Verdict.BAD
    assert "ORCHESTRATOR_BUCKET_URL" in bucket.remedy


def test_a_bucket_that_says_nothing_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        bucket = found(tmp_path, url, timeouts=BucketTimeouts(connect_s=5, silence_s=0.1))["recordings bucket"]

    assert (bucket.verdict, "ReadTimeout" in bucket.detail) == (Verdict.BAD, True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"bucket_key_id": None}, "AWS_ACCESS_KEY_ID"),
        ({"bucket_secret": None}, "AWS_SECRET_ACCESS_KEY"),
        ({"recordings_bucket": "no bucket"}, "ORCHESTRATOR_RECORDINGS_BUCKET"),
        ({"bucket_url": "s3.amazonaws.com"}, "ORCHESTRATOR_BUCKET_URL"),
    ],
)
def test_a_bucket_that_cannot_be_asked_says_what_to_set(
    tmp_path: Path, store: S3Stub, changes: dict[str, Any], named: str
) -> None:
    bucket = found(tmp_path, store.url, **changes)["recordings bucket"]

    assert (bucket.verdict, named in bucket.remedy) == (Verdict.BAD, True)
