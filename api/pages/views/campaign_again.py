"""A campaign once more: its people called again, a copy of it, a test call to oneself."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response, request

from api.pages import campaign_words, words
from api.pages.page_routes import Pages
from api.pages.views.flow_inputs import inputs_of, person_page, sent_inputs
from api.pages.visit import Visit
from api.resources import bulk_changes, campaigns, stats
from orchestrator.errors import Conflict, InvalidInput, LimitReached
from orchestrator.policy.roles import Role

pages = Pages()
_test_page = partial(person_page, template="campaign_test_call.html", fields=("to",))

_GROUPS = ("statuses", "dispositions", "outcomes")
_ENDED = ("completed", "exhausted", "expired", "canceled", "suppressed")


@pages.show("/campaigns/{campaign_id}/redial", needs=Role.OPERATOR)
def ask_redial(visit: Visit, campaign_id: str) -> Response:
    """Ask whom to call again."""
    return _redial_page(visit, campaign_id)


@pages.form("/campaigns/{campaign_id}/redial")
def redial(visit: Visit, campaign_id: str) -> Response:
    """Count those who would be called again, or call them again."""
    campaign = campaigns.show(visit.services, campaign_id)
    chosen = {name: request.form.getlist(name) for name in _GROUPS}
    wanted: dict[str, Any] = {name: values for name, values in chosen.items() if values}
    attempts = words.read_number(visit.form("attempts"))
    if attempts is not None:
        wanted["attempts"] = attempts
    if visit.form("not_before"):
        wanted["not_before"] = words.from_wall_clock(visit.form("not_before"), campaign_words.zone_of(campaign))
    is_count = "count" in request.form
    if not any(chosen.values()):
        wrong = {"form": "Check who is called again: at least one box."}
        return _redial_page(visit, campaign_id, chosen=wanted, errors=wrong, status=422)
    try:
        done = visit.act(bulk_changes.redial, {**wanted, "dry_run": is_count}, campaign_id=campaign_id)
    except (InvalidInput, Conflict) as refused:
        return _redial_page(visit, campaign_id, chosen=wanted, errors=words.field_errors(refused), status=422)
    if is_count:
        return _redial_page(visit, campaign_id, chosen=wanted, counted=done["contacts"])
    if done["status"] != "completed":
        return visit.go(f"/changes/{done['id']}")
    return visit.go(f"/campaigns/{campaign_id}", f"They wait to be called again: {words.people(done['contacts'])}.")


def _redial_page(
    visit: Visit,
    campaign_id: str,
    *,
    chosen: dict[str, Any] | None = None,
    counted: int | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    counts = stats.stats(visit.services, campaign_id)
    choices = {
        "statuses": [(name, count) for name in _ENDED if (count := getattr(counts.contacts, name))],
        "dispositions": list(counts.calls.by_disposition.items()),
        "outcomes": list(counts.calls.by_outcome.items()),
    }
    shown: dict[str, Any] = {"choices": choices, "chosen": chosen or {}, "counted": counted, "errors": errors or {}}
    campaign = campaigns.show(visit.services, campaign_id)
    shown |= {"zone": campaign_words.zone_of(campaign), "not_before": visit.form("not_before")}
    return visit.page("campaign_redial.html", status=status, campaign=campaign, **shown)


@pages.show("/campaigns/{campaign_id}/clone", needs=Role.OPERATOR)
def ask_clone(visit: Visit, campaign_id: str) -> Response:
    """Ask what to take along into a copy."""
    campaign = campaigns.show(visit.services, campaign_id)
    return visit.page("campaign_clone.html", campaign=campaign, name=f"{campaign.name} (copy)", errors={})


@pages.form("/campaigns/{campaign_id}/clone")
def clone(visit: Visit, campaign_id: str) -> Response:
    """Make a copy, as a draft."""
    wanted = {"name": visit.form("name"), "contacts": visit.form("contacts", "none")}
    try:
        made = visit.act(bulk_changes.clone, wanted, campaign_id=campaign_id)
    except InvalidInput as refused:
        campaign = campaigns.show(visit.services, campaign_id)
        shown = {"name": wanted["name"], "errors": words.field_errors(refused)}
        return visit.page("campaign_clone.html", status=422, campaign=campaign, **shown)
    return visit.go(f"/campaigns/{made['id']}", "This is the copy: a draft, which dials nobody before you start it.")


@pages.show("/campaigns/{campaign_id}/test-call", needs=Role.OPERATOR)
def ask_test_call(visit: Visit, campaign_id: str) -> Response:
    """Ask whom to call for a test."""
    return _test_page(visit, campaign_id)


@pages.form("/campaigns/{campaign_id}/test-call")
def test_call(visit: Visit, campaign_id: str) -> Response:
    """Call one number as a contact would be called."""
    campaign = campaigns.show(visit.services, campaign_id)
    wanted = {"to": visit.form("to"), "variables": sent_inputs(inputs_of(visit, campaign.flow.id))}
    try:
        placed = visit.act(bulk_changes.test_call, wanted, campaign_id=campaign_id)
    except (InvalidInput, Conflict, LimitReached) as refused:
        return _test_page(visit, campaign_id, values=wanted, errors=words.field_errors(refused), status=422)
    return visit.go(f"/calls/{placed['id']}", f"{placed['to']} is called now.")
