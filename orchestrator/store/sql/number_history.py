"""What the ledger knows of a number: its dials of the last days, its last conversation, its last abandoned call.

A dial counts from its reservation on, and whatever its result, unless it was withdrawn: then it was surely not made.
Everything is found by the number's key, which stays when the number is erased. In the SQL, `c` is the contact and `k`
its campaign; the statement takes the installation's caps and the moment `at` as parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping

from orchestrator.bounds import MOST_DIALS_PER_NUMBER
from orchestrator.model.attempt_state import AttemptState
from orchestrator.policy.caps import CAP_WINDOW, WEEK
from orchestrator.policy.gate.limits import Limits
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.purposes import UNCAPPED
from orchestrator.store.sql.dial_counts import PENDING, Dials
from orchestrator.store.sql.lifted_holds import lifts_in_force
from orchestrator.store.sql.moment import AT, known_by_then
from orchestrator.store.sql.state_lists import one_of
from orchestrator.store.sql.tables import CONVERSATION, COUNTED_DIALS

_LOOKED_AT = 16
"""How many dials are looked at where the caps are smaller: what a law says may be more."""

_LIMITED: Final = (  # the columns of Limits
    Reason.NUMBER_DAY_LIMIT,
    Reason.NUMBER_WEEK_LIMIT,
    Reason.SUBJECT_DAY_LIMIT,
    Reason.REST_AFTER_HUMAN,
    Reason.REST_AFTER_ABANDONED,
)

_IS_CAPPED: Final = f"coalesce(k.purpose, '') NOT IN {one_of(sorted(UNCAPPED))}"


def _least(name: str) -> str:
    everybodys = f"least(CAST(:{name} AS int), (i.policy->'caps'->>'{name}')::int)"
    return f"least(CASE WHEN {_IS_CAPPED} THEN {everybodys} END, (k.caps->>'{name}')::int) AS {name}"


def _longest(name: str) -> str:
    everybodys = f"greatest(CAST(:{name} AS interval), (i.policy->'caps'->>'{name}')::interval)"
    return f"greatest(CASE WHEN {_IS_CAPPED} THEN {everybodys} END, (k.caps->>'{name}')::interval) AS {name}"


def key_of(number: str, installation: str) -> str:
    """Return the SQL of what number_key() makes of a number, from a row of `installation`: its call costs far more."""
    inner = f"sha256({installation}.number_key_inner || convert_to({number}, 'UTF8'))"
    return f"sha256({installation}.number_key_outer || {inner})"


_OF_NUMBERS = ("per_number_24h", "per_number_7d", "per_subject_24h")
_SUBJECT = "lower(coalesce({row}.subject, {row}.name))"
_DIAL = "d.campaign_id, d.state, d.last_sent_at AS sent_at"
# Of a dial that is just reserved no time is known; one whose send PostgreSQL has lost was sent once it was reserved.
_UNSENT = f"d.campaign_id, d.state, CASE WHEN d.state <> '{AttemptState.RESERVED}' THEN d.reserved_at END AS sent_at"

# With all else that the installation's row says: it is read once for a contact.
_CAPS_IN_FORCE: Final = f"""
    SELECT {", ".join(map(_least, _OF_NUMBERS))}, {_least("per_caller_id_24h")},
        {", ".join(map(_longest, ("min_gap", "rest_after_human", "rest_after_abandoned")))},
        {_IS_CAPPED} AS is_capped, {key_of("c.phone", "i")} AS number_key,
        i.epoch, i.dialing_stopped IS NOT NULL AS dialing_stopped
    FROM (SELECT) one LEFT JOIN installation i ON i.id = 1 OFFSET 0
