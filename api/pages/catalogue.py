"""Every page."""

from __future__ import annotations

from api.pages.page_routes import PageRoute
from api.pages.views import (
    audit,
    blocked,
    calls,
    campaign,
    campaign_again,
    campaign_edit,
    dialing,
    front,
    keys,
    operations,
    people,
    person,
    recordings,
    sign_in,
    users,
)

_VIEWS = (
    sign_in,
    front,
    dialing,
    campaign,
    campaign_edit,
    campaign_again,
    people,
    person,
    calls,
    recordings,
    blocked,
    operations,
    users,
    keys,
    audit,
)

ROUTES: tuple[PageRoute, ...] = tuple(route for module in _VIEWS for route in module.pages.routes)
"""Every page of the site."""
