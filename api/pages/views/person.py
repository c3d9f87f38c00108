"""A person: what was done, what is done next and why, and what one can do about it."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.pages import people_words, words
from api.pages.page_routes import Pages
from api.pages.views import campaign_fields
from api.pages.views.campaign_fields import Values
from api.pages.views.merged_form import MergedForm, meanwhile, merge, opened_with, told
from api.pages.visit import Visit
from api.resources import callbacks, calls, campaigns, contacts, explanations, suppressions
from api.resources.calls import CallQuery
from api.resources.contacts import ContactView
from api.resources.explanations import ExplainQuery
from orchestrator.errors import ChangedMeanwhile, Conflict, InvalidInput, NotFound
from orchestrator.policy.roles import Role

pages = Pages()

_CALLS_SHOWN = 20
_AT_ONCE = "1s"
_FIRST_IN_LINE = 1000
_VARIABLE = "variables."


@pages.show("/people/{contact_id}")
def show(visit: Visit, contact_id: str) -> Response:
    """Show a person."""
    return _page(visit, contact_id)


@pages.show("/people/{contact_id}/live", is_fragment=True)
def live(visit: Visit, contact_id: str) -> Response:
    """Show what has become of a person."""
    return visit.live("person_live.html", lambda: _values(visit, contact_id))


@pages.form("/people/{contact_id}/call-at")
def call_at(visit: Visit, contact_id: str) -> Response:
    """Call a person at a time, first in line."""
    contact = contacts.show(visit.services, contact_id)
    at = words.from_wall_clock(visit.form("at"), contact.zone)
    if at is None:
        return _page(visit, contact_id, errors={"at": "Say when to call."}, status=422)
    try:
        said = _ask_for_a_call(visit, contact, at=at, note=visit.form("note"))
    except InvalidInput as refused:
        return _page(visit, contact_id, errors=_about_the_time(refused), status=422)
    return visit.go(_address(contact_id), said)


@pages.form("/people/{contact_id}/call-now")
def call_now(visit: Visit, contact_id: str) -> Response:
    """Call a person as soon as the rules allow, before all others of the campaign."""
    contact = contacts.show(visit.services, contact_id)
    return visit.go(_address(contact_id), _ask_for_a_call(visit, contact, at=None, note=""))


@pages.form("/people/{contact_id}/done")
def done(visit: Visit, contact_id: str) -> Response:
    """Take a person for done: called no more."""
    visit.act(contacts.change, {"status": "completed"}, contact_id=contact_id)
    return visit.go(_address(contact_id), "Done: this person is called no more in this campaign.")


@pages.form("/people/{contact_id}/cancel")
def cancel(visit: Visit, contact_id: str) -> Response:
    """Call a person no more in this campaign."""
    visit.act(contacts.change, {"status": "canceled"}, contact_id=contact_id)
    return visit.go(_address(contact_id), "This person is called no more in this campaign.")


@pages.form("/people/{contact_id}/block")
def block(visit: Visit, contact_id: str) -> Response:
    """Block a person's number everywhere."""
    contact = contacts.show(visit.services, contact_id)
    visit.act(suppressions.create, {"phone": contact.phone, "reason": visit.form("reason") or "requested"})
    return visit.go(_address(contact_id), "Blocked: no campaign calls this number any more.")


@pages.form("/people/{contact_id}/erase")
def erase(visit: Visit, contact_id: str) -> Response:
    """Erase the personal data of a contact."""
    visit.act(contacts.erase, contact_id=contact_id)
    return visit.go("/people", "Erased: number, variables, answers and recordings of this person are gone.")


@pages.show("/people/{contact_id}/edit", needs=Role.OPERATOR)
def ask_edit(visit: Visit, contact_id: str) -> Response:
    """Ask what to change of a person."""
    contact = contacts.show(visit.services, contact_id)
    now = _written(contact)
    return _edit_page(visit, contact, now, opened=now)


