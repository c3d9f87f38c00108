"""A webhook endpoint as a document: where events go, which, and the secret that signs them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool
from pydantic_core import PydanticCustomError

from orchestrator.model.told_event import ToldEvent
from orchestrator.model.webhook_secret import WRITTEN_AS, is_secret

MOST_ENDPOINTS: Final = 50


def _checked_secret(secret: SecretStr) -> SecretStr:
    if not is_secret(secret.get_secret_value()):
        raise PydanticCustomError("webhook_secret", WRITTEN_AS)
    return secret


Url = Annotated[
    str, Field(min_length=1, max_length=2_000, description="https; it may be http where its host is trusted.")
]
Wanted = Annotated[
    tuple[ToldEvent, ...],
    Field(max_length=len(ToldEvent), description="The types it receives; none: all, those of later versions too."),
]
Secret = Annotated[
    SecretStr, AfterValidator(_checked_secret), Field(description="`whsec_…`; left out, one is made and shown once.")
]


class NewWebhookEndpoint(BaseModel):
    """An endpoint to be created."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Url
    events: Wanted = ()
    secret: Secret | None = None


class WebhookEndpointChanges(BaseModel):
    """Changes to an endpoint; a field that is left out stays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Url | None = None
    events: Wanted | None = None
    secret: Secret | None = Field(None, description="Another one; the one before signs too, for a day.")
    enabled: StrictBool | None = Field(
        None,
        description="False: it receives nothing, and what happens meanwhile is not kept for it. True: it does again.",
    )


class NewSecret(BaseModel):
    """The secret to rotate to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Secret | None = None
