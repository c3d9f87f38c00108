"""Explanations: whether somebody may be called at a moment, and why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.http.routes import Resource
from api.http.state_values import values_of
from orchestrator.operations.campaigns.explain_campaign import explain_campaign
from orchestrator.operations.campaigns.explain_number import NumberToExplain, explain_number
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.explained import Explained, ZoneAt
from orchestrator.policy.durations import format_duration
from orchestrator.policy.explain import Checked, Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment, MomentToCall, format_timestamp, not_before
from orchestrator.services import Services

resource = Resource("explanations")

VerdictValue = Annotated[Verdict, values_of(Verdict)]


class ExplainQuery(BaseModel):
    """The moment to explain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: MomentToCall | None = Field(None, description="Left out: now.")


class ZoneView(BaseModel):
    """A time zone in which the person may be, how it is known, and the local time there."""

    model_config = ConfigDict(validate_by_alias=True, serialize_by_alias=True)

    name: str
    from_: str = Field(alias="from", description="`contact`, `number`, `region` or `campaign_default`.")
    local: str | None = Field(description="Null for a name that is no time zone.")


class CheckView(BaseModel):
    """One check of the gate, what it was judged by, and where its rule is written."""

    check: str
    passed: bool
    facts: dict[str, Any]
    source: str | None
    as_of: date | None = Field(description="The day on which the source was read.")


class ExplanationView(BaseModel):
    """A verdict, which is that of the first check that did not pass, and all checks in the order they are asked in."""

    verdict: VerdictValue
    reason: Reason | None
    sentence: str
    until: Moment | None = Field(description="When a hold ends; null where somebody has to act, and of no hold.")
    zones: list[ZoneView]
    regions: list[str]
    checks: list[CheckView]


class BecauseView(BaseModel):
    """The contacts that are not dialed for one reason, and when the next of them may be; null where nobody knows."""

    reason: Reason
    sentence: str
    contacts: int
    next_at: Moment | None


class LimitsView(BaseModel):
    """Calls per second and live calls allowed, of the connection's and the campaign's the smaller."""

    rate: float | None
    channels: int | None
    guard: str | None = Field(description="The guard that paused the campaign.")


class CampaignExplanationView(BaseModel):
    """Whether a campaign dials, and what those of its contacts wait for that are not dialed, most of them first."""

    is_dialing: bool
    because: list[BecauseView]
    limits: LimitsView


@resource.route(
    "GET",
    "/v1/contacts/{contact_id}/explain",
    query=ExplainQuery,
    gives={200: ExplanationView},
    fails=(404, 422),
)
def of_contact(services: Services, contact_id: str, query: ExplainQuery) -> ExplanationView:
    """Explain whether a contact may be called at a moment, and why not.

    It is what the gate says at that moment, by the settings of now; nothing is changed. Dials, opt-outs and attempts
    are those that the ledger knew then. Without `at` the answer says, too, whether a call to the number is under way
    and whether rate and channels have room.
    """
    return explanation_view(
        explain_contact(
            contact_id,
            at=query.at,
            sql=services.sql,
            client=services.redis,
            keys=services.keys,
            flows=services.flows,
            caps=services.caps,
        )
    )


@resource.route(
    "POST", "/v1/explain", body=NumberToExplain, gives={200: ExplanationView}, fails=(422,), role=Role.VIEWER
)
def of_number(services: Services, body: NumberToExplain) -> ExplanationView:
    """Explain whether a number that is in no campaign might be called at a moment, under these settings.

    Fields are those of a campaign and of a contact; what is left out is what a new campaign would have. Dials and
    opt-outs are those that the ledger knew at that moment; nothing is changed.
    """
    told = explain_number(body, sql=services.sql, caps=services.caps, settings=services.settings)
    return explanation_view(told)


@resource.route("GET", "/v1/campaigns/{campaign_id}/explain", gives={200: CampaignExplanationView}, fails=(404,))
def of_campaign(services: Services, campaign_id: str) -> CampaignExplanationView:
    """Explain why a campaign does not dial, or not faster.

    What keeps the whole campaign from dialing stands alone, with all contacts that are not done. Of the contacts that
    wait for a retry and of those that are due, the first 20,000 are told apart.
    """
    told = explain_campaign(campaign_id, sql=services.sql, client=services.redis, keys=services.keys)
    return CampaignExplanationView.model_validate(told, from_attributes=True)


def explanation_view(explained: Explained) -> ExplanationView:
    """Return an explanation as the API gives it."""
    told = explained.explanation
    return ExplanationView(
        verdict=told.verdict,
        reason=told.reason,
        sentence=explained.sentence,
        until=told.until and not_before(told.until),
        zones=[_zone(zone) for zone in explained.zones],
        regions=list(explained.regions),
        checks=[_check(checked) for checked in told.checks],
    )


def _zone(zone: ZoneAt) -> ZoneView:
    local = zone.local.isoformat(timespec="seconds") if zone.local else None
    return ZoneView.model_validate({"name": zone.name, "from": zone.source, "local": local})


def _check(checked: Checked) -> CheckView:
    sources = sorted({source.source for source in checked.sources})
    return CheckView(
        check=checked.check,
        passed=checked.passed,
        facts=_plain(checked.facts),
        source="; ".join(sources) or None,
        as_of=min((source.as_of for source in checked.sources), default=None),
    )


def _plain(value: Any) -> Any:
    """Return facts as JSON writes them: times as timestamps, spans of time as durations."""
    match value:
        case datetime():
            return format_timestamp(value)
        case timedelta():
            return format_duration(value)
        case Mapping():
            return {name: _plain(item) for name, item in value.items()}
        case str() | None:
            return value
        case Sequence() | frozenset():
            return [_plain(item) for item in value]
        case _:
            return value
