"""Finds what is named on the command line: by its id, or by its exact name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import typer

from orchestrator.cli.api_access import api_client
from orchestrator.errors import Conflict, NotFound

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_SHOWN = 10


@dataclass(frozen=True)
class Kind:
    """Something that has a name: its noun, how its ids begin, its operations, and what lists it."""

    noun: str
    prefix: str
    group: str
    listed_by: str


CAMPAIGN = Kind("campaign", "cmp_", "campaigns", "orchestrator campaign list")
LIST = Kind("list", "lst_", "lists", "orchestrator list show")
POOL = Kind("pool", "pool_", "caller_id_pools", "orchestrator pool list")


def id_of(api: ApiClient, kind: Kind, word: str) -> str:
    """Return the id that `word` is or names; raise NotFound, or Conflict where several have the name."""
    if word.startswith(kind.prefix):
        return word
    found = list(islice(getattr(api, kind.group).list(name=word, limit=_SHOWN + 1), _SHOWN + 1))
    if not found:
        raise NotFound(kind.noun, f"{word}: `{kind.listed_by}` shows those that are there")
    if len(found) > 1:
        those = [f"{each['id']}{_more(each)}" for each in found[:_SHOWN]] + ["…"] * (len(found) > _SHOWN)
        raise Conflict("ambiguous_name", "\n  ".join([f"several have the name {word}, say which by its id:", *those]))
    return str(found[0]["id"])


def named_campaign(ctx: typer.Context, word: str) -> tuple[ApiClient, str]:
    """Return the client of the command, and the id of the campaign that `word` is or names."""
    api = api_client(ctx)
    return api, id_of(api, CAMPAIGN, word)


def _more(each: dict[str, object]) -> str:
    return "".join(f" {each[field]}" for field in ("status", "created_at") if each.get(field))