@pages.form("/people/{contact_id}/edit")
def edit(visit: Visit, contact_id: str) -> Response:
    """Change what was changed in the form, and nothing else."""
    contact = contacts.show(visit.services, contact_id)
    now = _taken_away() | _written(contact)
    form = merge(now, campaign_fields.sent(now))
    try:
        form.refuse_contested(contact.etag)
        if form.mine:
            visit.act(contacts.change, _changes(form), seen=contact.etag, contact_id=contact_id)
    except ChangedMeanwhile:
        wrong = {"form": meanwhile("person"), **form.contested}
        return _edit_page(visit, contact, form.values, opened=now, errors=wrong, status=412)
    except (InvalidInput, Conflict) as refused:
        wrong = words.field_errors(refused, otherwise="phone")
        return _edit_page(visit, contact, form.values, opened=form.opened, errors=wrong, status=422)
    return visit.go(_address(contact_id), "It is changed, from the next call on." if form.mine else None)


def _written(contact: ContactView) -> Values:
    """Return what may be changed of a person as the form shows it."""
    known = {f"{_VARIABLE}{name}": str(value) for name, value in contact.variables.items()}
    return {"phone": contact.phone, "timezone": contact.timezone or "", **known}


def _taken_away() -> Values:
    """Return the variables that the form was opened with, as they are once somebody has taken them away."""
    return {name: "" for name in opened_with() if name.startswith(_VARIABLE)}


def _changes(form: MergedForm) -> dict[str, Any]:
    said: dict[str, Any] = {name: form.values[name] or None for name in form.mine}
    of_flow = {name for name in said if name.startswith(_VARIABLE)}
    changes = {name: said[name] for name in said.keys() - of_flow}
    variables = {name.removeprefix(_VARIABLE): said[name] for name in of_flow}
    return changes | ({"variables": variables} if variables else {})


def _edit_page(
    visit: Visit,
    contact: ContactView,
    values: Values,
    *,
    opened: Values,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    variables = [(name, name.removeprefix(_VARIABLE)) for name in values if name.startswith(_VARIABLE)]
    shown = {"name": people_words.name_of(contact), "values": values, "variables": variables}
    told_so = {"opened": told(opened), "errors": errors or {}}
    return visit.page("person_edit.html", status=status, contact=contact, **shown, **told_so)


def _address(contact_id: str) -> str:
    return f"/people/{contact_id}"


def _ask_for_a_call(visit: Visit, contact: ContactView, *, at: str | None, note: str) -> str:
    """Ask for a call, and return what was promised."""
    when = {"at": at} if at else {"after": _AT_ONCE}
    if contact.last_call_id:
        promised = visit.act(callbacks.ask, {**when, **({"note": note} if note else {})}, call_id=contact.last_call_id)
        detail = promised["reason_detail"]
        return f"We call when the rules allow it: {detail}" if detail else "We call then, first in line."
    body = {"priority": _FIRST_IN_LINE, "not_before": at}
    if contact.status not in ("waiting", "held", "calling"):
        body["status"] = "waiting"
    visit.act(contacts.change, body, contact_id=contact.id)
    return "We call then, first in line." if at else "Next in line, as soon as the rules allow it."


def _about_the_time(refused: InvalidInput) -> dict[str, str]:
    return {"note" if name == "note" else "at": said for name, said in words.field_errors(refused).items()}


def _page(
    visit: Visit,
    contact_id: str,
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    sent = {"at": visit.form("at"), "note": visit.form("note")}
    return visit.page("person.html", status=status, errors=errors or {}, sent=sent, **_values(visit, contact_id))


def _values(visit: Visit, contact_id: str) -> dict[str, Any]:
    services = visit.services
    contact = contacts.show(services, contact_id)
    made = calls.index(services, CallQuery(contact_id=contact_id, limit=_CALLS_SHOWN)).data
    campaign = campaigns.show(services, contact.campaign_id) if contact.campaign_id else None
    return {
        "contact": contact,
        "name": people_words.name_of(contact),
        "campaign": campaign,
        "calls": made,
        "says": people_words.says(contact, next((call for call in made if call.disposition), None)),
        "explained": _explained(visit, contact),
    }


def _explained(visit: Visit, contact: ContactView) -> Any:
    """Return whether the person may be called now, check by check; None for one who was erased."""
    try:
        return explanations.of_contact(visit.services, contact.id, ExplainQuery())
    except (Conflict, NotFound):
        return None
