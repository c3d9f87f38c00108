"""Reads the packs: one file a jurisdiction, each rule checked; a file with a mistake is refused with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestrator.errors import InvalidPack
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.rule import Rule, RuleRow

HOUSE: Final = "house"
"""The pack whose rules of a kind count where no other pack has one of that kind."""

_RULE = re.compile(r"\[\[\s*rule\s*\]\]")


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(min_length=1)]
    regions: tuple[str, ...]
    rule: Annotated[list[Any], Field(min_length=1)]


class Pack(NamedTuple):
    """The rules of a jurisdiction: they bind calls to people in `regions`, such as US and US-FL (ISO 3166)."""

    name: str
    title: str
    regions: tuple[str, ...]
    rules: tuple[Rule, ...]


@cache
def all_packs() -> Mapping[str, Pack]:
    """Return every pack of this release by its name, such as us-fl."""
    folder = files("orchestrator.policy").joinpath("packs")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    packs = (read_pack(file.name, file.read_text("utf-8")) for file in found)
    return MappingProxyType({pack.name: pack for pack in packs})


def packs_of(region: str) -> tuple[str, ...]:
    """Return the names of the packs that bind calls to people in a region."""
    return _by_region().get(region, ())


@cache
def _by_region() -> Mapping[str, tuple[str, ...]]:
    packs = all_packs().values()
    regions = {region for pack in packs for region in pack.regions}
    return {region: tuple(pack.name for pack in packs if region in pack.regions) for region in regions}


def read_pack(file_name: str, text: str) -> Pack:
    """Return the pack of a file; raise InvalidPack, which names file and line, for a mistake in it."""
    name = file_name.removesuffix(".toml")
    try:
        head = _Head.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as err:
        raise InvalidPack(f"{file_name}: {err}") from err
    except ValidationError as err:
        raise InvalidPack(f"{file_name}:1: {_told(err)}") from err
    lines = [number for number, line in enumerate(text.splitlines(), 1) if _RULE.match(line.strip())]
    rules = tuple(_rules(name, file_name, zip(lines, head.rule, strict=True)))
    return Pack(name, head.title, head.regions, rules)


def _rules(pack: str, file_name: str, rows: Iterator[tuple[int, Any]]) -> Iterator[Rule]:
    for line, written in rows:
        try:
            yield Rule(pack, RuleRow.model_validate(written))
        except ValidationError as err:
            raise InvalidPack(f"{file_name}:{line}: {_told(err)}") from err


def _told(err: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in err.errors())


def house_rules(kinds_with_rules: set[Kind]) -> tuple[Rule, ...]:
    """Return the house's rules of all other kinds."""
    return tuple(rule for rule in all_packs()[HOUSE].rules if rule.row.kind not in kinds_with_rules)
