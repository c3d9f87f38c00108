"""The documents that create and change a campaign, with validation of every field."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from orchestrator.bounds import CallsPerSecond, LiveCalls, Weight
from orchestrator.policy.caps import Caps
from orchestrator.policy.consents import ConsentRule, OnOptOut
from orchestrator.policy.durations import Duration
from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.guards.rules import Guards
from orchestrator.policy.law.setting import LawSetting
from orchestrator.policy.lists.campaign_lists import CampaignLists
from orchestrator.policy.names import all_seen, unspeakable_in
from orchestrator.policy.phone.allowed_kinds import AllowedKinds
from orchestrator.policy.phone.caller_id_field import CallerId
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.retry_rules import RetryRule, RetryRules
from orchestrator.policy.tags import Tags
from orchestrator.policy.timestamps import Moment, MomentToCall
from orchestrator.policy.variables import Shared, SharedChanges
from orchestrator.policy.weekly_hours import CallingHours, Window
from orchestrator.policy.zones.named_zone import Zone

__all__ = [
    "CHANGED_ONLY_AT_REST",
    "CallingHours",
    "CampaignChanges",
    "NewCampaign",
    "Pacing",
    "RetryRule",
    "RetryRules",
    "Window",
]

DEFAULT_NUMBER_GAP = timedelta(hours=2)

MOST_CALLER_IDS = 200
_TAKEN_AWAY = frozenset(  # by null
    {"starts_at", "ends_at", "default_timezone", "purpose", "subject", "voice", "spend", "description"}
)

CHANGED_ONLY_AT_REST = frozenset({"flow", "caller_ids", "caller_id_pool", "purpose", "subject", "voice"})
"""Fields that may be changed in draft or paused, not while running."""


def _once_each(numbers: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(numbers) <= MOST_CALLER_IDS:
        raise PydanticCustomError("caller_ids", f"1 to {MOST_CALLER_IDS} numbers of your account")
    return tuple(dict.fromkeys(numbers))


def _short_enough(gap: timedelta) -> timedelta:
    if gap > timedelta(days=30):
        raise PydanticCustomError("number_gap", "the gap is at most 30d")
    return gap


def _readable(text: str) -> str:
    if found := unspeakable_in(text):
        raise PydanticCustomError("bad_character", "it holds {found}, a control character", {"found": found})
    return text


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"), AfterValidator(all_seen)
]
CallerIds = Annotated[
    tuple[CallerId, ...],
    AfterValidator(_once_each),
    Field(json_schema_extra={"minItems": 1, "maxItems": MOST_CALLER_IDS}),
]
PoolId = Annotated[
    str, Field(min_length=1, max_length=200, description="A pool that the caller ids come from, by its id.")
]
CampaignPurpose = Annotated[
    Purpose | None, Field(description="What it calls for; the law depends on it. Null: informational.")
]
Subject = Annotated[
    Name | None, Field(description="What the calls are about; caps on the same subject count by it. Null: the name.")
]
CampaignVoice = Annotated[Voice | None, Field(description="Whose voice is heard. Null: as the flow speaks.")]
CampaignOnOptOut = Annotated[
    OnOptOut,
    Field(description="A call that rings while its number is suppressed or revoked: `hangup`, or let it `finish`."),
]
CampaignSpend = Annotated[Spend | None, Field(description="What its calls may cost. Null: no limit.")]
NumberGap = Annotated[Duration, AfterValidator(_short_enough)]
Description = Annotated[
    Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=r"\S"),
        AfterValidator(_readable),
    ]
    | None,
    Field(description="A note for whoever runs it; nobody who is called hears it."),
]


def check_either(numbers: tuple[str, ...] | None, pool: str | None) -> None:
    """Raise an error of pydantic's for both caller ids and a pool of them."""
    if numbers is not None and pool is not None:
        raise PydanticCustomError("caller_ids", "name caller_ids or a caller_id_pool, not both")


