"""Reads requests: bytes become models, and every wrong field is named at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import IO, Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from flask import Request, g, request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from api.http.problems import Malformed
from orchestrator.contact_files.byte_lines import WholeFile
from orchestrator.errors import FieldError, InvalidInput

Model = TypeVar("Model", bound=BaseModel)

_PIECE = 1 << 16
_DEEPEST = 64  # what a body says is five deep, a command's settings seven; beyond 254 it could not be written again
_EXACT = 2**53  # beyond, neighbors are the same to a float
_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}


def media_of_body() -> str:
    """Return the media type of what a view is given: that of the request, unless a form carries it."""
    return str(g.get("media_of_body") or request.mimetype)


def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Return the whole body; a larger one than `max_bytes` is refused with 413 before it is read."""
    request.max_content_length = max_bytes
    return request.get_data(cache=True)


def open_body(request: Request, *, max_bytes: int) -> WholeFile:
    """Return the body to be read piece by piece, and again from its start."""
    request.max_content_length = max_bytes
    return _WholeBody(request)


class _WholeBody:
    """A body that has come whole; going back to its start first reads on to its end, which proves that."""

    def __init__(self, request: Request) -> None:
        self._source: IO[bytes] = request.environ["wsgi.input"]
        self._start = self._source.tell()
        self._stream: IO[bytes] = request.stream
        self._is_proven = False

    def read(self, size: int, /) -> bytes:
        return self._stream.read(size)

    def seek(self, offset: int, /) -> int:
        while not self._is_proven and self._stream.read(_PIECE):
            pass
        self._is_proven, self._stream = True, self._source
        self._source.seek(self._start + offset)
        return offset


def parse_json(raw: bytes, model: type[Model]) -> Model:
    """Return the body as `model`; raises Malformed for what is no JSON and InvalidInput for wrong fields."""
    value = _loaded(raw)
    wrong = [FieldError(at, "nul", "U+0000 cannot be stored") for at in _nuls(value)] if b"\\u0000" in raw else []
    return _validated(lambda: _read_json(raw, value, model), value, wrong)


def _loaded(raw: bytes) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as err:
        if "depth" in err.msg:  # its own bound, far beyond ours
            raise _too_deep() from err
        raise Malformed("malformed_json", f"The body is not JSON in UTF-8: {err}.") from err
    if _is_deeper(value, _DEEPEST):
        raise _too_deep()
    json.loads(raw, object_pairs_hook=_named_once, parse_int=str, parse_float=str)
    return value


def _named_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raise Malformed where a name stands twice: all parsers take one value, and not the same."""
    named = dict(pairs)
    if len(named) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed("repeated_name", f"The body names {twice[:80]!r} twice in one object; which value is meant?")
    return named


def _is_deeper(value: Any, most: int) -> bool:
    """Say whether lists and objects stand in each other more than `most` deep, level by level."""
    level = [value] if isinstance(value, list | dict) else []
    for _ in range(most):
        inner = chain.from_iterable(each.values() if isinstance(each, dict) else each for each in level)
        level = [each for each in inner if isinstance(each, list | dict)]
    return bool(level)


def _too_deep() -> Malformed:
    return Malformed("too_deep", f"The body is nested more than {_DEEPEST} deep.")


def _read_json(raw: bytes, value: Any, model: type[Model]) -> Model:
    """Return the body as `model`; 3.0 is as whole a number as 3, where a field takes no text for one."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as err:
        fractions = [error for error in err.errors(include_url=False) if _is_whole(error)]
        if not fractions:
            raise
    for error in fractions:
        *_, (holder, part) = _steps(value, error["loc"])
        holder[part] = int(error["input"])
    return model.model_validate_json(orjson.dumps(value))


def _is_whole(error: ErrorDetails) -> bool:
    number = error["input"]
    return error["type"] == "int_type" and isinstance(number, float) and number.is_integer() and abs(number) < _EXACT


def parse_query(request: Request, model: type[Model]) -> Model:
    """Return the query string as `model`; a pointer here is `?name`."""
    sent = request.args.to_dict(flat=False)
    wrong = [FieldError(f"/{n}", "repeated", "give it once") for n, values in sent.items() if len(values) > 1]
    wrong += [FieldError(f"/{n}", "not_utf8", "write it in UTF-8, each byte as %XX") for n in _not_utf8(request)]
    return parse_fields({name: values[0] for name, values in sent.items()}, model, wrong)


def _not_utf8(request: Request) -> list[str]:
    """Return the names of what the query says in other bytes: it would be read as something else."""
    said = request.query_string.decode(errors="surrogateescape")
    pairs = parse_qsl(said, keep_blank_values=True, errors="surrogateescape")
    return [name.encode(errors="replace").decode() for name, value in pairs if _is_broken(name + value)]


def _is_broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def parse_fields(sent: Mapping[str, Any], model: type[Model], wrong: Sequence[FieldError] = ()) -> Model:
    """Return the fields of a query as `model`; a pointer here is `?name`. `wrong` is what was found before."""
    nuls = [FieldError(f"/{n}", "nul", "it holds U+0000") for n, said in sent.items() if "\0" in str(said)]
    try:
        return _validated(lambda: model.model_validate(sent), sent, [*wrong, *nuls])
    except InvalidInput as err:
        raise InvalidInput([_in_query(e) for e in err.errors], code=err.code) from err


def field_errors(error: ValidationError, value: Any) -> list[FieldError]:
    """Return pydantic's findings as field errors, with JSON pointers into `value`."""
    return [
        FieldError(_pointer(e, value), _CODES.get(e["type"], e["type"]), e["msg"])
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _validated(validate: Callable[[], Model], value: Any, wrong: Sequence[FieldError]) -> Model:
    try:
        parsed = validate()
    except ValidationError as err:
        raise InvalidInput([*wrong, *field_errors(err, value)]) from err
    if wrong:
        raise InvalidInput(wrong)
    return parsed


def _in_query(error: Mapping[str, str]) -> FieldError:
    return FieldError("?" + error["pointer"].lstrip("/"), error["code"], error["detail"])


def _pointer(error: ErrorDetails, value: Any) -> str:
    """Follow an error through `value`; a rule between fields is reported at the field that its error is named after."""
    steps = list(_steps(value, error["loc"]))
    parts = [part for _, part in steps]
    last = steps[-1][0][parts[-1]] if steps else value
    if error["type"] == "missing" or (error["type"] == "because" and parts[-1:] != ["because"]):
        parts.append(error["loc"][-1])
    elif _holds(last, error["type"]):
        parts.append(error["type"])
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _steps(value: Any, place: Sequence[int | str]) -> Iterator[tuple[Any, int | str]]:
    """Yield each step into `value` as (holder, part); names of union members stand in no document: they are none."""
    for part in place:
        if _holds(value, part):
            yield value, part
            value = value[part]


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


def _nuls(value: Any, at: str = "") -> Iterator[str]:
    match value:
        case str() if "\0" in value:
            yield at
        case list():
            for n, item in enumerate(value):
                yield from _nuls(item, f"{at}/{n}")
        case dict():
            for name, item in value.items():
                if "\0" in name:
                    yield at
                yield from _nuls(item, f"{at}/{name.replace('~', '~0').replace('/', '~1')}")
