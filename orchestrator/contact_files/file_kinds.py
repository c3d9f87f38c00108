"""Recognizes files that are not CSV, such as spreadsheets, by their first bytes."""

from __future__ import annotations

_AS_CSV = "open it in a spreadsheet and save it as CSV UTF-8"
_WORKBOOK = f"an Excel workbook; {_AS_CSV}"
_BEGINNINGS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an old Excel workbook (.xls), or one with a password; {_AS_CSV}"),
    (b"%PDF-", "a PDF; ask for the list as CSV, or copy its table into a spreadsheet and save it as CSV UTF-8"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"{\\rtf", f"a rich text document; {_AS_CSV}"),
    (b"SQLite format 3", "an SQLite database; export its table as CSV"),
    (b"PAR1", "a Parquet file; export it as CSV"),
    (b"\x89PNG", "a picture; ask for the list as CSV"),
    (b"\xff\xd8\xff", "a picture; ask for the list as CSV"),
)
_IN_ZIP = (
    (b"xl/", _WORKBOOK),
    (b"[Content_Types].xml", _WORKBOOK),
    (b"opendocument.spreadsheet", f"an OpenDocument spreadsheet; {_AS_CSV}"),
    (b"Index/", f"a Numbers document; {_AS_CSV}"),
)
_MARKUP = (
    (b"<!doctype html", f"a web page; {_AS_CSV}"),
    (b"<html", f"a web page; {_AS_CSV}"),
    (b"<table", f"a web page; {_AS_CSV}"),
    (b"<?xml", f"XML; {_AS_CSV}"),
    (b"begin:vcard", "a list of vCards; export the address book as CSV"),
    (b"[{", "JSON; send contacts as JSON to `/contacts`, or convert it to CSV"),
    (b'{"', "JSON; send contacts as JSON to `/contacts`, or convert it to CSV"),
)


def foreign_kind(head: bytes) -> str | None:
    """Return what a file that begins with `head` (4 kB are enough) is, and what to do with it; None for text."""
    if head.startswith(b"PK\x03\x04"):
        return next((kind for mark, kind in _IN_ZIP if mark in head), "a ZIP archive; unpack it first")
    text = head[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    squeezed = b"".join(text.split()) if text[:1] in b"[{" else text
    kinds = [kind for mark, kind in _BEGINNINGS if head.startswith(mark)]
    kinds += [kind for mark, kind in _MARKUP if text.startswith(mark) or squeezed.startswith(mark)]
    return kinds[0] if kinds else None
