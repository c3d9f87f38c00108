"""Right and wrong values of a field, read off the type that our model gives it."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import Discriminator, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from orchestrator.telnyx.commands.base import Part
from tests.unit.telnyx.text_forms import Why, form_of

_UUID = "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"
# A setting that names no engine is of the one named beside it: left out, it is not missing.
_MAY_BE_MEANT = "transcription_engine"


@dataclass(frozen=True)
class Wrong:
    """A whole value, and where in it what is wrong."""

    value: Any
    why: Why
    at: tuple[str | int, ...] = ()

    def inside(self, value: Any, *at: str | int) -> Wrong:
        """Return it as a piece of a larger value."""
        return replace(self, value=value, at=(*at, *self.at))


def field_type(field: FieldInfo) -> Any:
    """Return the type of a model's field with all that narrows it."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def smallest(part: type[Part], *, named: bool = False) -> dict[str, Any]:
    """Return the least that a part needs; `named` adds the engine it is of."""
    return {
        field.alias or name: next(right(field_type(field)))
        for name, field in part.model_fields.items()
        if field.is_required() or (named and name == _MAY_BE_MEANT)
    }


def right(kind: Any, *, named: bool = False) -> Iterator[Any]:
    """Yield each choice and each limit of a type, the plainest value first."""
    bare, notes = _unwrapped(kind)
    origin, inner = get_origin(bare), get_args(bare)
    if origin is Literal:
        yield from inner
    elif origin in {Union, types.UnionType}:
        for member in _members(bare):
            yield from right(member, named=_is_told_apart(notes))
    elif origin is tuple:
        yield from _right_lists(inner[0], notes)
    elif origin is not None and issubclass(origin, Mapping):
        yield {}
        yield from ({"call.hangup": value} for value in right(inner[1]))
    elif isinstance(bare, type) and issubclass(bare, Part):
        yield from _right_parts(bare, named=named)
    else:
        yield from _right_scalars(bare, notes)


def wrong(kind: Any, *, named: bool = False) -> Iterator[Wrong]:
    """Yield a value of another type, one beyond each limit, one outside each choice, and so on inside."""
    bare, notes = _unwrapped(kind)
    origin, inner = get_origin(bare), get_args(bare)
    if origin is Literal:
        yield from (Wrong(value, Why.ENUM) for value in ("neither", "", 7, ["x"]))
    elif origin in {Union, types.UnionType}:
        yield from _wrong_unions(_members(bare), told_apart=_is_told_apart(notes))
    elif origin is tuple:
        yield from _wrong_lists(inner[0], notes)
    elif origin is not None and issubclass(origin, Mapping):
        yield from (Wrong(value, Why.TYPE) for value in ("x", 7, ["x"]))
        yield from (one.inside({"call.hangup": one.value}, "call.hangup") for one in wrong(inner[1]))
    elif isinstance(bare, type) and issubclass(bare, Part):
        yield from _wrong_parts(bare, named=named)
    else:
        yield from _wrong_scalars(bare, notes)


