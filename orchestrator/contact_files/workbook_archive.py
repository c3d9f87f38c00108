"""Opens an Excel workbook (.xlsx) as what it is, a ZIP archive, and refuses one that is broken or a bomb.

Nothing is unpacked before the sizes that the archive announces are found bearable; the library that unpacks it gives
no more of a part than was announced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from orchestrator.contact_files.csv_header import unusable

MOST_PACKED: Final = 128 * 1024**2
_MOST_UNPACKED: Final = {"sheet": 1024**3, "text": 256 * 1024**2, "other": 16 * 1024**2}
_DENSEST = 200  # times of its size that a part may unpack to; sheets of people come to ten or twenty
_DENSE_FROM = 16 * 1024**2  # a smaller part is harmless however dense
_PIECE = 1 << 16
_ENCRYPTED = 0x1


class WorkbookArchive:
    """The parts of a workbook, read piece by piece. Raises InvalidInput for what is no sound workbook."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = ZipFile(file)
        except (BadZipFile, ValueError, OSError) as err:
            raise broken("it is cut off, or damaged") from err
        self._parts = {info.filename.lstrip("/").lower(): info for info in self._zip.infolist()}

    def has(self, name: str) -> bool:
        """Return whether there is such a part."""
        return name.lower() in self._parts

    def pieces(self, name: str, *, kind: str = "other") -> Iterator[bytes]:
        """Yield a part piece by piece; refuse one that is missing, damaged, encrypted or too large, by `kind`."""
        info = self._parts.get(name.lower())
        if info is None:
            raise broken(f"its part {name} is missing")
        _refuse_bomb(info, _MOST_UNPACKED[kind])
        try:
            with self._zip.open(info) as part:
                while piece := part.read(_PIECE):
                    yield piece
        except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as err:
            raise broken(f"its part {name} is damaged") from err
        except Exception as err:  # zlib.error is named by no base class of its own
            if type(err).__module__ == "zlib":
                raise broken(f"its part {name} is damaged") from err
            raise


def broken(why: str) -> Exception:
    """Return the refusal of a workbook that cannot be read."""
    return unusable("bad_workbook", f"the workbook cannot be read: {why}; open it in Excel and save it anew")


def _refuse_bomb(info: ZipInfo, most: int) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise broken("it has a password")
    is_dense = info.file_size > _DENSE_FROM and info.file_size > _DENSEST * max(info.compress_size, 1)
    if info.file_size > most or is_dense:
        size = f"{info.file_size // 1024**2} MB"
        raise unusable("workbook_too_large", f"{info.filename} unpacks to {size}; save the table as CSV UTF-8")
