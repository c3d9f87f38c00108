"""Every route of the resources; `api.app` adds those of the reference, which describes them."""

from __future__ import annotations

from api.http.routes import Route
from api.resources import (
    bulk_changes,
    caller_id_pools,
    calls,
    campaigns,
    connections,
    consents,
    contacts,
    dialing,
    erasures,
    events,
    explanations,
    flows,
    health,
    import_previews,
    imports,
    lists,
    media,
    numbers,
    policy,
    preflights,
    recording_links,
    recordings,
    stats,
    suppressions,
    timeseries,
    webhooks,
)

_RESOURCES = (
    flows,
    campaigns,
    preflights,
    stats,
    timeseries,
    contacts,
    bulk_changes,
    explanations,
    erasures,
    imports,
    import_previews,
    calls,
    media,
    recordings,
    recording_links,
    suppressions,
    consents,
    lists,
    numbers,
    caller_id_pools,
    connections,
    dialing,
    policy,
    events,
    webhooks,
    health,
)

ROUTES: tuple[Route, ...] = tuple(route for module in _RESOURCES for route in module.resource.routes)
