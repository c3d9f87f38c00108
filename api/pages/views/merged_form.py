"""What was changed in a form, put upon what somebody else has made of it since the form was opened."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import orjson
from flask import request

from api.pages import words
from api.pages.views.campaign_fields import Values
from orchestrator.errors import ChangedMeanwhile

_MEANWHILE = (
    "Somebody has changed this {what} since you opened the form, and nothing is saved yet. What you wrote stands "
    "below, beside what the other has made of it meanwhile. Look at it and save it once more."
)
MEANWHILE = _MEANWHILE.format(what="campaign")
_MEAN_SOMETHING_TOGETHER = ("calling_hours.", "retry.")


class MergedForm(NamedTuple):
    """A form that was sent: `values` are those of now, but for the fields `mine`, which were changed in the form.

    `opened` holds the values that the form was opened with, `contested` what is said of the fields that somebody else
    has changed too.
    """

    values: Values
    mine: frozenset[str]
    opened: Values
    contested: dict[str, str]

    def refuse_contested(self, etag: str) -> None:
        """Raise ChangedMeanwhile, which names what there is now, where somebody else has changed the same."""
        if self.contested:
            raise ChangedMeanwhile(etag)


def merge(now: Values, sent: Values, *, replaced: Collection[str] = ()) -> MergedForm:
    """Return the form that was sent over values which are like this now; fields without `opened` were as they are.

    `replaced` names fields whose place something else in the form takes, though they were sent as they had been.
    """
    opened = now | opened_with()
    mine = frozenset(name for name in sent if sent[name] not in (opened[name], now[name])) | frozenset(replaced)
    shared = tuple(part for part in _MEAN_SOMETHING_TOGETHER if any(name.startswith(part) for name in mine))
    theirs = [name for name in now if now[name] != opened[name] and (name in mine or name.startswith(shared))]
    contested = {name: f"Somebody else has written here: {_brief(name, now[name])}" for name in theirs}
    return MergedForm(now | {name: sent[name] for name in mine}, mine, opened, contested)


def meanwhile(what: str) -> str:
    """Return what stands above a form after somebody else has changed `what` it edits."""
    return _MEANWHILE.format(what=what)


def told(values: Values) -> str:
    """Return the hidden field `opened` of a form that is opened with these values."""
    return orjson.dumps(values).decode()


def opened_with() -> Values:
    """Return the values that the form was opened with; nothing where it does not say."""
    try:
        said = orjson.loads(request.form.get("opened", ""))
        orjson.dumps(said)  # it is told again, and what can be read may be too deep to be written
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return {}
    return said if isinstance(said, dict) else {}


def _brief(name: str, value: Any) -> str:
    if name == "calling_hours.windows":
        return words.windows(value)
    return "nothing" if value in (None, "") else str(value)
