"""What a check found: good, bad or doubtful with its remedy, or not to be seen yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended: bad keeps calls from being made or from being heard of, doubtful does not."""

    GOOD = "good"
    BAD = "bad"
    DOUBTFUL = "doubtful"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, how it is, and what to do about it."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def good(subject: str, detail: str) -> Finding:
    """Return that all is well."""
    return Finding(subject, Verdict.GOOD, detail)


def bad(subject: str, detail: str, remedy: str) -> Finding:
    """Return what is wrong, and how to mend it."""
    return Finding(subject, Verdict.BAD, detail, remedy)


def doubtful(subject: str, detail: str, remedy: str) -> Finding:
    """Return what is as it should not be although calls are made, and how to mend it."""
    return Finding(subject, Verdict.DOUBTFUL, detail, remedy)


def unseen(subject: str, detail: str, remedy: str) -> Finding:
    """Return that this could not be looked at, and what must come first."""
    return Finding(subject, Verdict.UNSEEN, detail, remedy)
