"""Ids as filters take them: a name, or the id of something else, would find nobody and say nothing."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"


def _id_of(kind: str, prefix: str) -> tuple[AfterValidator, Any]:
    form = re.compile(f"{prefix}_{_ULID}")

    def check(ident: str) -> str:
        if not form.fullmatch(ident):
            says = {"kind": kind, "prefix": prefix}
            raise PydanticCustomError("not_an_id", "write the id of a {kind}, such as {prefix}_01J…", says)
        return ident

    return AfterValidator(check), Field(json_schema_extra={"pattern": f"^{form.pattern}$"})


CampaignId = Annotated[str, *_id_of("campaign", "cmp")]
ContactId = Annotated[str, *_id_of("contact", "con")]
CallId = Annotated[str, *_id_of("call", "call")]
