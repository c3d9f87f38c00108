"""A file of contacts, shown as it would be read, and then imported: into a new campaign, or into one that is there."""

from __future__ import annotations

import binascii
import csv
import io
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

from flask import request

from api.http.path_ids import has_form
from api.http.request_parsing import parse_fields
from api.pages import words
from api.pages.views.flow_inputs import inputs_of, sent_inputs
from api.pages.visit import Visit
from api.resources import campaigns, import_previews, imports
from api.resources.campaigns import CampaignInFlight
from api.resources.imports import ImportQuery
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.errors import Conflict, FieldError, InvalidInput

_KEPT_BYTES = 2 * 1024**2
_OF_CONTACT = ("phone", "external_id", "timezone", "not_before", "not_after")
_SAID = ("region", "encoding", "sheet")


class FileShown(NamedTuple):
    """What a page of a file shows, its status, and where it leads instead once the file is imported."""

    values: dict[str, Any]
    status: int = 200
    imported: str = ""


def asked_file(visit: Visit, campaign: CampaignInFlight) -> FileShown:
    """Return what asks for a file, and what was imported already."""
    return FileShown(_shown(visit, campaign))


def read_file(visit: Visit, campaign: CampaignInFlight) -> FileShown:
    """Return how the file that was sent would be read, or import it so; `imported` is the id of the import."""
    said, kept = {name: visit.form(name) for name in _SAID}, ""
    try:
        file, kept = _file()
        fields = {**{name: value for name, value in said.items() if value}, "map": _map()}
        query = parse_fields({name: value for name, value in fields.items() if value}, ImportQuery)
        given = sent_inputs(inputs_of(visit, campaign.flow.id))
        if given:
            visit.act(campaigns.change, {"variables": given}, campaign_id=campaign.id)
            campaign = campaigns.show(visit.services, campaign.id)
        if visit.form("do") == "import":
            made = visit.act(imports.create, raw=file, query=query, campaign_id=campaign.id)
            return FileShown({}, imported=made["id"])
        told = visit.act(import_previews.preview, raw=file, query=query, campaign_id=campaign.id)
    except (InvalidInput, Conflict) as refused:
        wrong = _by_field(words.field_errors(refused))
        return FileShown(_shown(visit, campaign, values=said, kept=kept, errors=wrong), status=422)
    return FileShown(_shown(visit, campaign, values=said, told=told, kept=kept))


def _by_field(wrong: dict[str, str]) -> dict[str, str]:
    """Return what is wrong beside the fields that the form has, all else beside the file."""
    return {name if name in _SAID or "variables" in name else "file": said for name, said in wrong.items()}


def _file() -> tuple[WholeFile, str]:
    """Return the file, and a short one as the next form carries it along; raise InvalidInput where there is none."""
    upload = request.files.get("file")
    if upload and upload.filename:
        head = upload.stream.read(_KEPT_BYTES + 1)
        upload.stream.seek(0)
        if not head:
            raise _missing()
        return upload.stream, b64encode(head).decode() if len(head) <= _KEPT_BYTES else ""
    kept = request.form.get("kept", "")
    try:
        content = b64decode(kept, validate=True)
    except binascii.Error:
        content = b""
    if not content:
        raise _missing()
    return io.BytesIO(content), kept


def _is_another() -> bool:
    upload = request.files.get("file")
    return bool(upload and upload.filename and "kept" in request.form)


def _missing() -> InvalidInput:
    return InvalidInput([FieldError("/file", "missing", "Choose a file that is not empty: CSV, or Excel (.xlsx).")])


def _map() -> str:
    """Return what was chosen for each column: `phone:Mobile,first_name:Vorname`; nothing where another file came."""
    if _is_another():
        return ""
    text = io.StringIO()
    pairs = []
    for place, header in enumerate(request.form.getlist("header")):
        fills = request.form.get(f"fills.{place}", "")
        if fills and header.strip():
            pairs.append(f"{fills}:{header}")
    csv.writer(text, lineterminator="").writerow(pairs)
    return text.getvalue()


def _columns(visit: Visit, campaign: CampaignInFlight, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a file with what each may fill."""
    known = [*_OF_CONTACT, *(each.name for each in inputs_of(visit, campaign.flow.id))]
    shown = []
    for column in told["columns"]:
        fills = column["fills"] or ""
        names = known if not fills or fills in known else [*known, fills]
        options = [("", "as its header says"), *((name, words.phrase(name)) for name in names)]
        shown.append({"header": column["header"], "fills": fills, "options": options})
    return shown


def _lacking(visit: Visit, campaign: CampaignInFlight, told: dict[str, Any]) -> list[Any]:
    """Return the inputs that the flow requires, and that neither a column fills nor everybody has."""
    filled = {column["fills"] for column in told["columns"]} | campaign.variables.keys()
    return [each for each in inputs_of(visit, campaign.flow.id) if each.is_required and each.name not in filled]


def _shown(
    visit: Visit,
    campaign: CampaignInFlight,
    *,
    values: dict[str, str] | None = None,
    told: dict[str, Any] | None = None,
    kept: str = "",
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    imported = request.args.get("imported", "")
    done = imports.show(visit.services, imported) if imported and has_form("import_id", imported) else None
    read: dict[str, Any] = {"lacking": []}
    if told:
        read = {"columns": _columns(visit, campaign, told), "lacking": _lacking(visit, campaign, told)}
    blank = dict.fromkeys(_SAID, "")
    return {"values": values or blank, "errors": errors or {}, "told": told, "kept": kept, "done": done, **read}
