"""People: found by anything that is known of them, over all campaigns."""

from __future__ import annotations

from flask import Response

from api.pages import people_words, words
from api.pages.page_routes import Pages
from api.pages.views.campaign_choices import offered_campaigns
from api.pages.views.selected_people import address_of_change
from api.pages.visit import Visit
from api.resources import campaigns, contacts
from api.resources.contacts import ContactQuery, ContactView
from orchestrator.errors import InvalidInput
from orchestrator.model.contact_status import ContactStatus
from orchestrator.model.disposition import Disposition

pages = Pages()

_SHOWN = 25
_FILTERS = ("q", "status", "campaign_id", "reason", "disposition", "outcome", "tag", "cursor")


@pages.show("/people")
def index(visit: Visit) -> Response:
    """List people: all, or those who fit."""
    query, errors = visit.filters(*_FILTERS), {}
    try:
        found = contacts.index(visit.services, visit.asked(ContactQuery, limit=_SHOWN))
        people, next_cursor, is_incomplete = found.data, found.next_cursor, found.incomplete
    except InvalidInput as refused:
        people, next_cursor, is_incomplete, errors = [], None, False, words.field_errors(refused)
    return visit.page(
        "people.html",
        status=422 if errors else 200,
        people=[(each, people_words.name_of(each)) for each in people],
        names=_names(visit, people),
        query=query,
        next_cursor=next_cursor,
        is_incomplete=is_incomplete,
        change=address_of_change(visit.filters(*ContactQuery.model_fields)),
        campaigns=offered_campaigns(visit, query.get("campaign_id", "")),
        statuses=list(ContactStatus),
        dispositions=list(Disposition),
        errors=errors,
    )


def _names(visit: Visit, people: list[ContactView]) -> dict[str, str]:
    """Return the names of the campaigns of these people by their ids."""
    ids = {each.campaign_id for each in people if each.campaign_id}
    return {campaign_id: campaigns.show(visit.services, campaign_id).name for campaign_id in ids}
