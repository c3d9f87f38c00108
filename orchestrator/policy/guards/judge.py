"""Says of a campaign's counts what each guard makes of them: pure, the same for the same counts.

Each guard counts what it needs and no more: `abandon` the people of 30 days, as the law does, whatever was resumed in
between; the others what has happened since the campaign was started or resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Final

from orchestrator.policy.guards.budget import Spend
from orchestrator.policy.guards.rules import Guard, GuardsInForce

ABANDON_DAYS: Final = 30
FEWEST_PEOPLE: Final = 100
"""On fewer people the shares of `abandon` and `opt_outs` say nothing."""
SILENCE_OVER: Final = 200
OPT_OUTS_OVER: Final = 1_000
FAILURES_WITHIN_S: Final = 120
FEWEST_FAILURES_OVER: Final = 20
BLOCK: Final = 100
"""The dials whose answers are compared with those of the blocks before."""
FEWEST_BLOCKS: Final = 3


class State(StrEnum):
    """What a guard makes of a campaign."""

    OFF = "off"
    OK = "ok"
    WARN = "warn"
    PAUSE = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardCounts:
    """What has happened in a campaign; each pair is how many of how many.

    `answers` are the answered dials of each block of 100, the newest first; `is_newest_since` says that the dials of
    the newest block were all made since the campaign was started or resumed. `next_call` is the estimate of one call;
    what is `reserved` for calls that are not over is no part of what is `spent`.
    """

    abandoned: tuple[int, int] = (0, 0)
    silent: tuple[int, int] = (0, 0)
    failed: tuple[int, int] = (0, 0)
    opted_out: tuple[int, int] = (0, 0)
    answers: Sequence[int] = ()
    is_newest_since: bool = True
    spent_today: Fraction = Fraction(0)
    spent: Fraction = Fraction(0)
    reserved: Fraction = Fraction(0)
    next_call: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one guard says: `share` is what it measured, `limit` where it pauses, `detail` the figures in words."""

    guard: Guard
    state: State
    share: float | None
    limit: float | None
    detail: str


def judge(guards: GuardsInForce, spend: Spend | None, counts: GuardCounts) -> list[Reading]:
    """Return what every guard says, in the order of their names in `Guard`."""
    readings = [read(guards, counts) for read in _JUDGES.values()]
    return [*readings, *([judge_spend(spend, counts)] if spend else [])]


def judge_lasting(guards: GuardsInForce, spend: Spend | None, counts: GuardCounts) -> list[Reading]:
    """Return what those guards say whose counts a resume does not end."""
    return [judge_abandon(guards, counts), *([judge_spend(spend, counts)] if spend else [])]


def judge_abandon(guards: GuardsInForce, counts: GuardCounts) -> Reading:
    """Pause before the next abandoned call could exceed the share; on fewer than 100 people, that of 100."""
    rule, (abandoned, people) = guards.abandon, counts.abandoned
    detail = f"{_of(abandoned, people)} people who answered within {ABANDON_DAYS} days were abandoned"
    if rule.pause is None:
        return _off(Guard.ABANDON, detail)
    if abandoned + 1 > _exact(rule.pause) * max(people + 1, FEWEST_PEOPLE):
        state, detail = State.PAUSE, f"{detail}: the next one could exceed {_percent(rule.pause)}"
    elif rule.warn is not None and abandoned > _exact(rule.warn) * max(people, FEWEST_PEOPLE):
        state, detail = State.WARN, f"{detail}: more than {_percent(rule.warn)}"
    else:
        state = State.OK
    return Reading(Guard.ABANDON, state, _share(abandoned, people), rule.pause, f"{detail}.")


def judge_silence(guards: GuardsInForce, counts: GuardCounts) -> Reading:
    """Pause when more people than the share of 200 heard nothing; of fewer people, the same number."""
    limit, (silent, people) = guards.silence.pause, counts.silent
    detail = f"{_of(silent, people)} people who answered last heard nothing within 3 s"
    if limit is None:
        return _off(Guard.SILENCE, detail)
    is_over = silent > _exact(limit) * SILENCE_OVER
    return _judged(Guard.SILENCE, is_over, _share(silent, people), limit, detail)


