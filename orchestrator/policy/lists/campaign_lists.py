"""Which lists hold for a campaign: those that suppress, registries, answers, and one whose numbers alone are dialed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from orchestrator.policy.lists.list_fields import GLOBAL, Words
from orchestrator.policy.names import all_seen

AUTO: Final = "auto"
OFF: Final = "off"
_MOST = 100

_Reference = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"\S"), AfterValidator(all_seen)
]


def _word_or_names(given: object) -> str:
    return "word" if isinstance(given, str) else "names"


_Names = Annotated[tuple[_Reference, ...], Field(min_length=1, max_length=_MOST), Tag("names")]
_WORD_OR_NAMES: Final = Discriminator(_word_or_names)  # so that what is wrong with a name is told of the name alone


def _with_global(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((GLOBAL, *names)))


class CampaignLists(BaseModel):
    """The lists of a campaign, by name; a request may name them by id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    suppress: Annotated[
        tuple[_Reference, ...],
        Field(
            max_length=_MOST,
            description="Lists whose numbers are not dialed. `global`, the suppressions of everybody, always holds.",
        ),
    ] = (GLOBAL,)
    registry: Annotated[
        Annotated[Literal["auto", "off"], Tag("word")] | _Names,
        _WORD_OR_NAMES,
        Field(
            description="`auto`: every registry that covers the number's region and the campaign's purpose. A list of "
            "names: these alone. `off`: none, which needs `because`."
        ),
    ] = AUTO
    allow: Annotated[
        _Reference | None, Field(description="A list of kind allow: only its numbers are dialed. Null: no such list.")
    ] = None
    reassigned: Annotated[
        Annotated[Literal["auto"], Tag("word")] | _Names,
        _WORD_OR_NAMES,
        Field(
            description="Lists of kind reassigned. `auto`: whose number went to somebody else since the consent is not "
            "dialed. Names: besides, one of these must have a current `no` for the number; without it is held."
        ),
    ] = AUTO
    because: Annotated[
        Words | None,
        Field(validate_default=True, description="Why no registry is asked; with `registry: off` alone."),
    ] = None

    @field_validator("because")
    @classmethod
    def _says_why_no_registry_is_asked(cls, because: str | None, info: ValidationInfo) -> str | None:
        if "registry" in info.data and (info.data["registry"] == OFF) is not (because is not None):
            raise PydanticCustomError("because", "`registry: off` needs `because`, and nothing else has it")
        return because

    @property
    def must_clear(self) -> tuple[str, ...]:
        """The lists of kind reassigned of which one must say that a number is still the person's; none: nobody asks."""
        return () if isinstance(self.reassigned, str) else self.reassigned

    @property
    def references(self) -> dict[str, str]:
        """The lists that are named, by the JSON pointer of the name."""
        named = {f"/suppress/{n}": name for n, name in enumerate(self.suppress) if name != GLOBAL}
        for field in ("registry", "reassigned"):
            if not isinstance(names := getattr(self, field), str):
                named |= {f"/{field}/{n}": name for n, name in enumerate(names)}
        return named | ({"/allow": self.allow} if self.allow else {})

    def named_by(self, names: dict[str, str]) -> CampaignLists:
        """Return these lists with each reference replaced by the name it stands for."""
        changes: dict[str, Any] = {"suppress": _with_global(tuple(names.get(ref, ref) for ref in self.suppress))}
        for field in ("registry", "reassigned"):
            if not isinstance(references := getattr(self, field), str):
                changes[field] = tuple(dict.fromkeys(names.get(ref, ref) for ref in references))
        if self.allow:
            changes["allow"] = names.get(self.allow, self.allow)
        return self.model_copy(update=changes)


DEFAULT_LISTS: Final = CampaignLists()
"""What holds for a campaign that says nothing."""
