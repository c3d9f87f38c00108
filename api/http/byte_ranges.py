"""Parts of a file: which one a request asks for (RFC 9110, section 14), and the headers that describe it."""

from __future__ import annotations

from flask import Request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from orchestrator.recordings.byte_chunks import ByteRange


def part_asked(request: Request, *, size: int, etag: str) -> ByteRange | None:
    """Return the part of a file of `size` bytes that `Range` asks for, or None for the whole.

    The whole file is also the answer to an unreadable header, to several ranges, and to an `If-Range` of another file.
    Raises RequestedRangeNotSatisfiable for a range outside of the file.
    """
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or request.method != "GET":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    start, end = asked.ranges[0]
    start = start if start >= 0 else max(0, size + start)  # the last bytes; all, if there are fewer
    end = size if end is None else min(end, size)
    if start >= end:
        raise RequestedRangeNotSatisfiable(size)
    return ByteRange(start, end - start)


def part_headers(part: ByteRange | None, *, size: int) -> dict[str, str]:
    """Return the headers of an answer that carries the part, or the whole where there is none."""
    if part is None:
        return {"Accept-Ranges": "bytes", "Content-Length": str(size)}
    content_range = f"bytes {part.start}-{part.end - 1}/{size}"
    return {"Accept-Ranges": "bytes", "Content-Length": str(part.length), "Content-Range": content_range}
