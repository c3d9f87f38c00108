"""Findings of a check: good, bad or doubtful with a remedy, or unknown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The result of a check: bad prevents calls or their webhooks, doubtful does not."""

    GOOD = "good"
    BAD = "bad"
    DOUBTFUL = "doubtful"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class Finding:
    """One finding: its subject, verdict, detail and remedy."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str = ""


def good(subject: str, detail: str) -> Finding:
    """Return a finding without a problem."""
    return Finding(subject, Verdict.GOOD, detail)


def bad(subject: str, detail: str, remedy: str) -> Finding:
    """Return a problem with its remedy."""
    return Finding(subject, Verdict.BAD, detail, remedy)


def doubtful(subject: str, detail: str, remedy: str) -> Finding:
    """Return a problem that does not prevent calls, with its remedy."""
    return Finding(subject, Verdict.DOUBTFUL, detail, remedy)


def unseen(subject: str, detail: str, remedy: str) -> Finding:
    """Return a finding that could not be checked, and what is needed first."""
    return Finding(subject, Verdict.UNSEEN, detail, remedy)
