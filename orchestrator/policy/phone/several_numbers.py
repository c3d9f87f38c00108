"""Finds several numbers in one cell, so that two are not joined into a third one.

Where a country's numbers have many lengths (Germany's have 4 to 15 digits), 030 12345/12346 is as long as a number may
be. So a text is cut where a number is complete already and what follows is set apart from it. An area code is not
complete: 030/12345 is one number, and so is 030 12345-12, whose hyphen precedes an extension.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber

from orchestrator.policy.phone.digits import is_possible
from orchestrator.policy.phone.punctuation import LABELS

_BETWEEN = re.compile(
    r"[;,|&\n\r\\]+|:{2,}|//+"
    r"|\s(?:or|oder|o|ou|y|e|et|und|u|and|bzw|sonst)\.?\s"
    r"|(?<=\d)[^\d+]*(?=[(\[{\s]*\+)"
    rf"|(?<=\d)[\s(\[/-]+(?=(?:{'|'.join(sorted(LABELS, reverse=True))})\b)",
    re.IGNORECASE,
)
_GAP = re.compile(r"(?<=\d)\D+(?=\d)", re.ASCII)
_SETS_APART = re.compile(r"/|\s{2}|\s-+\s|[(\[{]", re.ASCII)
_ONLY_COUNTRY = re.compile(r"\D*(?:\+|00)\D*\d{1,3}\D*(?:0\D*)?", re.ASCII)
_ONE_AREA = re.compile(r"\D*(?:(?:\+|00)\d{1,3}\D+(?:0\D*)?|0\D*)\d{1,5}\D*", re.ASCII)
_GROUPS = re.compile(r"\d+", re.ASCII)
_NO_DIGIT = re.compile(r"\D", re.ASCII)
_IN_FULL = 7  # digits that a number with its area code has at least
_WIDEST_RANGE = 100
_COUNTRY_DIGITS = 14  # as many as say the country, and never too many to be read
_NORTH_AMERICA = 1
_TWO_FIT = {"HK": "852", "IT": "39", "LU": "352", "VA": "39", "WS": "685"}
"""Countries without a trunk prefix, where one number may be as long as two others."""
_CODES_WHERE_TWO_FIT = frozenset(map(int, _TWO_FIT.values()))
_PLUS_WHERE_TWO_FIT = tuple(f"+{code}" for code in _TWO_FIT.values())


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text that holds several numbers, and the mark that sets it apart from the part before it."""

    text: str
    mark: str = ""


def separate_parts(text: str) -> list[str]:
    """Return the parts of a text between separators and labels that never occur in a number, if two have digits."""
    parts = [part for part in _BETWEEN.split(text) if part.strip()]
    with_digits = [part for part in parts if _GROUPS.search(part)]
    return with_digits if len(with_digits) > 1 else [" ".join(parts)]


def cut_numbers(core: str, region: str | None) -> list[Piece]:
    """Return the numbers that `core`, bare of labels, holds: itself alone, or its pieces."""
    plan = _Plan.of(core, region) if _may_hold_two(core, region) else None
    if plan is None:
        return [Piece(core)]
    cuts = [gap for gap in _GAP.finditer(core) if plan.is_cut_at(gap)]
    starts, ends = [0, *(gap.end() for gap in cuts)], [*(gap.start() for gap in cuts), len(core)]
    marks = ["", *(gap[0].strip() for gap in cuts)]
    return [Piece(core[start:end], mark) for start, end, mark in zip(starts, ends, marks, strict=True)]


def readings(pieces: Sequence[Piece]) -> Iterator[str]:
    """Yield the digits of every number that the pieces may mean: a short one is completed from the one before it."""
    before = ""
    for piece in pieces:
        digits = digits_of(piece.text)
        if piece.mark.startswith("-") and len(digits) < len(before):
            yield before + digits
            yield from _range(before, before[: -len(digits)] + digits)
        elif piece.mark in ("(", "[", "{") and len(digits) < _IN_FULL:
            yield before + digits
        else:
            is_in_full = digits.startswith("+") or (digits.startswith("0") and len(digits) >= _IN_FULL)
            before = digits if is_in_full else before[: -len(digits)] + digits
            yield before


def digits_of(core: str) -> str:
    """Return the digits of a number, behind its `+` if it has one."""
    return ("+" if "+" in core else "") + _NO_DIGIT.sub("", core)


def region_of(core: str, region: str | None) -> str | None:
    """Return the region of the numbers in `core`, for a short one beside a number with its country code."""
    plan = _Plan.of(core, region)
    return plan.region if plan else region


