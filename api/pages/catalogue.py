"""Every page."""

from __future__ import annotations

from api.pages.page_routes import PageRoute
from api.pages.views import (
    audit,
    blocked,
    calls,
    campaign,
    campaign_add,
    campaign_again,
    campaign_edit,
    campaign_flow,
    dialing,
    flows,
    front,
    keys,
    many_people,
    new_campaign,
    operations,
    own_password,
    people,
    person,
    recordings,
    setup,
    setup_file,
    sign_in,
    users,
)

_CAMPAIGNS = (campaign, campaign_edit, campaign_add, campaign_flow, campaign_again, new_campaign, setup_file, setup)
_PEOPLE = (people, many_people, person, calls, recordings, blocked)
_VIEWS = (sign_in, own_password, front, dialing, *_CAMPAIGNS, *_PEOPLE, flows, operations, users, keys, audit)

ROUTES: tuple[PageRoute, ...] = tuple(route for module in _VIEWS for route in module.pages.routes)
"""Every page of the site."""
