"""The first step of a new campaign: what it is called, from which number, and the flow of its calls, rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request

from api.pages.page_routes import Pages
from api.pages.views import campaign_fields
from api.pages.views.campaign_fields import FLOW, NAME, NUMBERS, PURPOSE, Values
from api.pages.views.flow_choices import flow_choices, stored_flow
from api.pages.views.merged_form import MEANWHILE, MergedForm, merge, told
from api.pages.views.setup import draft_of, keep_uncontested, setup_page
from api.pages.visit import Visit
from api.resources import campaigns, flows
from api.resources.campaigns import CampaignInFlight, CampaignQuery
from orchestrator.errors import ChangedMeanwhile, InvalidFlow, InvalidInput
from orchestrator.flow import Flow, check_flow, load_flow
from orchestrator.flow.dry_run.scripted_callee import Callee, CalleeKind
from orchestrator.operations.flows.rehearse_flow import Rehearsal, rehearse_flow
from orchestrator.policy.roles import Role
from orchestrator.store.sql.flow_cache import stored_flows

pages = Pages()

_MOST_BYTES = 1024**2
_MOST_KEYS = 20
_YAML, _JSON = "application/yaml", "application/json"
_PARTS = (NAME, FLOW, NUMBERS, PURPOSE)
_BLANK = {
    **dict.fromkeys(("name", "flow", "caller_ids", "caller_id_pool", "purpose", "voice", "subject"), ""),
    "consent.require": "none",
    "source": "",
    "callee": CalleeKind.HUMAN.value,
    "press": "",
}
_CALLEES = (
    (CalleeKind.HUMAN, "a person"),
    (CalleeKind.MACHINE, "an answering machine"),
    (CalleeKind.NO_ANSWER, "nobody"),
    (CalleeKind.BUSY, "a busy line"),
)


@dataclass(frozen=True)
class _Checked:
    """A flow that was looked at: what is to be mended, or how a call of it goes."""

    problems: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    rehearsal: Rehearsal | None = None


@pages.show("/campaigns/new", needs=Role.OPERATOR)
def ask_new(visit: Visit) -> Response:
    """Ask for the name, the number and the flow of a new campaign."""
    newest = campaigns.index(visit.services, CampaignQuery(limit=1)).data
    numbers = NUMBERS.shown(newest[0]) if newest else {}
    return _page(visit, None, {**_BLANK, **numbers, "flow": request.args.get("flow", "")})


@pages.form("/campaigns/new", max_bytes=_MOST_BYTES)
def new(visit: Visit) -> Response:
    """Check the flow and rehearse it, or make the campaign as a draft."""
    return _sent(visit, None)


@pages.show("/campaigns/{campaign_id}/setup/flow", needs=Role.OPERATOR)
def ask_flow(visit: Visit, campaign_id: str) -> Response:
    """Show what was said in the first step."""
    draft = draft_of(visit, campaign_id)
    return _page(visit, draft, _BLANK | campaign_fields.shown(_PARTS, draft))


@pages.form("/campaigns/{campaign_id}/setup/flow", max_bytes=_MOST_BYTES)
def change_flow(visit: Visit, campaign_id: str) -> Response:
    """Check another flow and rehearse it, or take it."""
    return _sent(visit, draft_of(visit, campaign_id))


def _sent(visit: Visit, draft: CampaignInFlight | None) -> Response:
    now = _BLANK | (campaign_fields.shown(_PARTS, draft) if draft else {})
    upload = request.files.get("upload")
    written = upload.read() if upload and upload.filename else _source().encode()
    sent = campaign_fields.sent(now) | {"source": written.decode("utf-8-sig", "replace")}
    form = merge(now, sent, replaced=("flow",) if written else ())
    values = form.values
    if not written and not values["flow"]:
        wrong = {"flow": "Choose a flow, or write or upload one."}
        return _page(visit, draft, values, opened=form.opened, errors=wrong, status=422)
    if visit.form("do") != "go":
        checked = _check(visit, written, values)
        status = 422 if checked.problems else 200
        return _page(visit, draft, values, opened=form.opened, checked=checked, status=status)
    try:
        flow = values["flow"]
        if written and not form.contested:
            flow = visit.act(flows.create, raw=written, media=_media_of(written))["id"]
        made = _keep(visit, draft, {**values, "flow": flow}, form)
    except ChangedMeanwhile:
        return _page(visit, draft, values, errors={"form": MEANWHILE, **form.contested}, status=412)
    except InvalidFlow as refused:
        checked = _Checked(_placed(refused.problems, written), [])
        return _page(visit, draft, values, opened=form.opened, checked=checked, status=422)
    except InvalidInput as refused:
        wrong = campaign_fields.said_wrong(refused, values)
        return _page(visit, draft, values, opened=form.opened, errors=wrong, status=422)
    return visit.go(f"/campaigns/{made}/setup/file")


def _source() -> str:
    """Return the flow that stands in the field, with its lines and their ends as a file has them."""
    source = request.form.get("source", "").replace("\r\n", "\n")
    return source if source.strip() else ""


def _keep(visit: Visit, draft: CampaignInFlight | None, values: Values, form: MergedForm) -> str:
    """Make the campaign, or change its draft; return its id."""
    if draft is None:
        said = {"name": values["name"], "flow": values["flow"]}
        wanted = {**said, **campaign_fields.number_changes(values), **campaign_fields.new_purpose(values)}
        return str(visit.act(campaigns.create, wanted)["id"])
    keep_uncontested(visit, draft, campaign_fields.changed(_PARTS, draft, values), form)
    return draft.id


def _check(visit: Visit, written: bytes, values: Values) -> _Checked:
    """Return what is to be mended in the flow, and a rehearsal of one that is accepted."""
    library = stored_flows(visit.services.sql)
    if not written:
        stored = stored_flow(visit, values["flow"])
        if stored is None:
            return _Checked(
                [{"line": None, "step": None, "detail": "This flow is gone: choose another.", "text": ""}], []
            )
        return _Checked([], [], _rehearsed(visit, stored, values))
    problems, warnings = check_flow(written, _media_of(written), library=library)
    found, odd = _placed(problems, written), _placed(warnings, written)
    if problems:
        return _Checked(found, odd)
    return _Checked(found, odd, _rehearsed(visit, load_flow(written, _media_of(written), library=library), values))


def _rehearsed(visit: Visit, flow: Flow, values: Values) -> Rehearsal:
    known = {kind.value for kind, _ in _CALLEES}
    kind = CalleeKind(values["callee"] if values["callee"] in known else CalleeKind.HUMAN)
    keys = tuple(each.strip() for each in values["press"].split(",")[:_MOST_KEYS] if each.strip())
    return rehearse_flow(flow, Callee(kind, keys), at=visit.services.clock())


def _placed(problems: Any, written: bytes) -> list[dict[str, Any]]:
    """Return problems with the text of their lines."""
    lines = written.decode("utf-8", "replace").splitlines()
    return [
        {
            "line": each.line,
            "step": each.step,
            "detail": each.detail,
            "text": lines[each.line - 1].strip() if 0 < each.line <= len(lines) else "",
        }
        for each in problems
    ]


def _media_of(written: bytes) -> str:
    return _JSON if written.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else _YAML


def _page(
    visit: Visit,
    draft: CampaignInFlight | None,
    values: Values,
    *,
    opened: Values | None = None,
    errors: dict[str, str] | None = None,
    checked: _Checked | None = None,
    status: int = 200,
) -> Response:
    stored = flow_choices(visit, values["flow"])
    choices: dict[str, Any] = {"pools": campaign_fields.pool_choices(visit, values["caller_id_pool"])}
    choices |= {
        **campaign_fields.PURPOSE_CHOICES,
        "stored": [("", "none of these"), *stored],
        "callees": [(kind.value, said) for kind, said in _CALLEES],
    }
    was = opened or (campaign_fields.shown(_PARTS, draft) if draft else {})
    shown = {"values": values, "opened": told(was), "errors": errors or {}, "checked": checked, **choices}
    return setup_page(visit, draft, "flow", status=status, **shown)