def _may_hold_two(core: str, region: str | None) -> bool:
    """Return False for most numbers, quickly and without their plan; where it does, no gap is a cut."""
    groups = _GROUPS.findall(core)
    if len(groups) < 2:
        return False
    if _SETS_APART.search(core.lstrip(" ([{")) or _look_alike(groups[-2], groups[-1]):
        return True
    if sum(map(len, groups)) >= 2 * _IN_FULL:
        return True
    return region in _TWO_FIT or core.startswith(_PLUS_WHERE_TWO_FIT)


def _look_alike(one: str, other: str) -> bool:
    alike = max(3, len(one) - 2)
    return len(one) == len(other) >= 4 and one[:alike] == other[:alike]


def _range(first: str, last: str) -> Iterator[str]:
    shared = len(first) - len(first.lstrip("+0"))
    start, end = int(first[shared:]), int(last[shared:])
    for number in range(start + 1 if end - start <= _WIDEST_RANGE else end, end + 1):
        yield first[:shared] + str(number)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The numbering plan that a text is read by: where in `core` a number is complete, and where the next begins."""

    core: str
    region: str
    trunk: str | None  # None too in North America, where hardly anybody writes the 1
    code: int
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, core: str, region: str | None) -> _Plan | None:
        number = _parsed(digits_of(core)[:_COUNTRY_DIGITS], region)
        code = number.country_code if number else None
        home = phonenumbers.region_code_for_country_code(code) if code else None
        metadata = PhoneMetadata.metadata_for_region(home) if home else None
        if code is None or home is None or metadata is None or metadata.general_desc is None:
            return None
        trunk = metadata.national_prefix if code != _NORTH_AMERICA else None
        return cls(core, region or home, trunk, code, metadata.general_desc.possible_length)

    def is_cut_at(self, gap: re.Match[str]) -> bool:
        left, right = self.core[: gap.start()], self.core[gap.end() :]
        if _ONLY_COUNTRY.fullmatch(left) or not self._may_be_complete(left):
            return False
        if _SETS_APART.search(gap[0]) and not right.startswith("0)") and self._is_set_apart(left, right):
            return True
        return self._begins_again(left, right) or self._counts_on(left, right) or self._are_two(left, right)

    def _may_be_complete(self, left: str) -> bool:
        return len(_NO_DIGIT.sub("", left)) >= min(self.lengths)

    def _is_set_apart(self, left: str, right: str) -> bool:
        if self._has_trunk(right) and self._is_complete(right):
            return True
        return self._is_complete(left) and not self._is_area(left)

    def _begins_again(self, left: str, right: str) -> bool:
        """030 12345 030 12346: the second one has its own trunk prefix or country code, or both are written in one."""
        if min(len(_NO_DIGIT.sub("", side)) for side in (left, right)) < _IN_FULL or not self._is_complete(left):
            return False
        if min(len(_GROUPS.findall(left)[-1]), len(_GROUPS.findall(right)[0])) >= _IN_FULL:
            return True
        if _NO_DIGIT.sub("", right).startswith(str(self.code)) and self._is_complete("+" + right):
            return True
        is_full = self._has_trunk(right) if self.trunk else not self._is_complete(self.core)
        return is_full and self._is_complete(right)

    def _counts_on(self, left: str, right: str) -> bool:
        """030 12345 12346: the last group is the one before it but for its end."""
        last = _GROUPS.findall(right)
        return len(last) == 1 and _look_alike(_GROUPS.findall(left)[-1], last[0]) and self._is_complete(left)

    def _are_two(self, left: str, right: str) -> bool:
        """Without a prefix before area codes (Luxembourg), two adjacent numbers are two valid ones."""
        if self.code not in _CODES_WHERE_TWO_FIT:
            return False
        return self._is_valid(left) and self._is_valid(right) and not self._is_valid(self.core)

    def _has_trunk(self, right: str) -> bool:
        return self.trunk is not None and _NO_DIGIT.sub("", right).startswith(self.trunk)

    def _is_area(self, left: str) -> bool:
        whole, start = _parsed(digits_of(self.core), self.region), _parsed(digits_of(left), self.region)
        known = phonenumbers.length_of_national_destination_code(whole) if whole else 0
        if known and start:
            return known == len(phonenumbers.national_significant_number(start))
        return _ONE_AREA.fullmatch(left) is not None

    def _is_complete(self, text: str) -> bool:
        number = _parsed(digits_of(text), self.region)
        return number is not None and is_possible(number)

    def _is_valid(self, text: str) -> bool:
        number = _parsed(digits_of(text), self.region)
        return number is not None and phonenumbers.is_valid_number(number)


def _parsed(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except NumberParseException:
        return None
