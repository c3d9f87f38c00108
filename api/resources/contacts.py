"""Contacts: the people of a campaign, each with its status."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.http.etags import expected, tagged
from api.http.pagination import Page, PageQuery, cut_page
from api.http.phone_filters import ASKED_REGION, read_number
from api.http.responses import Tagged, nothing
from api.http.routes import Body, Resource
from api.http.state_values import values_of
from orchestrator.model.contact_status import OPEN_CONTACTS, ContactStatus
from orchestrator.model.disposition import Disposition
from orchestrator.operations.campaigns.find_campaigns import find_campaign
from orchestrator.operations.contacts.add_contacts import AddResult, add_contacts
from orchestrator.operations.contacts.change_contact import ContactChange, change_contact
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.operations.contacts.find_contacts import CurrentStatus, current_status_of, find_contact, list_contacts
from orchestrator.operations.contacts.search_contacts import Found, search_contacts
from orchestrator.operations.dialing.find_dial_blockers import find_room_to_dial
from orchestrator.operations.dialing.stop_dialing import find_stop
from orchestrator.policy.hold_reasons import Reason, sentence_of
from orchestrator.policy.id_fields import CampaignId
from orchestrator.policy.phone.field import AskedNumber, Region
from orchestrator.policy.phone.parse_phone import WRITTEN_AS as PHONE
from orchestrator.policy.region_codes import MEANS as REGION_MEANS
from orchestrator.policy.region_codes import WRITTEN_AS as REGION
from orchestrator.policy.tags import Tag
from orchestrator.policy.timestamps import Moment
from orchestrator.policy.zones.named_zone import WRITTEN_AS as ZONE
from orchestrator.policy.zones.timezone_source import DEFAULT_SOURCE, TimezoneSource
from orchestrator.policy.zones.timezone_source import MEANS as SOURCE_MEANS
from orchestrator.policy.zones.timezone_source import WRITTEN_AS as SOURCE
from orchestrator.services import Services
from orchestrator.store.redis.rate_limiter import Room
from orchestrator.store.sql.dialing_stop import Stop

resource = Resource("contacts")

# What calls change (status, outcome, answers) is not among them: an edit does not fail because a call has ended.
_EDITED = ("phone", "timezone", "timezone_source", "region", "not_before", "not_after", "priority", "variables")

ContactStatusValue = Annotated[ContactStatus, values_of(ContactStatus)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Variables = dict[str, str | int | float | bool]


class NewContactDocument(BaseModel):
    """A contact to add. It is its campaign's `external_id` if it has one, else its `phone`."""

    phone: Annotated[str, WithJsonSchema(PHONE)]
    external_id: str | None = Field(
        None, max_length=200, description="Kept in Unicode's form NFC; no control or direction marks."
    )
    timezone: Annotated[str, WithJsonSchema(ZONE)] | None = Field(
        None, description="IANA name; left out, it follows from the number."
    )
    timezone_source: Annotated[str, WithJsonSchema(SOURCE)] | None = Field(None, description=SOURCE_MEANS)
    region: Annotated[str, WithJsonSchema(REGION)] | None = Field(None, description=REGION_MEANS)
    not_before: Moment | None = None
    not_after: Moment | None = None
    priority: int = Field(0, ge=-1000, le=1000, description="Higher is dialed first.")
    variables: Variables = Field(default_factory=dict, description="Values for the flow's inputs.")


