"""Calls of a campaign that are over, by the hundred, as settling has written them."""

from __future__ import annotations

from datetime import timedelta

from tests.support.world import CONNECTION, World

_CALLS = """
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, reserved_at, dialed_at, first_sent_at, last_sent_at, answered_at, ended_at,
        disposition, abandoned, silent, opted_out, spent)
    SELECT 'call_' || CAST(:contact AS text) || (past.n + i), :campaign, :contact, :connection, '+13125550111',
        '+13125550100', past.n + i, 'ended', 'c', 30, 60, at.m, at.m, at.m, at.m,
        CASE WHEN :measured OR :disposition IN ('answered', 'human', 'machine') THEN at.m END, at.m,
        :disposition, :abandoned, CASE WHEN :measured THEN :silent END, CASE WHEN :measured THEN :opted_out END, :spent
    FROM generate_series(1, :calls) i,
        (SELECT coalesce(max(attempt), 0) AS n FROM calls WHERE contact_id = :contact) past,
        LATERAL (SELECT clock_timestamp() - CAST(:ago AS interval) + make_interval(secs => i * 0.0001) AS m) at
"""


def add_calls(
    world: World,
    campaign_id: str,
    number: int,
    *,
    disposition: str = "human",
    abandoned: bool = False,
    silent: bool = False,
    opted_out: bool = False,
    measured: bool | None = None,
    ago: timedelta = timedelta(seconds=5),
    spent: str | None = None,
) -> None:
    """Write calls that were dialed, answered and over so long ago; people are measured unless said otherwise."""
    if number == 0:
        return
    contact_id = f"con_{campaign_id}"
    world.execute(
        "INSERT INTO contacts (id, campaign_id, phone, status) VALUES (:id, :campaign, '+13125550111', 'completed')"
        " ON CONFLICT DO NOTHING",
        id=contact_id,
        campaign=campaign_id,
    )
    world.execute(
        _CALLS,
        contact=contact_id,
        campaign=campaign_id,
        connection=CONNECTION,
        calls=number,
        disposition=disposition,
        abandoned=abandoned,
        silent=silent,
        opted_out=opted_out,
        measured=disposition in ("human", "answered") if measured is None else measured,
        ago=ago,
        spent=spent,
    )
