"""`Range` and `If-Range` name one part of a file, or the whole of it."""

from __future__ import annotations

import pytest
from flask import Request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.test import EnvironBuilder

from api.http.byte_ranges import part_asked
from orchestrator.recordings.byte_chunks import ByteRange

SIZE, ETAG = 1_000, '"this"'


def asked(method: str = "GET", *, size: int = SIZE, **headers: str) -> ByteRange | None:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return part_asked(Request(EnvironBuilder(method=method, headers=told).get_environ()), size=size, etag=ETAG)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("bytes=0-", 0, SIZE),
        ("bytes=0-0", 0, 1),
        ("Bytes=100-299", 100, 300),
        ("bytes=100-5000", 100, SIZE),
        ("bytes=-5", SIZE - 5, SIZE),
        ("bytes=-5000", 0, SIZE),
        ("bytes=999-", SIZE - 1, SIZE),
    ],
)
def test_a_range_is_the_bytes_of_the_file_that_lie_in_it(words: str, start: int, end: int) -> None:
    assert asked(Range=words) == ByteRange(start, end - start)


@pytest.mark.parametrize(
    "words", ["", "bytes", "bytes=", "bytes=x-", "bytes=9-3", "bytes=--5", "bytes=-0", "rows=0-1", "bytes=0-1,5-9"]
)
def test_what_is_not_one_range_of_bytes_means_the_whole(words: str) -> None:
    assert asked(Range=words) is None


@pytest.mark.parametrize(("words", "size"), [("bytes=1000-", SIZE), ("bytes=5000-9000", SIZE), ("bytes=0-", 0)])
def test_a_range_beyond_the_file_is_refused(words: str, size: int) -> None:
    with pytest.raises(RequestedRangeNotSatisfiable):
        asked(Range=words, size=size)


@pytest.mark.parametrize("mark", ['"other"', 'W/"this"', "this", "Sun, 01 Mar 2026 10:00:00 GMT"])
def test_a_part_of_another_file_means_the_whole(mark: str) -> None:
    assert asked(Range="bytes=5-9", If_Range=mark) is None
    assert asked(Range="bytes=5-9", If_Range=ETAG) == ByteRange(5, 5)


def test_only_a_get_has_parts() -> None:
    assert asked("HEAD", Range="bytes=5-9") is None
