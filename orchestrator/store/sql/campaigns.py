"""Queries on campaigns; the hidden ones of single and inbound calls are left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    TextClause,
    and_,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from orchestrator.model.attempt_state import IN_FLIGHT
from orchestrator.model.campaign_status import FINAL_CAMPAIGN, CampaignStatus
from orchestrator.model.contact_status import CLAIMABLE, OPEN_CONTACTS
from orchestrator.store.sql.bounded_connection import allow
from orchestrator.store.sql.contact_filters import with_tag
from orchestrator.store.sql.first_calls import first_calls
from orchestrator.store.sql.pagination import newest_first
from orchestrator.store.sql.state_changes import change_state
from orchestrator.store.sql.tables import (
    bulk_changes,
    caller_id_pools,
    calls,
    campaign_zones,
    campaigns,
    connections,
    contacts,
    flows,
    imports,
)
from orchestrator.store.timeouts import COUNTING, SWEEPING

_AS_JSON = text("SELECT to_jsonb(g) FROM campaigns g WHERE g.id = :campaign_id")
_UNPROVEN = text(
    f"""
    SELECT g.id, g.proving_since,
        (SELECT count(*) FROM (SELECT 1 FROM calls k WHERE k.campaign_id = g.id AND k.reserved_at >= g.proving_since
            AND k.accepted_at < clock_timestamp() - make_interval(secs => :patience)
            ORDER BY k.reserved_at LIMIT 5) a) AS accepted
    FROM campaigns g WHERE g.status = '{CampaignStatus.RUNNING}' AND g.kind = 'campaign' AND NOT g.heard_webhooks
        AND g.connection_id = :connection_id AND g.proving_since IS NOT NULL FOR UPDATE OF g SKIP LOCKED
    """  # noqa: S608 a state
)

_FIRST_CALLS = literal_column(first_calls("campaigns"), Integer).label("first_calls")


_BEFORE_DIALING = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.PAUSED)
# A time that was taken away has come: nothing else would ever start its campaign.
IS_DUE = "(campaigns.starts_at IS NULL OR campaigns.starts_at <= now())"


def _shown() -> Select[Any]:
    flow = (flows.c.name.label("flow_name"), flows.c.version.label("flow_version"))
    joined = campaigns.join(flows, flows.c.id == campaigns.c.flow_id)
    return select(campaigns, *flow).select_from(joined).where(campaigns.c.kind == "campaign")


def insert_campaign(tx: Connection, values: Mapping[str, Any]) -> None:
    """Insert a campaign; one with the same id, made by the same request, stays."""
    tx.execute(upsert(campaigns).values(values).on_conflict_do_nothing(index_elements=[campaigns.c.id]))


def find_campaign(tx: Connection, campaign_id: str) -> Row[Any] | None:
    """Return a campaign with its flow's name and version."""
    return tx.execute(_shown().where(campaigns.c.id == campaign_id)).first()


def lock_campaign(tx: Connection, campaign_id: str) -> Row[Any] | None:
    """Lock a campaign's row against every other change of its status, and return it; a send only reads it."""
    # By itself: joined with its flow, a row whose flow changes while this waits would not be found.
    tx.execute(select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update(key_share=True))
    return find_campaign(tx, campaign_id)


def share_lock_campaign(tx: Connection, campaign_id: str) -> Row[Any] | None:
    """Lock a campaign's row against changes while others may still read and share it, and return it."""
    query = select(campaigns).where(campaigns.c.id == campaign_id, campaigns.c.kind == "campaign")
    return tx.execute(query.with_for_update(read=True)).first()


def list_campaigns(tx: Connection, filters: Mapping[str, Any], *, after: str | None, limit: int) -> Sequence[Row[Any]]:
    """Return a page of campaigns, filtered by their tags and by equality on columns."""
    by_column = (campaigns.c[name] == value for name, value in filters.items() if name != "tag")
    tagged = (with_tag(filters["tag"]),) if "tag" in filters else ()
    query = _shown().where(*by_column, *tagged)
    return tx.execute(newest_first(query, campaigns.c.id, after=after, limit=limit)).all()


def list_caller_ids(tx: Connection, campaign_id: str | None = None) -> frozenset[str]:
    """Return the caller ids of a campaign, those of its pool too, or of all of them."""
    own = select(campaigns.c.caller_ids).distinct()
    pools = select(caller_id_pools.c.numbers).where(
        caller_id_pools.c.id.in_(select(campaigns.c.caller_id_pool).where(*_of(campaign_id)))
    )
    named = (number for numbers in tx.execute(own.where(*_of(campaign_id))).scalars() for number in numbers)
    pooled = (each["number"] for numbers in tx.execute(pools).scalars() for each in numbers)
    return frozenset((*named, *pooled))


def _of(campaign_id: str | None) -> tuple[ColumnElement[bool], ...]:
    return (campaigns.c.id == campaign_id,) if campaign_id else ()


