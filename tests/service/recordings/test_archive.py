"""Files of recordings are kept whole, found where they were put, and removed for good: on disk and in a bucket."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestrator.errors import Gone, Misconfigured, StoreUnavailable
from orchestrator.recordings.archive import Archive, open_archive
from orchestrator.recordings.byte_chunks import ByteRange
from orchestrator.settings import Settings
from tests.support.s3_stub import S3Stub, s3_stub

NAME = "2026-11/rec_1.mp3"
SOUND = bytes(range(256)) * 100


@pytest.fixture
def store() -> Iterator[S3Stub]:
    with s3_stub() as stub:
        yield stub


def settings(folder: Path, url: str = "", **changes: Any) -> Settings:
    bucket = {
        "recordings_bucket": "calls/2026",
        "bucket_url": url,
        "bucket_key_id": "AKID",
        "bucket_secret": SecretStr("secret"),
    }
    return Settings(recordings_dir=folder, **{**(bucket if url else {}), **changes})


def put(archive: Archive, sound: bytes = SOUND, *, is_urgent: bool = False) -> str:
    draft = archive.draft("rec_1", "lease")
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.write_bytes(sound)
    place = archive.put(draft, NAME, is_urgent=is_urgent)
    archive.discard(draft)
    return place


def test_a_file_is_kept_on_disk_where_no_bucket_is_set(tmp_path: Path) -> None:
    archive = open_archive(settings(tmp_path))

    place = put(archive)

    assert (place, (tmp_path / NAME).read_bytes()) == (f"disk:{NAME}", SOUND)
    assert b"".join(archive.read(place)) == SOUND
    assert list((tmp_path / "drafts").iterdir()) == []


def test_a_file_is_kept_in_the_bucket_that_is_set(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))

    place = put(archive)

    assert (place, store.objects) == (f"bucket:{NAME}", {f"/calls/2026/{NAME}": SOUND})
    assert (store.kinds[f"/calls/2026/{NAME}"], store.signers) == ("audio/mpeg", {"AKID"})
    assert b"".join(archive.read(place)) == SOUND
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_large_file_goes_to_the_bucket_in_parts(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    sound = SOUND * 250

    place = put(archive, sound)

    assert len(store.parts) > 1
    assert b"".join(archive.read(place)) == sound


@pytest.fixture(params=["disk", "bucket"])
def archive(request: pytest.FixtureRequest, tmp_path: Path, store: S3Stub) -> Archive:
    return open_archive(settings(tmp_path, store.url if request.param == "bucket" else ""))


@pytest.mark.parametrize(
    "part", [ByteRange(0, 1), ByteRange(0, len(SOUND)), ByteRange(300, 2_000), ByteRange(len(SOUND) - 1, 1)]
)
def test_a_part_of_a_file_is_read_and_no_more(archive: Archive, part: ByteRange) -> None:
    place = put(archive)

    assert b"".join(archive.read(place, part)) == SOUND[part.start : part.end]


@pytest.mark.parametrize("part", [ByteRange(len(SOUND), 1), ByteRange(len(SOUND) * 2, 5)])
def test_a_file_that_has_become_shorter_than_its_part_is_gone(archive: Archive, part: ByteRange) -> None:
    place = put(archive)

    with pytest.raises(Gone):
        archive.read(place, part)


def test_a_bucket_is_asked_for_the_part_alone(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    place = put(archive)

    archive.read(place, ByteRange(300, 2_000)).close()
    archive.read(place).close()

    assert store.ranges == ["bytes=300-2299", None]


def test_a_store_that_serves_no_parts_is_not_taken_for_one_that_does(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    place = put(archive)
    store.has_parts = False

    with pytest.raises(StoreUnavailable, match="no parts"):
        archive.read(place, ByteRange(1, 2))


def test_a_file_in_a_bucket_is_never_held_whole(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    store.objects[f"/calls/2026/{NAME}"] = bytes(32 * 1_048_576)

    tracemalloc.start()
    whole = sum(len(piece) for piece in archive.read(f"bucket:{NAME}"))
    part = sum(len(piece) for piece in archive.read(f"bucket:{NAME}", ByteRange(1, 30 * 1_048_576)))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (whole, part) == (32 * 1_048_576, 30 * 1_048_576)
    assert most < 4 * 1_048_576


def test_what_was_kept_on_disk_before_there_was_a_bucket_is_still_found(tmp_path: Path, store: S3Stub) -> None:
    place = put(open_archive(settings(tmp_path)))

    assert b"".join(open_archive(settings(tmp_path, store.url)).read(place)) == SOUND


def test_what_lies_in_a_bucket_that_is_no_longer_set_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="ORCHESTRATOR_RECORDINGS_BUCKET"):
        open_archive(settings(tmp_path)).read(f"bucket:{NAME}")


def test_what_is_removed_is_gone_wherever_it_lay_and_removing_it_again_is_no_fault(
    tmp_path: Path, store: S3Stub
) -> None:
    on_disk = put(open_archive(settings(tmp_path)))
    archive = open_archive(settings(tmp_path, store.url))
    in_bucket = put(archive)

    for _ in range(2):
        archive.remove(NAME)

    assert store.objects == {}
    for place in (on_disk, in_bucket):
        with pytest.raises(Gone):
            archive.read(place)


def test_a_draft_that_was_left_behind_goes_with_its_recording(tmp_path: Path) -> None:
    archive = open_archive(settings(tmp_path))
    left = archive.draft("rec_1", "dead")
    left.parent.mkdir(parents=True)
    left.write_bytes(SOUND)

    archive.remove(NAME)

    assert not left.exists()


@pytest.mark.parametrize("status", [403, 503])
def test_a_bucket_that_refuses_is_to_be_tried_again(tmp_path: Path, store: S3Stub, status: int) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    place = put(archive)
    store.refuse = status

    for attempt in (lambda: put(archive), lambda: archive.read(place), lambda: archive.remove(NAME)):
        with pytest.raises(StoreUnavailable, match="bucket of recordings"):
            attempt()


def test_what_is_urgent_is_kept_on_disk_while_the_bucket_is_away(tmp_path: Path, store: S3Stub) -> None:
    archive = open_archive(settings(tmp_path, store.url))
    store.refuse = 503

    place = put(archive, is_urgent=True)

    assert (place, b"".join(archive.read(place))) == (f"disk:{NAME}", SOUND)


def test_what_is_urgent_goes_to_a_bucket_that_is_there(tmp_path: Path, store: S3Stub) -> None:
    assert put(open_archive(settings(tmp_path, store.url)), is_urgent=True) == f"bucket:{NAME}"


def test_a_bucket_that_does_not_answer_is_to_be_tried_again(tmp_path: Path, free_port: int) -> None:
    archive = open_archive(settings(tmp_path, f"http://127.0.0.1:{free_port}"))

    with pytest.raises(StoreUnavailable):
        put(archive)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"bucket_key_id": None}, "AWS_ACCESS_KEY_ID"),
        ({"bucket_secret": None}, "AWS_SECRET_ACCESS_KEY"),
        ({"recordings_bucket": "no bucket"}, "ORCHESTRATOR_RECORDINGS_BUCKET"),
        ({"recordings_bucket": "/"}, "ORCHESTRATOR_RECORDINGS_BUCKET"),
        ({"bucket_url": "https://s3.amazonaws.com:port"}, "ORCHESTRATOR_BUCKET_URL"),
        ({"bucket_url": "s3.amazonaws.com"}, "ORCHESTRATOR_BUCKET_URL"),
        ({"bucket_url": "https://s3.amazonaws.com/calls"}, "ORCHESTRATOR_BUCKET_URL"),
    ],
)
def test_a_bucket_that_cannot_work_is_refused_at_the_start(tmp_path: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        open_archive(settings(tmp_path, "https://s3.amazonaws.com", **changes))