class NewContacts(BaseModel):
    """Contacts to add; each is checked by itself and gets its own result."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    contacts: list[Any] = Field(
        min_length=1,
        max_length=1_000,
        json_schema_extra={"items": NewContactDocument.model_json_schema()},
    )


class ContactError(BaseModel):
    """Why a contact was refused."""

    pointer: str
    code: str
    detail: str


class ContactResult(BaseModel):
    """The result for one contact: `id` when it was accepted, `error` when it is invalid."""

    index: int
    status: Literal["accepted", "duplicate", "invalid"]
    id: str | None = None
    error: ContactError | None = None


class AddedContacts(BaseModel):
    """The results for all contacts of the request."""

    accepted: int
    duplicates: int
    invalid: int
    results: list[ContactResult]


class CallbackView(BaseModel):
    """When a contact is called back, and what was noted; `call_id` is the call before."""

    at: Moment
    note: str | None
    call_id: str | None


class ContactView(Tagged):
    """A contact. While it is waiting or held, `reason` says why and `until` when it is checked again.

    `reason_detail` is the reason in words; null for a call's disposition or outcome.
    """

    id: str
    campaign_id: str | None
    import_id: str | None
    phone: str
    external_id: str | None
    timezone: str | None
    timezone_source: TimezoneSource
    region: str | None
    zone: str
    not_before: Moment | None
    not_after: Moment | None
    priority: int
    variables: dict[str, Any]
    status: ContactStatusValue
    reason: str | None
    reason_detail: str | None
    until: Moment | None
    callback: CallbackView | None
    attempts: int
    attempts_limit: int | None = Field(description="After a redial: up to how many of them. Null: the retry rules say.")
    current_call_id: str | None
    last_call_id: str | None
    disposition: str | None
    outcome: str | None
    answers: dict[str, Any]
    created_at: Moment
    updated_at: Moment


class FoundContacts(Page[ContactView]):
    """A page of contacts."""

    incomplete: bool = Field(
        False,
        description="There may be more: with a `next_cursor` behind it, for the search was cut short where few of many "
        "fit; without one soon, once what was added or upgraded just now is searchable.",
    )


class ContactsOfCampaign(PageQuery):
    """Which contacts of a campaign to list."""

    ids = "con_"

    q: Annotated[str, Field(max_length=200)] | None = Field(
        None,
        description="What is known of a person: parts of a name, of an `external_id` or of any variable, in any case, "
        "with or without accents, all of which must be found; or a whole phone number as people write it.",
    )

    phone: AskedNumber | None = None
    region: Region | None = Field(None, description=ASKED_REGION)
    external_id: str | None = None
    status: ContactStatusValue | None = None
    reason: Word | None = Field(
        None,
        description="Why they wait, or how they ended, by its code; within a campaign the one that is shown. What is "
        "so at this moment alone is found within a campaign: `outside_hours`, `rate`, `no_capacity`, "
        "`carrier_unavailable`, `catching_up`, `first_webhook`, `dialing_stopped`, `campaign_paused`, "
        "`campaign_not_started`.",
    )
    disposition: Disposition | None = Field(None, description="How their last call went.")
    outcome: Word | None = None
    updated_after: Moment | None = Field(None, description="Those that changed then or later.")


class ContactQuery(ContactsOfCampaign):
    """Which contacts to list."""

    campaign_id: CampaignId | None = None
    tag: Tag | None = Field(None, description="Those of campaigns with this tag.")


def _rooms(services: Services, campaign_ids: Collection[str]) -> Mapping[str, Room]:
    return find_room_to_dial(campaign_ids, sql=services.sql, client=services.redis, keys=services.keys)


def _views(services: Services, rows: Sequence[Any], rooms: Mapping[str, Room] | None = None) -> Iterator[ContactView]:
    if rooms is None:
        rooms = _rooms(services, {row.campaign_id for row in rows if row.status == ContactStatus.WAITING})
    is_stopped = any(room.lacks is Reason.DIALING_STOPPED for room in rooms.values())
    stop = find_stop(services.sql) if is_stopped else None
    return (_shape(services, row, rooms.get(row.campaign_id), stop) for row in rows)


def _view(services: Services, row: Any) -> ContactView:
    return tagged(next(_views(services, [row])), row._mapping, _EDITED)


def _shape(services: Services, row: Any, room: Room | None, stop: Stop | None) -> ContactView:
    current = current_status_of(row, services.clock(), room=room)
    return ContactView.model_validate(
        {
            **row._mapping,
            "timezone_source": row.timezone_source or DEFAULT_SOURCE,
            "campaign_id": shown_campaign(row),
            "status": current.status,
            "reason": current.reason,
            "reason_detail": _in_words(current, room, stop),
            "until": current.until,
            "callback": row.callback if row.status in OPEN_CONTACTS else None,
        }
    )


def _in_words(current: CurrentStatus, room: Room | None, stop: Stop | None) -> str | None:
    if stop and current.reason == Reason.DIALING_STOPPED:
        return stop.sentence
    because = room.because if room and room.lacks == current.reason else ""
    return " ".join(filter(None, (sentence_of(current.reason), because))) or None


def shown_campaign(row: Any) -> str | None:
    """Return the campaign of a contact or call; None for a single call, which lies in a hidden one."""
    return row.campaign_id if row.campaign_kind == "campaign" else None


def _result(index: int, result: AddResult) -> ContactResult:
    if result.problem:
        place = f"/contacts/{index}" + (f"/{result.problem.field}" if result.problem.field else "")
        error = ContactError(pointer=place, code=result.problem.code, detail=result.problem.detail)
        return ContactResult(index=index, status="invalid", error=error)
    return ContactResult(index=index, status="accepted" if result.contact_id else "duplicate", id=result.contact_id)


@resource.route(
    "POST",
    "/v1/campaigns/{campaign_id}/contacts",
    body=Body(model=NewContacts, max_bytes=5 * 1024 * 1024),
    gives={200: AddedContacts},
    fails=(404, 409, 413, 422),
)
def add(services: Services, campaign_id: str, body: NewContacts) -> AddedContacts:
    """Add contacts to a campaign.

    Up to 1,000 at once; good contacts are kept whatever the others are. Sending the same again adds nobody twice.
    """
    results = [
        _result(n, result)
        for n, result in enumerate(
            add_contacts(campaign_id, body.contacts, sql=services.sql, flows=services.flows, clock=services.clock)
        )
    ]
    counts = [sum(result.status == status for result in results) for status in ("accepted", "duplicate", "invalid")]
    return AddedContacts(accepted=counts[0], duplicates=counts[1], invalid=counts[2], results=results)


@resource.route("GET", "/v1/contacts", query=ContactQuery, gives={200: FoundContacts}, fails=(422,))
def index(services: Services, query: ContactQuery) -> FoundContacts:
    """List contacts, newest first; a contact is listed when all filters hold.

    Within a campaign, contacts that wait for calling hours to begin count as held.
    """
    return _page(services, query, query.filters())


@resource.route(
    "GET",
    "/v1/campaigns/{campaign_id}/contacts",
    query=ContactsOfCampaign,
    gives={200: FoundContacts},
    fails=(404, 422),
)
def of_campaign(services: Services, campaign_id: str, query: ContactsOfCampaign) -> FoundContacts:
    """List the contacts of a campaign, newest first; those that wait for calling hours to begin count as held."""
    find_campaign(campaign_id, sql=services.sql)
    return _page(services, query, {**query.filters(), "campaign_id": campaign_id})


def _page(services: Services, query: ContactsOfCampaign, asked: Mapping[str, Any]) -> FoundContacts:
    campaign_id = asked.get("campaign_id")
    # who is filtered by a reason shows the same one: what the campaign lacks is asked once
    rooms = _rooms(services, {campaign_id}) if campaign_id and query.reason else None
    room = rooms.get(str(campaign_id)) if rooms else None
    found = _find(services, query, read_number(services, asked, "phone"), room)
    views = _views(services, found.rows, rooms)
    page = cut_page(found.rows, query, shape=lambda _row: next(views), goes_on_after=found.goes_on_after)
    return FoundContacts(data=page.data, next_cursor=page.next_cursor, incomplete=found.is_incomplete)


def _find(services: Services, query: ContactsOfCampaign, filters: Mapping[str, Any], room: Room | None) -> Found:
    page: dict[str, Any] = {"after": query.after, "limit": query.limit, "room": room}
    page |= {"sql": services.sql, "clock": services.clock}
    if query.q is None:
        listed = list_contacts(filters, **page)
        return Found(listed.rows, goes_on_after=listed.goes_on_after)
    others = {name: value for name, value in filters.items() if name != "q"}
    return search_contacts(query.q, others, region=query.region, caller_id=services.settings.caller_id, **page)


@resource.route("GET", "/v1/contacts/{contact_id}", gives={200: ContactView}, fails=(404,))
def show(services: Services, contact_id: str) -> ContactView:
    """Show a contact and its status."""
    return _view(services, find_contact(contact_id, sql=services.sql))


@resource.route(
    "PATCH", "/v1/contacts/{contact_id}", body=ContactChange, gives={200: ContactView}, fails=(404, 409, 422)
)
def change(services: Services, contact_id: str, body: ContactChange) -> ContactView:
    """Change a contact, or end it.

    A contact that is canceled or completed is dialed no more once this is answered; a call to it that is under way goes
    on to its end. One that has ended waits for one more attempt with status `waiting`, and a completed campaign runs
    again for it. A new `phone` is judged anew: where it is, whether it is suppressed, whether the campaign has it
    already. While the contact is being called its phone stays, and all else holds from the next attempt on.
    """
    return _view(
        services,
        change_contact(
            contact_id,
            body,
            expects=expected(_EDITED),
            sql=services.sql,
            client=services.redis,
            keys=services.keys,
            flows=services.flows,
            clock=services.clock,
            call_estimate=services.settings.call_estimate,
        ),
    )


@resource.route("DELETE", "/v1/contacts/{contact_id}", gives={204: None}, fails=(404, 409))
def erase(services: Services, contact_id: str) -> Response:
    """Erase the personal data of a contact.

    Number, ids, variables and answers are cleared, in its calls too, and the files of their recordings are deleted;
    times and results stay, as the ledger. Later webhooks of its calls are stored without personal data, and no
    recording is fetched. While a call with the contact is under way it is not erased: 409. `POST /v1/erasures` erases a
    number everywhere.
    """
    erase_contact(
        contact_id,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        archive=services.recordings,
        data_dir=services.settings.data_dir,
    )
    return nothing()