def update_campaign(tx: Connection, campaign_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a campaign."""
    if changes:
        tx.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(changes))


def set_going(
    tx: Connection, campaign_id: str, target: CampaignStatus, *, since: CampaignStatus, changes: Mapping[str, Any]
) -> None:
    """Start or resume a campaign that the caller has locked in the status `since`."""
    tx.execute(change_state(target, among=(since,)).where(campaigns.c.id == campaign_id).values(dict(changes)))


def pause_by_user(tx: Connection, campaign_id: str) -> None:
    """Pause a campaign that the caller has locked, and say that it was asked for over the API."""
    now = func.to_char(func.clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    reason = func.jsonb_build_object("code", "paused_by_user", "detail", "Paused over the API.", "at", now)
    tx.execute(change_state(CampaignStatus.PAUSED).where(campaigns.c.id == campaign_id).values(status_reason=reason))


def cancel(tx: Connection, campaign_id: str) -> None:
    """Cancel a campaign that the caller has locked; one that is canceled already keeps the time of that."""
    tx.execute(
        change_state(CampaignStatus.CANCELED)
        .where(campaigns.c.id == campaign_id)
        .values(status_reason=None, completed_at=func.now())
    )


def start_scheduled(tx: Connection) -> None:
    """Let the scheduled campaigns run whose time has come (`IS_DUE`); whether webhooks arrive is to be proven."""
    due = _in_order(campaigns.c.status == CampaignStatus.SCHEDULED, text(IS_DUE))
    started = change_state(CampaignStatus.RUNNING, among=(CampaignStatus.SCHEDULED,)).where(campaigns.c.id.in_(due))
    tx.execute(started.values(proving_since=func.now()))


def complete(tx: Connection, campaign_ids: Sequence[str]) -> None:
    """Complete campaigns that the caller has locked."""
    tx.execute(
        change_state(CampaignStatus.COMPLETED)
        .where(campaigns.c.id.in_(campaign_ids))
        .values(completed_at=func.now(), status_reason=None)
    )


def read_row(tx: Connection, campaign_id: str) -> Row[Any]:
    """Return the row of a campaign that exists, hidden or not."""
    return tx.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()


def columns_of_campaign(tx: Connection, campaign_id: str) -> dict[str, Any]:
    """Return the row of a campaign that exists as JSON has it."""
    return dict(tx.execute(_AS_JSON, {"campaign_id": campaign_id}).scalar_one())


def list_ids(tx: Connection) -> frozenset[str]:
    """Return the ids of all campaigns."""
    return frozenset(tx.execute(select(campaigns.c.id).where(campaigns.c.kind == "campaign")).scalars())


def pause_running_campaigns(
    tx: Connection,
    *,
    connection_id: str,
    caller_id: str | None,
    resumed_before: datetime | None,
    status_reason: Mapping[str, Any],
) -> list[str]:
    """Pause the running campaigns of a caller id, or without one of a connection; return their ids.

    With `resumed_before`, campaigns that were started or resumed since then go on.
    """
    concerned = [campaigns.c.status == CampaignStatus.RUNNING, campaigns.c.kind == "campaign"]
    if caller_id is not None:
        shown = caller_id_pools.c.numbers.contains([{"number": caller_id}])
        pools = select(caller_id_pools.c.id).where(shown)
        concerned.append(or_(campaigns.c.caller_ids.contains([caller_id]), campaigns.c.caller_id_pool.in_(pools)))
    else:
        concerned.append(campaigns.c.connection_id == connection_id)
    if resumed_before is not None:
        concerned.append(or_(campaigns.c.proving_since.is_(None), campaigns.c.proving_since <= resumed_before))
    paused = change_state(CampaignStatus.PAUSED, among=(CampaignStatus.RUNNING,))
    paused = paused.where(campaigns.c.id.in_(_in_order(*concerned))).values(status_reason=dict(status_reason))
    return list(tx.execute(paused.returning(campaigns.c.id)).scalars())


def _in_order(*conditions: ColumnElement[bool] | TextClause) -> Select[Any]:
    """Lock campaigns by their ids and return these: a statement by itself would lock them as it finds them."""
    return select(campaigns.c.id).where(*conditions).order_by(campaigns.c.id).with_for_update(key_share=True)


def pause_campaigns(tx: Connection, campaign_ids: Sequence[str], status_reason: Mapping[str, Any]) -> None:
    """Pause these campaigns and state why."""
    paused = change_state(CampaignStatus.PAUSED, among=(CampaignStatus.RUNNING,))
    tx.execute(paused.where(campaigns.c.id.in_(campaign_ids)).values(status_reason=dict(status_reason)))


def lock_unproven_campaigns(tx: Connection, connection_id: str, *, patience_s: float) -> Sequence[Row[Any]]:
    """Lock and return the running campaigns that no webhook has been received for, as (id, proving_since, accepted).

    `accepted` counts, up to five, their dials that were accepted over `patience_s` ago.
    """
    return tx.execute(_UNPROVEN, {"connection_id": connection_id, "patience": patience_s}).all()


def mark_webhooks_received(tx: Connection, campaign_ids: Sequence[str]) -> None:
    """Note that webhooks of these campaigns arrive."""
    tx.execute(update(campaigns).where(campaigns.c.id.in_(campaign_ids)).values(heard_webhooks=True))


def running_paces(tx: Connection, campaign_ids: Collection[str]) -> Sequence[Any]:
    """Return the limits of those of these campaigns that run, each with its connection's and its first calls."""
    limits = (connections.c.calls_per_second, connections.c.max_live_calls)
    proof = (campaigns.c.proving_since, _FIRST_CALLS)
    query = select(campaigns.c.id, campaigns.c.connection_id, campaigns.c.pacing, *limits, *proof)
    query = query.join_from(campaigns, connections, connections.c.id == campaigns.c.connection_id)
    is_running = (campaigns.c.id.in_(campaign_ids), campaigns.c.status == CampaignStatus.RUNNING)
    return tx.execute(query.where(*is_running)).all()


def not_started_or_paused(tx: Connection, campaign_ids: Collection[str]) -> Sequence[Any]:
    """Return those of these campaigns that would dial once somebody, or the time of their start, lets them.

    Each with its status, why it has it, and in how many seconds it starts by itself.
    """
    starts_in_s = func.extract("epoch", campaigns.c.starts_at - func.now()).label("starts_in_s")
    query = select(campaigns.c.id, campaigns.c.status, campaigns.c.status_reason, starts_in_s)
    return tx.execute(query.where(campaigns.c.id.in_(campaign_ids), campaigns.c.status.in_(_BEFORE_DIALING))).all()


def count_in_flight(tx: Connection, campaign_id: str) -> int:
    """Return how many of a campaign's calls the carrier has or may have."""
    query = select(func.count()).where(calls.c.campaign_id == campaign_id, calls.c.state.in_(IN_FLIGHT))
    return int(tx.execute(query).scalar_one())


def has_contacts(tx: Connection, campaign_id: str) -> bool:
    """Return whether a campaign has contacts."""
    return bool(tx.execute(select(exists().where(contacts.c.campaign_id == campaign_id))).scalar_one())


def has_open_import(tx: Connection, campaign_id: str) -> bool:
    """Return whether contacts of a file or of another campaign are being written into a campaign."""
    file = exists().where(imports.c.campaign_id == campaign_id, imports.c.status == "running")
    copy = exists().where(bulk_changes.c.campaign_id == campaign_id, bulk_changes.c.status == "running")
    return bool(tx.execute(select(or_(file, copy))).scalar_one())


def lacks_inputs(tx: Connection, campaign_id: str, inputs: Sequence[str]) -> int:
    """Return how many of the contacts still to be dialed lack one of these variables; an empty text is none."""
    allow(tx, COUNTING)
    said = (func.btrim(func.coalesce(contacts.c.variables[name].astext, "")) for name in inputs)
    lacking = or_(false(), *(text == "" for text in said))
    query = select(func.count()).where(contacts.c.campaign_id == campaign_id, contacts.c.status.in_(CLAIMABLE), lacking)
    return int(tx.execute(query).scalar_one())


def list_open_campaigns(tx: Connection) -> list[str]:
    """Return the ids of the campaigns that have not ended."""
    return list(tx.execute(select(campaigns.c.id).where(campaigns.c.status.not_in(FINAL_CAMPAIGN))).scalars())


def list_zones(tx: Connection, campaign_id: str) -> list[str]:
    """Return the zone keys of a campaign's contacts."""
    query = select(campaign_zones.c.zone).where(campaign_zones.c.campaign_id == campaign_id)
    return list(tx.execute(query).scalars())


def add_zones(tx: Connection, campaign_id: str, zones: Sequence[str]) -> None:
    """Add zone keys to a campaign's list, in order, so that two uploads cannot deadlock."""
    if zones:
        rows = [{"campaign_id": campaign_id, "zone": zone} for zone in sorted(zones)]
        tx.execute(upsert(campaign_zones).values(rows).on_conflict_do_nothing())


def lock_placed(tx: Connection, campaign_id: str, zones: Sequence[str], *, besides: Sequence[str]) -> None:
    """Lock the open contacts in `zones` without a time zone of their own, and some `besides`, in the order of all."""
    allow(tx, SWEEPING)
    placed = and_(contacts.c.zone.in_(zones), contacts.c.timezone.is_(None), contacts.c.status.in_(OPEN_CONTACTS))
    which = (contacts.c.campaign_id == campaign_id, or_(placed, contacts.c.id.in_(besides)))
    locked = select(contacts.c.id).where(*which).order_by(contacts.c.id).with_for_update().subquery()
    tx.execute(select(func.count()).select_from(locked))


def move_zones(tx: Connection, campaign_id: str, zones: Sequence[str], *, to: str) -> None:
    """Move open contacts from `zones` to the zone `to`, except those with a time zone or a region of their own."""
    allow(tx, SWEEPING)
    says_nothing = (contacts.c.timezone.is_(None), contacts.c.region.is_(None))
    placed = (contacts.c.campaign_id == campaign_id, contacts.c.zone.in_(zones), *says_nothing)
    tx.execute(update(contacts).where(*placed, contacts.c.status.in_(OPEN_CONTACTS)).values(zone=to))
