"""A file of contacts, shown as it would be read, and then imported: into a new campaign, or into one that is there."""

from __future__ import annotations

import csv
import io
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

import orjson
from flask import request

from api.http.path_ids import has_form
from api.http.request_parsing import parse_fields, parse_json
from api.pages import words
from api.pages.views.flow_inputs import InputField, contested_values, inputs_of, merged_values, shared_values
from api.pages.views.merged_form import MergedForm, told
from api.pages.visit import Visit
from api.resources import import_previews, imports
from api.resources.campaigns import CampaignInFlight
from api.resources.imports import ImportQuery
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.errors import ChangedMeanwhile, Conflict, FieldError, InvalidInput
from orchestrator.policy.campaign_rules import CampaignChanges

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
    """Return how the file that was sent would be read, or import it so; `imported` is the id of the import.

    What everybody is to have is kept with the first contact of the import; a look counts it in, and changes nothing.
    """
    said, kept = {name: visit.form(name) for name in _SAID}, ""
    form = merged_values(shared_values(visit, campaign))
    is_import = visit.form("do") == "import"
    try:
        file, kept = _file()
        fields = {**{name: value for name, value in said.items() if value}, "map": _map()}
        query = parse_fields({name: value for name, value in fields.items() if value}, ImportQuery)
        shared = {name: form.values[name] or None for name in form.mine}
        wrong = _wrong_values(campaign, form, shared)
        if is_import and not wrong:
            return FileShown({}, imported=_imported(visit, campaign, file, query, shared))
        given = [name for name in form.mine if form.values[name]]
        preview = import_previews.preview_of(visit.services, campaign.id, query, file, given=given)
    except (InvalidInput, Conflict) as refused:
        wrong = _by_field(words.field_errors(refused))
        return FileShown(_shown(visit, campaign, values=said, kept=kept, errors=wrong), status=422)
    except ChangedMeanwhile:  # since the campaign was looked up for this form
        wrong = contested_values(form)
        return FileShown(_shown(visit, campaign, values=said, kept=kept, errors=wrong), status=412)
    read: dict[str, Any] = {"preview": preview.model_dump(mode="json"), "form": form}
    shown = _shown(visit, campaign, values=said, kept=kept, errors=wrong, **read)
    return FileShown(shown, status=412 if form.contested else 422 if wrong else 200)


def _imported(
    visit: Visit, campaign: CampaignInFlight, file: WholeFile, query: ImportQuery, shared: dict[str, Any]
) -> str:
    asked: dict[str, Any] = {"query": query, "besides": {"variables": shared}, "campaign_id": campaign.id}
    made = visit.act(imports.create, raw=file, seen=campaign.etag if shared else "", **asked)
    return str(made["id"])


def _wrong_values(campaign: CampaignInFlight, form: MergedForm, shared: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with what everybody is to have, by its field."""
    try:
        form.refuse_contested(campaign.etag)
        if shared:
            parse_json(orjson.dumps({"variables": shared}), CampaignChanges)
    except ChangedMeanwhile:
        return contested_values(form)
    except InvalidInput as refused:
        return words.field_errors(refused)
    return {}


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
    except ValueError:
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


def _columns(visit: Visit, campaign: CampaignInFlight, preview: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns of a file with what each may fill."""
    known = [*_OF_CONTACT, *(each.name for each in inputs_of(visit, campaign.flow.id))]
    shown = []
    for column in preview["columns"]:
        fills = column["fills"] or ""
        names = known if not fills or fills in known else [*known, fills]
        options = [("", "as its header says"), *((name, words.phrase(name)) for name in names)]
        shown.append({"header": column["header"], "fills": fills, "options": options})
    return shown


def _lacking(visit: Visit, campaign: CampaignInFlight, preview: dict[str, Any], form: MergedForm) -> list[InputField]:
    """Return the inputs that the flow requires, and that neither a column fills nor everybody has before the import."""
    has = {column["fills"] for column in preview["columns"]}
    has |= {name for name, value in shared_values(visit, campaign).items() if value}
    lacks = {each for each in inputs_of(visit, campaign.flow.id) if each.is_required and each.name not in has}
    return [each for each in inputs_of(visit, campaign.flow.id) if each in lacks or each.name in form.mine]


def _shown(
    visit: Visit,
    campaign: CampaignInFlight,
    *,
    values: dict[str, str] | None = None,
    preview: dict[str, Any] | None = None,
    form: MergedForm | None = None,
    kept: str = "",
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:
    imported = request.args.get("imported", "")
    done = imports.show(visit.services, imported) if imported and has_form("import_id", imported) else None
    read: dict[str, Any] = {"lacking": []}
    if preview and form:
        lacking = _lacking(visit, campaign, preview, form)
        opened = told(shared_values(visit, campaign))
        columns = _columns(visit, campaign, preview)
        read = {"columns": columns, "lacking": lacking, "given": form.values, "opened": opened}
    blank = dict.fromkeys(_SAID, "")
    return {"values": values or blank, "errors": errors or {}, "told": preview, "kept": kept, "done": done, **read}
