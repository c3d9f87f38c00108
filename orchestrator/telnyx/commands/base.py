"""Base classes of the commands: frozen models with path, expected webhooks and final webhook."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, PydanticKnownError

from orchestrator.telnyx.commands.values import Base64Text, CommandId


def unset_means(value: Any) -> Any:
    """Return an optional field with the carrier's default for the schema; the default is not sent."""
    return Field(default=None, json_schema_extra={"default": value})


class Problem(NamedTuple):
    """One violated condition between fields, reported at the field that the caller would change."""

    field: str
    detail: str


class Part(BaseModel):
    """A frozen part of a command; unknown fields and nulls are refused, each problem names its field.

    JSON input is checked for strict types; a flow is not, because its templates turn every value into text.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,  # its validator is made at the first use: most processes use few of the commands, or none
    )

    nullable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.nullable:
            raise PydanticCustomError("null", "null is no value here; leave the field out")
        if info.mode == "json" and info.field_name:
            _refuse_other_kind(_kinds(cls.model_fields[info.field_name].annotation), value)
        return value

    @model_validator(mode="after")
    def _check_conditions(self) -> Self:
        if problems := tuple(self.problems()):
            raise _validation_error(type(self), problems)
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Remove null from fields that refuse it, and show the carrier's defaults."""
        schema = handler(core_schema)
        nullable = {cls.model_fields[name].alias or name for name in cls.nullable}
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name in properties.keys() - nullable:
            _without_null(properties[name])
        return schema

    def problems(self) -> Iterator[Problem]:
        """Yield the broken conditions between fields; each single field has been checked before."""
        yield from ()


class Command(Part):
    """One call control command: its fields are the JSON body, its class attributes describe it.

    `action` names it, `method` and `path` say where it goes, `expects` which webhooks it can cause. `ended_by` is the
    webhook that ends what it started, `stopped_by` the action that cuts it short; both are None for what is over once
    accepted. `carries_command_id` is whether the carrier ignores a repeat (protocol facts §4: 60 s).
    """

    action: ClassVar[str]
    method: ClassVar[str] = "POST"
    path: ClassVar[str]
    expects: ClassVar[frozenset[str]] = frozenset()
    ended_by: ClassVar[str | None] = None
    stopped_by: ClassVar[str | None] = None
    carries_command_id: ClassVar[bool] = False

    client_state: Base64Text | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Derive what follows from the action and the fields."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.carries_command_id = "command_id" in cls.model_fields
        if "action" in vars(cls) and "path" not in vars(cls):
            cls.path = f"/calls/{{call_control_id}}/actions/{cls.action}"

    def body(self) -> dict[str, Any]:
        """Return the JSON-ready fields that were set, under the carrier's names."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class RepeatableCommand(Command):
    """A command with a `command_id`: the carrier ignores a second one with the same id for 60 s."""

    command_id: CommandId | None = None


def exclusive(command: Part, *names: str) -> Iterator[Problem]:
    """Yield a problem for every field of `names` after the first that is set."""
    given = [name for name in names if getattr(command, name) is not None]
    for name in given[1:]:
        yield Problem(name, f"cannot be combined with {given[0]}")


def one_of(command: Part, *names: str) -> Iterator[Problem]:
    """Yield a problem unless exactly one of `names` is set."""
    if all(getattr(command, name) is None for name in names):
        yield Problem(names[0], f"one of {', '.join(names)} is needed")
    yield from exclusive(command, *names)


def _kinds(annotation: Any) -> frozenset[type]:
    """Return the scalar types that a field accepts; empty if it accepts other types too."""
    if get_origin(annotation) is Literal:
        return frozenset(type(value) for value in get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        parts = [_kinds(part) for part in get_args(annotation) if part is not NoneType]
        return frozenset[type]().union(*parts) if all(parts) else frozenset()
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    return frozenset({annotation} & {bool, int, float, str})


def _refuse_other_kind(kinds: frozenset[type], value: Any) -> None:
    if kinds == {bool} and not isinstance(value, bool):
        raise PydanticKnownError("bool_type")
    is_text_for_a_number = isinstance(value, str) and bool(kinds) and kinds <= {int, float}
    is_yes_for_a_number = isinstance(value, bool) and bool not in kinds and bool(kinds & {int, float})
    if is_text_for_a_number or is_yes_for_a_number:
        raise PydanticKnownError("float_type" if float in kinds else "int_type")


def _without_null(shape: dict[str, Any]) -> None:
    if shape.get("default", ...) is None:
        del shape["default"]
    kinds = [kind for kind in shape.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) > 1:
        shape["anyOf"] = kinds
    elif kinds:
        del shape["anyOf"]
        shape |= kinds[0]


def _validation_error(model: type[Part], problems: tuple[Problem, ...]) -> ValidationError:
    details = [
        InitErrorDetails(
            type=PydanticCustomError("condition", "{detail}", {"detail": problem.detail}),
            loc=(problem.field,),
            input=None,
        )
        for problem in problems
    ]
    return ValidationError.from_exception_data(model.__name__, details)