def judge_failures(guards: GuardsInForce, counts: GuardCounts) -> Reading:
    """Pause when the share of 20 dials or more made just now failed, was rejected or found no such number."""
    limit, (failed, dialed) = guards.failures.pause, counts.failed
    detail = f"{_of(failed, dialed)} dials within {FAILURES_WITHIN_S} s were failed, not_found or rejected"
    if limit is None:
        return _off(Guard.FAILURES, detail)
    is_over = dialed >= FEWEST_FAILURES_OVER and failed >= _exact(limit) * dialed
    return _judged(Guard.FAILURES, is_over, _share(failed, dialed), limit, detail)


def judge_no_answers(guards: GuardsInForce, counts: GuardCounts) -> Reading:
    """Pause when the newest 100 dials were answered far less often than the campaign's own median."""
    limit, (newest, *before) = guards.no_answers.pause, counts.answers or (0,)
    if len(before) < FEWEST_BLOCKS or not counts.is_newest_since:
        detail = "Not enough dials yet to compare their answers"
        return (
            _off(Guard.NO_ANSWERS, detail)
            if limit is None
            else Reading(Guard.NO_ANSWERS, State.OK, None, limit, f"{detail}.")
        )
    usual = median(before)
    detail = f"{newest} of the last {BLOCK} dials were answered, where {usual:g} is the campaign's median"
    if limit is None:
        return _off(Guard.NO_ANSWERS, detail)
    is_over = newest < _exact(limit) * Fraction(usual)
    if is_over:
        detail += "; networks may label the caller id as spam"
    return _judged(Guard.NO_ANSWERS, is_over, newest / usual if usual else None, limit, detail)


def judge_opt_outs(guards: GuardsInForce, counts: GuardCounts) -> Reading:
    """Pause when more than the share of 100 people or more opted out in the call."""
    limit, (opted_out, people) = guards.opt_outs.pause, counts.opted_out
    detail = f"{_of(opted_out, people)} people who answered last opted out in the call"
    if limit is None:
        return _off(Guard.OPT_OUTS, detail)
    is_over = people >= FEWEST_PEOPLE and opted_out > _exact(limit) * people
    return _judged(Guard.OPT_OUTS, is_over, _share(opted_out, people), limit, detail)


def judge_spend(spend: Spend, counts: GuardCounts) -> Reading:
    """Pause when the estimate of one more call does not fit beside what calls that are over have cost.

    What is reserved for the others keeps claims back and pauses nothing: it may be given back.
    """
    budgets = ((spend.per_day, counts.spent_today, "today (UTC)"), (spend.total, counts.spent, "in all"))
    known = [(Fraction(limit), spent, when) for limit, spent, when in budgets if limit is not None]
    over = [each for each in known if each[1] + counts.next_call > each[0]]
    limit, spent, when = max(over or known, key=lambda each: each[1] / each[0])
    detail = f"{_money(spent)} of {_money(limit)} {spend.currency} are spent {when}"
    if counts.reserved:
        detail += f", and {_money(counts.reserved)} are reserved for calls that are not over"
    if over:
        detail += f": another call, estimated at {_money(counts.next_call)}, does not fit"
    return _judged(Guard.SPEND, bool(over), round(float(spent / limit), 4), 1.0, detail)


_JUDGES: Final[Mapping[Guard, Callable[[GuardsInForce, GuardCounts], Reading]]] = {
    Guard.ABANDON: judge_abandon,
    Guard.SILENCE: judge_silence,
    Guard.FAILURES: judge_failures,
    Guard.NO_ANSWERS: judge_no_answers,
    Guard.OPT_OUTS: judge_opt_outs,
}


def _judged(guard: Guard, is_over: bool, share: float | None, limit: float, detail: str) -> Reading:
    return Reading(guard, State.PAUSE if is_over else State.OK, share, limit, f"{detail}.")


def _off(guard: Guard, detail: str) -> Reading:
    return Reading(guard, State.OFF, None, None, f"{detail}.")


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _exact(share: float) -> Fraction:
    """Return a share as it was written: 0.03 is three of a hundred, and no rounding of it."""
    return Fraction(str(share))


def _of(part: int, whole: int) -> str:
    percent = f" ({part / whole * 100:.1f} %)" if whole else ""
    return f"{part:,} of {whole:,}{percent}"


def _percent(share: float) -> str:
    return f"{float(_exact(share) * 100):g} %"


def _money(amount: Fraction) -> str:
    written = f"{float(amount):.6f}".rstrip("0")
    whole, _, cents = written.partition(".")
    return f"{whole}.{cents.ljust(2, '0')}"
