"""What people and dashboards ask of a large installation again and again: paths of the REST API."""

from __future__ import annotations

from api.http.pagination import encode_cursor
from tests.support.large_installation import A_SMALL_ONE, ALL_WAIT, FEW_DUE, NOWHERE, OVER

_LAST = "7" + "9" * 25
POLLS = (
    "/v1/campaigns",
    "/v1/campaigns?status=paused",
    "/v1/campaigns?include=stats&limit=100",
    "/v1/campaigns?include=stats&tag=spring",
    f"/v1/campaigns/{ALL_WAIT}",
    f"/v1/campaigns/{ALL_WAIT}/stats",
    f"/v1/campaigns/{FEW_DUE}/stats",
    *(f"/v1/campaigns/{campaign}/explain" for campaign in (ALL_WAIT, FEW_DUE, NOWHERE)),
    f"/v1/contacts/con_{'2':0>26}/explain",
    f"/v1/contacts/con_{'2':0>26}/explain?at=2026-01-01T00:00:00Z",
    *(
        f"/v1/contacts?{scope}status={status}"
        for scope in ("", f"campaign_id={ALL_WAIT}&", f"campaign_id={NOWHERE}&")
        for status in ("waiting", "held", "calling", "completed", "canceled", "unknown")
    ),
    f"/v1/contacts?campaign_id={OVER}&limit=500",
    *(
        f"/v1/contacts?{scope}{what}"
        for scope in ("", f"campaign_id={ALL_WAIT}&", f"campaign_id={NOWHERE}&", "tag=spring&", "tag=nothing&")
        for what in (
            "disposition=human",
            "disposition=fax",
            "outcome=promised",
            "outcome=nobody",
            "reason=zone_unknown",
            "reason=nothing",
            "status=completed",
            "status=unknown",
            "status=completed&disposition=fax",
            "status=held&reason=zone_unknown",
            "outcome=heard&disposition=fax",
            "updated_after=2001-01-01T00:00:00Z",
            "updated_after=2099-01-01T00:00:00Z",
            "updated_after=2099-01-01T00:00:00Z&disposition=human",
        )
    ),
    *(
        f"/v1/contacts?q={q}{filters}"
        for q in ("name", "name%205992", "5992", "nobody", "%2B12012000002", "%2B12019999999")
        for filters in (
            "",
            "&limit=500",
            "&status=completed",
            "&status=unknown",
            "&status=completed&limit=500",
            "&disposition=fax",
            "&tag=spring",
            "&tag=nothing",
            f"&campaign_id={ALL_WAIT}&disposition=human",
            f"&campaign_id={NOWHERE}&status=waiting",
            "&updated_after=2099-01-01T00:00:00Z",
        )
    ),
    *(
        f"/v1/contacts?{who}{more}"
        for who in ("phone=%2B12012000002", "external_id=nobody")
        for more in (
            "",
            "&status=completed&disposition=fax",
            f"&campaign_id={ALL_WAIT}&status=waiting",
            f"&campaign_id={ALL_WAIT}&reason=retry_due",
        )
    ),
    *(
        f"/v1/calls?{scope}{what}"
        for scope in ("", f"campaign_id={ALL_WAIT}&", f"campaign_id={A_SMALL_ONE}&", f"campaign_id={NOWHERE}&")
        for what in (
            "",
            "status=dialing",
            "status=accepted",
            "status=unknown",
            "status=withdrawn",
            "disposition=human",
            "disposition=fax",
            "disposition=machine",
            "outcome=promised",
            "outcome=nobody",
            "outcome=heard&disposition=fax",
            "ended_after=2099-01-01T00:00:00Z",
            "ended_before=2001-01-01T00:00:00Z",
            "direction=inbound",
        )
    ),
    "/v1/calls?to=%2B12012000002",
    f"/v1/calls?contact_id=con_{_LAST}",
    "/v1/calls?external_id=nobody",
    "/v1/recordings?status=failed",
    f"/v1/recordings?status=failed&campaign_id={NOWHERE}",
    f"/v1/recordings?campaign_id={NOWHERE}",
    "/v1/suppressions",
    "/v1/suppressions?include=lifted",
    f"/v1/suppressions?include=lifted&cursor={encode_cursor(f'sup_0{_LAST[1:]}')}",
    "/v1/suppressions?phone=%2B13012000002",
    "/v1/suppressions?phone=%2B13012000010&include=lifted",
    "/v1/numbers",
    "/v1/caller-id-pools",
    "/v1/lists",
    "/v1/lists/lookup?phone=%2B15012000002",
    f"/v1/lists/lst_{'2':0>26}",
    f"/v1/lists/lst_{'2':0>26}/changes",
    "/v1/flows",
    "/v1/dialing",
    f"/v1/imports/imp_{'2':0>26}",
    f"/v1/imports/imp_{'2':0>26}/rejects.csv",
    f"/v1/contacts/con_{'2':0>26}",
    f"/v1/calls/call_{'2':0>26}",
    f"/v1/recordings/rec_{'2':0>26}",
    "/v1/connections/conn-1",
    "/readyz",
    "/metrics",
)
