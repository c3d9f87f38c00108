"""Where and how a leg's webhooks are delivered, instead of what the application says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from orchestrator.telnyx.commands.base import Part, Problem, unset_means
from orchestrator.telnyx.commands.values import MAX_RETRY_MS_TOTAL, Count, HttpMethod, HttpUrl


class WebhookRetries(Part):
    """Delays before each redelivery of one webhook type, in ms: at most five, 60 s in all."""

    retries_ms: Annotated[tuple[Count, ...], Field(max_length=5)] | None = None

    def problems(self) -> Iterator[Problem]:
        """Yield a sum of delays above the carrier's limit."""
        if sum(self.retries_ms or ()) > MAX_RETRY_MS_TOTAL:
            yield Problem("retries_ms", f"must sum to at most {MAX_RETRY_MS_TOTAL} ms")


class Reported(Part):
    """`webhook_url` counts for the rest of the leg; the maps are per webhook type.

    A type has one address by the public schema of 2026-07-16, several by the official SDK; both are taken.
    """

    webhook_retries_policies: Mapping[str, WebhookRetries] | None = None
    webhook_url: HttpUrl | None = None
    webhook_url_method: HttpMethod | None = unset_means("POST")
    webhook_urls: Mapping[str, HttpUrl | Annotated[tuple[HttpUrl, ...], Field(min_length=1)]] | None = None
    webhook_urls_method: HttpMethod | None = unset_means("POST")