def _unwrapped(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(kind) is Annotated:
        kind, *outer = get_args(kind)
        bare, notes = _unwrapped(kind)
        return bare, (*notes, *_flat(outer))
    members = _members(kind)
    return _unwrapped(members[0]) if len(members) == 1 else (kind, ())


def _flat(notes: Iterable[Any]) -> Iterator[Any]:
    for note in notes:
        yield from note.metadata if isinstance(note, FieldInfo) else (note,)


def _members(kind: Any) -> list[Any]:
    is_union = get_origin(kind) in {Union, types.UnionType}
    return [member for member in get_args(kind) if member is not type(None)] if is_union else []


def _is_told_apart(notes: tuple[Any, ...]) -> bool:
    return any(isinstance(note, Discriminator) for note in notes)


def _limit(notes: tuple[Any, ...], name: str) -> Any:
    return next((found for note in notes if (found := getattr(note, name, None)) is not None), None)


def _right_scalars(kind: Any, notes: tuple[Any, ...]) -> Iterator[Any]:
    if kind is bool:
        yield from (True, False)
    elif kind is UUID:
        yield _UUID
    elif kind is str:
        yield from _right_texts(notes)
    elif kind in {int, float}:
        yield from _right_numbers(kind, notes)
    else:
        yield "anything"  # what is passed on as it is


def _right_texts(notes: tuple[Any, ...]) -> Iterator[str]:
    form, most = form_of(notes), _limit(notes, "max_length")
    examples = form.right if form else ("x",)
    yield from examples
    if most is not None:
        yield examples[0] + (examples[0][-1:] or "x") * (most - len(examples[0]))


def _right_numbers(kind: type, notes: tuple[Any, ...]) -> Iterator[Any]:
    least, most, above = (_limit(notes, name) for name in ("ge", "le", "gt"))
    low = kind(least if least is not None else above + 0.01 if above is not None else -3)
    yield low
    yield kind(most if most is not None else low + 7)


def _right_lists(item: Any, notes: tuple[Any, ...]) -> Iterator[list[Any]]:
    for value in right(item):
        yield [value]
    if not _limit(notes, "min_length"):
        yield []
    if most := _limit(notes, "max_length"):
        yield [next(right(item))] * most


def _right_parts(part: type[Part], *, named: bool) -> Iterator[dict[str, Any]]:
    least = smallest(part, named=named)
    yield least
    for name, field in part.model_fields.items():
        yield from ({**least, field.alias or name: value} for value in right(field_type(field)))


def _wrong_scalars(kind: Any, notes: tuple[Any, ...]) -> Iterator[Wrong]:
    if kind is bool:
        yield from (Wrong(value, Why.TYPE) for value in ("maybe", 7, []))
    elif kind is UUID:
        yield from (Wrong(value, Why.FORM) for value in ("seven", "", 7))
    elif kind is str:
        yield from _wrong_texts(notes)
    elif kind in {int, float}:
        yield from _wrong_numbers(kind, notes)


def _wrong_texts(notes: tuple[Any, ...]) -> Iterator[Wrong]:
    yield from (Wrong(value, Why.TYPE) for value in (7, True, ["x"], {}))
    form = form_of(notes)
    if form:
        yield from (Wrong(value, form.why) for value in form.wrong)
    elif _limit(notes, "min_length"):
        yield Wrong("", Why.LIMIT)
    if most := _limit(notes, "max_length"):
        start = form.right[0] if form else "x"
        yield Wrong(start + (start[-1:] or "x") * (most + 1 - len(start)), Why.LIMIT)


def _wrong_numbers(kind: type, notes: tuple[Any, ...]) -> Iterator[Wrong]:
    yield from (Wrong(value, Why.TYPE) for value in ("many", [], {}))
    step = 1 if kind is int else 0.01
    if kind is int:
        yield Wrong(1.5, Why.TYPE)
    least, most, above = (_limit(notes, name) for name in ("ge", "le", "gt"))
    if least is not None:
        yield Wrong(least - step, Why.LIMIT)
    if above is not None:
        yield Wrong(above, Why.LIMIT)
    if most is not None:
        yield Wrong(most + step, Why.LIMIT)


def _wrong_lists(item: Any, notes: tuple[Any, ...]) -> Iterator[Wrong]:
    yield from (Wrong(value, Why.TYPE) for value in ("x", 7, {}))
    yield from (one.inside([one.value], 0) for one in wrong(item))
    if _limit(notes, "min_length"):
        yield Wrong([], Why.MISSING)
    if most := _limit(notes, "max_length"):
        yield Wrong([next(right(item))] * (most + 1), Why.LIMIT)


def _wrong_parts(part: type[Part], *, named: bool) -> Iterator[Wrong]:
    yield from (Wrong(value, Why.TYPE) for value in ("x", 7, ["x"]))
    least = smallest(part, named=named)
    for name, field in part.model_fields.items():
        wire = field.alias or name
        if field.is_required() and name != _MAY_BE_MEANT:
            yield Wrong({other: value for other, value in least.items() if other != wire}, Why.MISSING, (wire,))
        yield from (one.inside({**least, wire: one.value}, wire) for one in wrong(field_type(field)))


def _wrong_unions(members: list[Any], *, told_apart: bool) -> Iterator[Wrong]:
    for member in members:
        for one in wrong(member, named=told_apart):
            if told_apart or not any(_takes(other, one.value) for other in members if other is not member):
                yield one


def _takes(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True
