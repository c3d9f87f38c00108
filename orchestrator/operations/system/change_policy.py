"""Says and changes what holds for every campaign: the caps, which nobody may loosen, and how long data is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Engine, Row

from orchestrator.operations.campaigns.create_campaign import check_caps
from orchestrator.operations.dialing.drain_dials import wait_for_earlier_sends
from orchestrator.operations.system.release_held import release_held_by_caps
from orchestrator.policy.campaign_rules import DEFAULT_NUMBER_GAP
from orchestrator.policy.caps import Caps
from orchestrator.policy.names import all_seen
from orchestrator.policy.retention import Retention
from orchestrator.store.sql.call_filters import every_call
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.store.sql.installation_policy import (
    list_changes,
    lock_policy,
    read_policy,
    said_caps,
    said_retention,
    write_policy,
)

_LAST_CHANGES = 20

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"\S"), AfterValidator(all_seen)
]


class PolicyChanges(BaseModel):
    """The body of PATCH /v1/policy: only the fields that are given are changed, inside `caps` and `retention` too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    caps: Caps = Field(Caps(), description="Null takes back what was said here: the environment's holds again.")
    retention: Retention = Field(Retention(), description="Null: kept until somebody erases it.")
    because: Words = Field(description="Why; it is kept with the change.")
    by: Words | None = Field(None, description="Who changes it. Left out: the name of the API key or the user.")


@dataclass(frozen=True)
class Policy:
    """What holds for every campaign, where it comes from, and the last changes, newest first."""

    caps: Caps
    default_number_gap: timedelta
    said: Caps
    settings: Caps
    retention: Retention
    changes: Sequence[Row[Any]]


def find_policy(*, sql: Engine, caps: Caps) -> Policy:
    """Return what holds for every campaign; `caps` are the environment's."""
    with sql.connect() as tx:
        policy, changes = read_policy(tx), list_changes(tx, limit=_LAST_CHANGES)
    said = said_caps(policy)
    in_force = caps.tightened_by(said)
    return Policy(
        caps=in_force,
        default_number_gap=in_force.min_gap or DEFAULT_NUMBER_GAP,
        said=said,
        settings=caps,
        retention=said_retention(policy),
        changes=changes,
    )


def stored_policy(said: Caps, retention: Retention) -> dict[str, Any]:
    """Return what was said over REST as it is stored."""
    return {"caps": said.stored(), "retention": retention.model_dump()}


def change_policy(changes: PolicyChanges, *, expects: Expects = whatever_it_is, sql: Engine, caps: Caps) -> Policy:
    """Change what holds for every campaign, and ask again about the contacts that caps and rests held. Safe to repeat.

    It holds in every process: once this returns, nobody is dialed by what held before; what is kept no longer is erased
    within hours.
    Raises InvalidInput for caps that are laxer than the environment's.
    """
    parts: dict[str, Caps | Retention] = {"caps": changes.caps, "retention": changes.retention}
    told = {name: each.model_dump(mode="json", include=each.model_fields_set) for name, each in parts.items()}
    check_caps(changes.caps, allowed=caps)
    with sql.begin() as tx:
        policy = lock_policy(tx)
        expects(stored_policy(said_caps(policy), said_retention(policy)))
        caps_said = said_caps(policy).model_copy(update=_given(changes.caps))
        said = stored_policy(caps_said, said_retention(policy).model_copy(update=_given(changes.retention)))
        given = {name: told[name] for name in changes.model_fields_set & parts.keys()}
        releases = "caps" in given
        write_policy(tx, said, changes=given, because=changes.because, by=changes.by or "api", releases=releases)
    wait_for_earlier_sends(every_call(), sql=sql)
    release_held_by_caps(sql)
    return find_policy(sql=sql, caps=caps)


def _given(part: Caps | Retention) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.model_fields_set}