"""  # noqa: S608 built from constants


def caps_and_dials(*, besides: str) -> str:
    """Return the joins of `caps`, which are in force for the contact, `to_number`, and `lifted`.

    The caps are those of the installation, whose epoch and stop stand beside them, and of the campaign; `to_number` are
    the dials that they count, without the attempt `besides`, and `lifted` the holds that a person has lifted.
    """
    joined = {"caps": _CAPS_IN_FORCE, "to_number": _dials(besides=besides), "lifted": lifts_in_force(besides=besides)}
    return " ".join(f"CROSS JOIN LATERAL ({query}) {name}" for name, query in joined.items())


def _dials(*, besides: str) -> str:
    """Return the SQL of the dials to a number, newest first.

    No more dials are looked at than a cap counts: where one is reached, older ones do not
    matter, and where none is, there are no more within its window.
    """
    most = f"""
        CASE WHEN NOT caps.is_capped AND coalesce({", ".join(f"caps.{name}" for name in _OF_NUMBERS)}) IS NULL THEN 0
             WHEN coalesce(caps.per_number_24h, caps.per_number_7d) IS NULL THEN {MOST_DIALS_PER_NUMBER}
             ELSE greatest({", ".join(f"caps.{name}" for name in _OF_NUMBERS)}, {_LOOKED_AT}) END
    """
    ours = f"d.number_key = caps.number_key AND {COUNTED_DIALS} AND d.id <> {besides}"
    return f"""
        SELECT count(*) FILTER (WHERE sent_at IS NULL OR sent_at > {AT} - interval '24 hours') AS dials,
            array_agg(sent_at ORDER BY sent_at DESC NULLS FIRST) AS sent_at,
            array_agg(campaign_id = k.id OR {_SUBJECT.format(row="k")} = (
                SELECT {_SUBJECT.format(row="s")} FROM campaigns s WHERE s.id = campaign_id
            ) ORDER BY sent_at DESC NULLS FIRST) AS on_subject,
            coalesce(bool_or(state IN {PENDING}), false) AS pending
        FROM (
            SELECT {_UNSENT} FROM calls d WHERE {ours} AND d.last_sent_at IS NULL AND {known_by_then("d.reserved_at")}
            UNION ALL (
                SELECT {_DIAL} FROM calls d
                WHERE {ours} AND d.last_sent_at > {AT} - interval '168 hours' AND {known_by_then("d.last_sent_at")}
                ORDER BY d.last_sent_at DESC LIMIT {most})
        ) newest
        WHERE sent_at IS NULL OR sent_at > {AT} - interval '168 hours'
    """  # noqa: S608 built from constants


def _last(which: str, name: str) -> str:
    return f"""
        (SELECT e.ended_at FROM calls e WHERE e.number_key = caps.number_key AND {which} AND e.ended_at IS NOT NULL
            AND {known_by_then("e.ended_at")} ORDER BY e.ended_at DESC LIMIT 1) AS {name}
    """  # noqa: S608 built from constants


HISTORY: Final = f"""
    (SELECT max(p.last_sent_at) FROM calls p
        WHERE p.number_key = caps.number_key AND p.contact_id <> c.id AND {COUNTED_DIALS}
            AND p.last_sent_at > {AT} - greatest(make_interval(secs => k.number_gap_s), caps.min_gap)
            AND {known_by_then("p.last_sent_at")}) AS last_dial_to_number_at,
    greatest(make_interval(secs => k.number_gap_s), caps.min_gap) AS number_gap, caps.min_gap,
    {_last(CONVERSATION, "last_human_at")}, {_last("e.abandoned", "last_abandoned_at")},
    caps.per_number_24h AS number_day_limit, caps.per_number_7d AS number_week_limit,
    caps.per_subject_24h AS subject_day_limit, caps.per_caller_id_24h AS caller_id_day_limit,
    caps.rest_after_human, caps.rest_after_abandoned,
    to_number.dials, to_number.sent_at, to_number.on_subject, to_number.pending, lifted.lifts
"""  # noqa: S608 built from constants
"""The columns that `caps`, `to_number`, the dials of the number, and `lifted` add to the facts of the gate."""


def ours_of(row: RowMapping, *, lifted: Collection[Reason] = ()) -> Limits:
    """Return the caps and rests of the installation and the campaign, without the holds that a person has lifted."""
    return Limits(*(None if reason in lifted else row[reason.value] for reason in _LIMITED))


class NumberDials:
    """The dials to one number, newest first, against the caps that count them."""

    def __init__(self, row: RowMapping) -> None:
        self._now: datetime = row["db_now"]
        self._sent_at: Sequence[datetime | None] = row["sent_at"] or ()
        self._on_subject: Sequence[bool] = row["on_subject"] or ()
        self._is_pending: bool = row["pending"]

    @property
    def last_at(self) -> datetime | None:
        """When the number was last dialed, for whatever contact, within 7 days."""
        return next((at for at in self._sent_at if at), None)

    def in_a_day(self, cap: int | None) -> Dials:
        """Return the dials of the last 24 h, and when the number is free of `cap`."""
        return self._counted(self._sent_at, CAP_WINDOW, cap)

    def in_a_week(self, cap: int | None) -> Dials:
        """Return the dials of the last 7 days, and when the number is free of `cap`."""
        return self._counted(self._sent_at, WEEK, cap)

    def on_subject(self, cap: int | None) -> Dials:
        """Return the dials of the last 24 h on the campaign's subject, and when the number is free of `cap`."""
        theirs = [at for at, is_on_it in zip(self._sent_at, self._on_subject, strict=True) if is_on_it]
        return self._counted(theirs, CAP_WINDOW, cap)

    def _counted(self, sent_at: Sequence[datetime | None], window: timedelta, cap: int | None) -> Dials:
        since = self._now - window
        within = [at for at in sent_at if at is None or at > since]
        if cap is None or len(within) < cap or self._is_pending:
            return Dials(len(within))
        oldest = within[cap - 1]
        return Dials(len(within), oldest + window if oldest else None)
