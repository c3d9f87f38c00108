"""Excel workbooks as other programs write them, put together by hand."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from zipfile import ZIP_DEFLATED, ZipFile

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

PLAIN, DATE, ZIP_CODE, WITH_PLUS, TIMED, TEXT = range(6)
"""Styles of cells."""

_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164" formatCode="00000"/>'
    '<numFmt numFmtId="165" formatCode="\\+0"/><numFmt numFmtId="166" formatCode="[$-407]dd/mm/yyyy\\ hh:mm;@"/>'
    '</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="49"/></cellXfs></styleSheet>'
)


def text(value: str) -> str:
    """Return a cell with a text."""
    return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def number(value: object, style: int = PLAIN) -> str:
    """Return a cell with a number, as Excel writes it."""
    return f'<c s="{style}"><v>{value}</v></c>'


def rows(*cells: Sequence[str]) -> str:
    """Return the content of a sheet."""
    return "".join(f"<row>{''.join(row)}</row>" for row in cells)


def workbook(
    sheets: Mapping[str, str] | str,
    *,
    hidden: Sequence[str] = (),
    shared: str | None = None,
    properties: str = "",
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Return a workbook with these sheets by name, each the content of its `sheetData`."""
    sheets = {"Sheet1": sheets} if isinstance(sheets, str) else sheets
    states = dict.fromkeys(hidden, ' state="hidden"')
    names = "".join(
        f'<sheet name="{name}" sheetId="{n}"{states.get(name, "")} r:id="rId{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">{properties}<sheets>{names}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": f"<Relationships>{targets}</Relationships>",
        "xl/styles.xml": _STYLES,
        **{
            f"xl/worksheets/sheet{n}.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{content}</sheetData></worksheet>'
            for n, content in enumerate(sheets.values(), start=1)
        },
        **({"xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>'} if shared is not None else {}),
        **(parts or {}),
    }
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()
