"""The second step of a new campaign: a file of contacts."""

from __future__ import annotations

from flask import Response

from api.pages.page_routes import Pages
from api.pages.views.file_form import FileShown, asked_file, read_file
from api.pages.views.setup import draft_of, setup_page
from api.pages.visit import Visit
from api.resources import contacts
from api.resources.campaigns import CampaignInFlight
from api.resources.contacts import ContactQuery
from api.resources.imports import MOST_BYTES
from orchestrator.policy.roles import Role

pages = Pages()


@pages.show("/campaigns/{campaign_id}/setup/file", needs=Role.OPERATOR)
def ask_file(visit: Visit, campaign_id: str) -> Response:
    """Ask for the file, and say what was imported already."""
    draft = draft_of(visit, campaign_id)
    return _page(visit, draft, asked_file(visit, draft))


@pages.form("/campaigns/{campaign_id}/setup/file", max_bytes=MOST_BYTES)
def take_file(visit: Visit, campaign_id: str) -> Response:
    """Show how a file would be read, or import it so."""
    draft = draft_of(visit, campaign_id)
    read = read_file(visit, draft)
    if read.imported:
        return visit.go(f"/campaigns/{campaign_id}/setup/file?imported={read.imported}")
    return _page(visit, draft, read)


def _page(visit: Visit, draft: CampaignInFlight, read: FileShown) -> Response:
    has_contacts = bool(contacts.index(visit.services, ContactQuery(campaign_id=draft.id, limit=1)).data)
    return setup_page(visit, draft, "file", status=read.status, has_contacts=has_contacts, **read.values)
