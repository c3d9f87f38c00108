"""Parses a document into a pydantic model, and lists every wrong field."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.errors import FieldError, InvalidInput

_CODES = {"missing": "required", "extra_forbidden": "unknown_field"}

Model = TypeVar("Model", bound=BaseModel)


def parse_model(model: type[Model], document: Any, *, at: str = "") -> Model:
    """Return `document` as `model`; raise InvalidInput listing every wrong field by its JSON pointer under `at`."""
    try:
        return model.model_validate(document)
    except ValidationError as err:
        raise InvalidInput(field_errors(err, at=at)) from err


def field_errors(err: ValidationError, *, at: str = "") -> list[FieldError]:
    """Return the errors of pydantic as FieldError: pointer, code and what was expected."""
    return [
        FieldError(at + _pointer(error), _CODES.get(error["type"], error["type"]), error["msg"])
        for error in err.errors(include_url=False, include_context=False, include_input=False)
    ]


def _pointer(error: ErrorDetails) -> str:
    steps = [str(step) for step in error["loc"] if step != "[key]"]
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
