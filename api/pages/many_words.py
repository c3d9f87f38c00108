"""What may be done to many people at once, in words: what it does, whom it leaves alone, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from api.pages.words import people


class BulkAction(NamedTuple):
    """What may be done to many: its name, what it does, whom it leaves alone, and the words of its last button."""

    name: str
    does: str
    spares: str
    button: str
    is_final: bool = False


_DONE = "Whoever is done stays as it is"
BULK_ACTIONS: Mapping[str, BulkAction] = {
    "redial": BulkAction(
        "Call them again",
        "Whoever is done waits again, with the history, and is called at most as often as said here. A campaign that "
        "is completed runs again for them.",
        "Nobody is called again whose number is blocked, whose time is over, whom a call is under way to, or of whom "
        "nobody knows whether the last call reached somebody.",
        "Call them again",
    ),
    "set_not_before": BulkAction(
        "Call them no earlier than a time",
        "None of them is called before it.",
        f"{_DONE}, and whoever has that very time.",
        "Set the time",
    ),
    "set_priority": BulkAction(
        "Set their priority",
        "Whoever has a higher priority is called first, within each campaign; usual is 0.",
        f"{_DONE}, and whoever has this very priority.",
        "Set the priority",
    ),
    "cancel": BulkAction(
        "Take them off the list",
        "Their campaign calls them no more, and its results say canceled. A call under way goes on to its end; other "
        "campaigns may still call.",
        f"{_DONE}.",
        "Take them off the list",
        is_final=True,
    ),
    "suppress": BulkAction(
        "Block their numbers",
        "The numbers are blocked for good, until somebody lifts each of them. Whoever waits with such a number is "
        "called no more, a phone that rings is hung up, and a call that was answered goes on.",
        "Whoever has a number that is blocked so already stays as it is.",
        "Block the numbers",
        is_final=True,
    ),
}
"""What the page offers, in this order, by REST's name of the action."""

_KINDS = {
    **{kind: action.name for kind, action in BULK_ACTIONS.items()},
    "release_restored": "Let the restored be called",
}
_CAME_OF_IT = {
    "redial": "They wait to be called again: {people}.",
    "set_priority": "They have the priority now: {people}.",
    "cancel": "Taken off the list: {people}.",
    "suppress": "Blocked, with their numbers: {people}.",
}


def name_of(kind: str) -> str:
    """Return what a change of many contacts does, as a heading."""
    return _KINDS.get(kind, "Copy contacts")


def came_of(asked: Mapping[str, Any], changed: int) -> str:
    """Return what a change that is over came to."""
    if not changed:
        return "Nobody was changed: everybody who fits is so already, or is left alone."
    postponed = "They are called no earlier" if asked.get("not_before") else "No time holds them back any more"
    return _CAME_OF_IT.get(asked["action"], postponed + ": {people}.").format(people=people(changed))
