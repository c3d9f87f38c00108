"""What holds for every campaign: how often a number is called at most, how long it rests, and how long data is kept."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.http.by_whom import signed
from api.http.etags import expected, tagged
from api.http.responses import Tagged
from api.http.routes import Resource
from orchestrator.operations.system.change_policy import (
    Policy,
    PolicyChanges,
    change_policy,
    find_policy,
    stored_policy,
)
from orchestrator.policy.caps import Caps
from orchestrator.policy.durations import Duration
from orchestrator.policy.retention import Retention
from orchestrator.policy.roles import Role
from orchestrator.policy.timestamps import Moment
from orchestrator.services import Services

resource = Resource("policy")

_EDITED = ("caps", "retention")


class PolicyChange(BaseModel):
    """A change of the policy: what was given, by whom, when and why."""

    model_config = ConfigDict(from_attributes=True)

    changes: dict[str, Any]
    because: str
    by: str = Field(validation_alias="changed_by")
    at: Moment = Field(validation_alias="changed_at")


class PolicyView(Tagged):
    """What holds for every campaign.

    `caps` are in force: of `settings`, which the environment says, and `said`, which was said here, the stricter;
    null is none. `changes` are the last twenty.
    """

    caps: Caps
    default_number_gap: Duration = Field(
        description="The number_gap of a campaign that says none, unless its purpose has no caps: min_gap, or else 2h."
    )
    said: Caps
    settings: Caps
    retention: Retention
    changes: list[PolicyChange]


@resource.route("GET", "/v1/policy", gives={200: PolicyView})
def show(services: Services) -> PolicyView:
    """Return what holds for every campaign, and why it was changed."""
    return _view(find_policy(sql=services.sql, caps=services.caps))


@resource.route("PATCH", "/v1/policy", body=PolicyChanges, gives={200: PolicyView}, fails=(422,), role=Role.ADMIN)
def change(services: Services, body: PolicyChanges) -> PolicyView:
    """Change what holds for every campaign, from the next dial on.

    No cap may be laxer than the environment's settings. Contacts that caps or rests held are asked about again. What is
    older than `retention` keeps it is erased within hours, and cannot be brought back.
    """
    return _view(change_policy(signed(body), expects=expected(_EDITED), sql=services.sql, caps=services.caps))


def _view(policy: Policy) -> PolicyView:
    changes = [PolicyChange.model_validate(row) for row in policy.changes]
    view = PolicyView(
        caps=policy.caps,
        default_number_gap=policy.default_number_gap,
        said=policy.said,
        settings=policy.settings,
        retention=policy.retention,
        changes=changes,
    )
    return tagged(view, stored_policy(policy.said, policy.retention), _EDITED)
