"""Many people changed at once: those whom the filters of a list mean, counted first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from api.pages import campaign_words, many_words, words
from api.pages.many_words import BULK_ACTIONS
from api.pages.page_routes import Pages
from api.pages.views.selected_people import FILTERS, check_filters, contact_filter
from api.pages.visit import Visit
from api.resources import bulk_changes, campaigns
from api.resources.campaigns import CampaignView
from orchestrator.errors import Conflict, FieldError, InvalidInput
from orchestrator.policy.roles import Role
from orchestrator.policy.zones.named_zone import ZoneProblem, read_zone

pages = Pages()

_NOT_CHOSEN = "Choose what becomes of them."


@pages.show("/people/change", needs=Role.OPERATOR)
def ask(visit: Visit) -> Response:
    """Ask what becomes of the people whom the filters in the address mean."""
    return _page(visit)


@pages.form("/people/change")
def change(visit: Visit) -> Response:
    """Count those who would be changed, or change them; a choice that is taken back is asked for again."""
    whom, action, step = visit.filters(*FILTERS), visit.form("action"), visit.form("step")
    if step == "choose" or _unsaid() or not whom:
        return _page(visit)
    if action not in BULK_ACTIONS:
        return _page(visit, errors={"action": _NOT_CHOSEN}, status=422)
    try:
        asked = {"filter": contact_filter(whom), "action": action, **_SAID[action](visit)}
        done = visit.act(bulk_changes.change_many, {**asked, "dry_run": step != "change"})
    except (InvalidInput, Conflict) as refused:
        return _page(visit, errors=_beside(action, refused), status=422)
    if step != "change":
        return _page(visit, asked=asked, counted=done)
    if done["status"] != "completed":
        return visit.go(f"/changes/{done['id']}")
    return visit.go(f"/people{words.query(whom)}", many_words.came_of(asked, done["changed"]))


@pages.show("/changes/{change_id}")
def show(visit: Visit, change_id: str) -> Response:
    """Show how far a change is that goes on by itself."""
    return visit.page("change.html", **_progress(visit, change_id))


@pages.show("/changes/{change_id}/live", is_fragment=True)
def live(visit: Visit, change_id: str) -> Response:
    """Show how far it has come."""
    return visit.live("change_live.html", lambda: _progress(visit, change_id))


def _progress(visit: Visit, change_id: str) -> dict[str, Any]:
    found = bulk_changes.show(visit.services, change_id)
    return {"change": found, "name": many_words.name_of(found.kind)}


# -- what was chosen -----------------------------------------------------------------------------------------------


def _of_redial(visit: Visit) -> dict[str, Any]:
    said = {"attempts": words.read_number(visit.form("redial.attempts")), "not_before": _moment(visit, "redial")}
    return {name: value for name, value in said.items() if value is not None}


def _of_suppress(visit: Visit) -> dict[str, Any]:
    said = {name: visit.form(f"suppress.{name}") for name in ("scope", "reason")}
    return {name: value for name, value in said.items() if value}


def _of_priority(visit: Visit) -> dict[str, Any]:
    written = visit.form("set_priority.priority")
    return {"priority": words.read_number(written) if written else ""}


def _of_beginning(visit: Visit) -> dict[str, Any]:
    return {"not_before": _moment(visit, "set_not_before")}


_SAID: Mapping[str, Callable[[Visit], dict[str, Any]]] = {
    "redial": _of_redial,
    "set_not_before": _of_beginning,
    "set_priority": _of_priority,
    "cancel": lambda _visit: {},
    "suppress": _of_suppress,
}


def _moment(visit: Visit, action: str) -> str | None:
    """Return the time that was written, by the clock that was named with it; None for no time."""
    written = visit.form(f"{action}.not_before")
    if not written:
        return None
    zone = read_zone(visit.form(f"{action}.zone"))
    if isinstance(zone, ZoneProblem):
        raise InvalidInput([FieldError("/zone", "unknown_zone", zone.detail)])
    return words.from_wall_clock(written, zone)


def _beside(action: str, refused: InvalidInput | Conflict) -> dict[str, str]:
    wrong = {f"{action}.{name}": said for name, said in words.field_errors(refused).items()}
    return words.beside(wrong, _values(None))


# -- the page ------------------------------------------------------------------------------------------------------


def _page(
    visit: Visit,
    *,
    asked: Mapping[str, Any] | None = None,
    counted: Mapping[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    whom = visit.filters(*FILTERS)
    if wrong := _wrong_filters(whom):
        return visit.page("people_change_nobody.html", status=422, wrong=wrong)
    campaign = campaigns.show(visit.services, whom["campaign_id"]) if "campaign_id" in whom else None
    shown: dict[str, Any] = {
        "whom": whom,
        "campaign": campaign,
        "actions": {name: each for name, each in BULK_ACTIONS.items() if campaign or name != "redial"},
        "action": visit.form("action"),
        "values": _values(campaign) | _sent(),
        "errors": errors or {},
    }
    if counted is not None:
        return visit.page("people_change_counted.html", asked=asked, counted=counted, **shown)
    return visit.page("people_change.html", status=status, **shown)


def _wrong_filters(whom: Mapping[str, str]) -> str:
    """Return why these filters select nobody whom a change could mean; nothing where they do."""
    if unsaid := _unsaid():
        return f"A change of many cannot go by this: {', '.join(words.phrase(name[:40]) for name in unsaid)}."
    if not whom:
        return "No filter would mean everybody of every campaign."
    try:
        check_filters(whom)
    except InvalidInput as refused:
        return "; ".join(f"{words.field_phrase(name)}: {said}" for name, said in words.field_errors(refused).items())
    return ""


def _unsaid() -> list[str]:
    return sorted({name for name, value in request.args.items() if value and name not in FILTERS})


def _values(campaign: CampaignView | None) -> dict[str, str]:
    """Return the fields of all choices by their names, as they are before somebody writes into them."""
    zone = (campaign and campaign_words.zone_of(campaign)) or "UTC"
    return {
        "redial.attempts": "1",
        "redial.not_before": "",
        "redial.zone": zone,
        "set_not_before.not_before": "",
        "set_not_before.zone": zone,
        "set_priority.priority": "",
        "suppress.scope": "global",
        "suppress.reason": "",
    }


def _sent() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name in _values(None)}