class Pacing(BaseModel):
    """How fast a campaign may dial; what is left out is bounded by the connection's limits alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    calls_per_second: CallsPerSecond | None = None
    max_live_calls: LiveCalls | None = None
    weight: Weight = 1


class NewCampaign(BaseModel):
    """The body of POST /v1/campaigns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    flow: Name
    caller_id_pool: PoolId | None = None
    caller_ids: CallerIds | None = Field(None, description="The numbers shown, where there is no `caller_id_pool`.")
    purpose: CampaignPurpose = None
    subject: Subject = None
    voice: CampaignVoice = None
    law: LawSetting = LawSetting()
    allow_number_kinds: AllowedKinds = ()
    starts_at: MomentToCall | None = None
    ends_at: Moment | None = None
    default_timezone: Zone | None = None
    keep_open: bool = Field(default=False, strict=True)
    pacing: Pacing = Pacing()
    calling_hours: CallingHours = CallingHours()
    retry: RetryRules = RetryRules()
    number_gap: NumberGap = DEFAULT_NUMBER_GAP
    caps: Caps = Caps()
    consent: ConsentRule = ConsentRule()
    on_opt_out: CampaignOnOptOut = OnOptOut.HANGUP
    lists: CampaignLists = CampaignLists()
    guards: Guards = Guards()
    spend: CampaignSpend = None
    variables: Shared = {}
    tags: Tags = ()
    description: Description = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Show that exactly one of the two ways to name the caller ids is taken."""
        schema = handler(core_schema)
        model = handler.resolve_ref_schema(schema)
        for name in ("caller_ids", "caller_id_pool"):
            shape = model["properties"][name]
            shape |= next(kind for kind in shape.pop("anyOf") if kind != {"type": "null"})
            del shape["default"]
        model["oneOf"] = [{"required": ["caller_ids"]}, {"required": ["caller_id_pool"]}]
        return schema

    @model_validator(mode="after")
    def _names_its_caller_ids_in_one_way(self) -> Self:
        check_either(self.caller_ids, self.caller_id_pool)
        return self

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_at", "ends_at must be later than starts_at")
        return self


class CampaignChanges(BaseModel):
    """The body of PATCH /v1/campaigns/{id}: only `model_fields_set` is changed, and null takes a date or zone away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name | None = None
    flow: Name | None = None
    caller_id_pool: PoolId | None = None
    caller_ids: CallerIds | None = None
    purpose: CampaignPurpose = None
    subject: Subject = None
    voice: CampaignVoice = None
    law: LawSetting | None = None
    allow_number_kinds: AllowedKinds | None = None
    starts_at: MomentToCall | None = None
    ends_at: Moment | None = None
    default_timezone: Zone | None = None
    keep_open: Annotated[bool, Field(strict=True)] | None = None
    pacing: Pacing | None = None
    calling_hours: CallingHours | None = None
    retry: RetryRules | None = None
    number_gap: NumberGap | None = None
    caps: Caps | None = None
    consent: ConsentRule | None = None
    on_opt_out: CampaignOnOptOut | None = None
    lists: CampaignLists | None = None
    guards: Guards | None = None
    spend: CampaignSpend = None
    variables: SharedChanges | None = None
    tags: Tags | None = None
    description: Description = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Show null only where it takes something away."""
        schema = handler(core_schema)
        for name, shape in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if name not in _TAKEN_AWAY:
                shape |= {"anyOf": [kind for kind in shape.pop("anyOf") if kind != {"type": "null"}]}
                del shape["default"]
        return schema

    @model_validator(mode="after")
    def _takes_away_only_what_may_be_missing(self) -> Self:
        for field in self.model_fields_set - _TAKEN_AWAY:
            if getattr(self, field) is None:
                raise PydanticCustomError(field, "{field} cannot be null", {"field": field})
        check_either(self.caller_ids, self.caller_id_pool)
        return self

    @property
    def at_rest_only(self) -> list[str]:
        """The changed fields that need the campaign to be in draft or paused."""
        return sorted(self.model_fields_set & CHANGED_ONLY_AT_REST)
