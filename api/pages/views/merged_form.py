"""What was changed in a form, put upon what somebody else has made of it since the form was opened."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from flask import request

from api.pages import words

Values = dict[str, Any]

MEANWHILE = (
    "Somebody has changed this campaign since you opened the form, and nothing is saved yet. What you wrote stands "
    "below, beside what the other has made of it meanwhile. Look at it and save it once more."
)


class MergedForm(NamedTuple):
    """A form that was sent: `values` are those of now, but for the fields `mine`, which were changed in the form.

    `opened` holds the values that the form was opened with, `contested` what is said of the fields that somebody else
    has changed too.
    """

    values: Values
    mine: frozenset[str]
    opened: Values
    contested: dict[str, str]


def merge(now: Values, sent: Values) -> MergedForm:
    """Return the form that was sent over values which are like this now; fields without `opened` were as they are."""
    opened = now | _opened()
    mine = frozenset(name for name in sent if sent[name] not in (opened[name], now[name]))
    both = [name for name in sent if name in mine and now[name] != opened[name]]
    contested = {name: f"Somebody else has written here: {_brief(name, now[name])}" for name in both}
    return MergedForm(now | {name: sent[name] for name in mine}, mine, opened, contested)


def told(values: Values) -> str:
    """Return the hidden field `opened` of a form that is opened with these values."""
    return orjson.dumps(values).decode()


def _opened() -> Values:
    """Return the values that the form was opened with; nothing where it does not say."""
    try:
        said = orjson.loads(request.form.get("opened", ""))
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _brief(name: str, value: Any) -> str:
    if name == "calling_hours.windows":
        return words.windows(value)
    return "nothing" if value in (None, "") else str(value)
