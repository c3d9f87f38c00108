"""What a campaign says about the law: whether it is enforced, and which packs bind it beside those of the place."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticCustomError

from orchestrator.policy.because import Because, because_needed
from orchestrator.policy.law.law_mode import LawMode
from orchestrator.policy.law.packs import all_packs

_AS_STORED = "as stored"  # packs may be named that this release does not have
AUTO: Final = "auto"


def _read_packs(value: Any, info: ValidationInfo) -> Any:
    if value == AUTO:
        return AUTO
    names = value if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value) else None
    if names is None:
        raise PydanticCustomError("packs", 'write "auto", or a list of packs such as ["us", "us-fl"]')
    unknown = [name for name in names if name not in all_packs()]
    if unknown and info.context is not _AS_STORED:
        about = {"names": ", ".join(unknown), "known": ", ".join(all_packs())}
        raise PydanticCustomError("unknown_pack", "there is no pack {names}; there are {known}", about)
    return tuple(dict.fromkeys(names))


_PACKS_SCHEMA = {
    "anyOf": [{"const": AUTO}, {"type": "array", "items": {"type": "string"}, "maxItems": 100}],
    "description": "`auto`: those of the place where the person is. A list: these bind every contact too.",
}


class LawSetting(BaseModel):
    """How the law of the place where the person is binds a campaign; `warn` and `off` need `because`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: LawMode = Field(
        LawMode.ENFORCE,
        description="`warn`: calls are made, and explain says what the law says. `off`: it is not asked.",
    )
    packs: Annotated[Literal["auto"] | tuple[str, ...], BeforeValidator(_read_packs), WithJsonSchema(_PACKS_SCHEMA)] = (
        "auto"
    )
    because: Because | None = Field(None, validate_default=True, description="Why the law does not bind it.")

    @field_validator("because")
    @classmethod
    def _is_said(cls, because: str | None, info: ValidationInfo) -> str | None:
        mode = info.data.get("mode", LawMode.ENFORCE)
        if because is None and mode is not LawMode.ENFORCE:
            raise because_needed(f"law.mode {mode}")
        return because

    @property
    def more_packs(self) -> tuple[str, ...]:
        """The packs that bind it beside those of the place."""
        return () if self.packs == AUTO else self.packs


def stored_setting(document: Any) -> LawSetting:
    """Return what this or an older version stored; nothing stored is the law enforced."""
    return LawSetting.model_validate(document or {}, context=_AS_STORED)


@lru_cache(maxsize=1024)
def setting_of(stored: str | None) -> LawSetting:
    """Return the setting from its stored JSON text."""
    return stored_setting(json.loads(stored) if stored else None)
