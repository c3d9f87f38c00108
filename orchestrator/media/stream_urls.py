"""Stream URLs at which the carrier reaches the media receiver of this installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from orchestrator.media.stream_token import stream_path
from orchestrator.model.own_streams import OWN_RECEIVER


@dataclass(frozen=True)
class StreamUrls:
    """The addresses of the media receiver that the carrier reaches at `media_url`; the secret makes their tokens."""

    media_url: str
    secret: SecretStr

    def url_of(self, call_id: str) -> str:
        """Return the address of one call's stream."""
        return self.media_url.rstrip("/") + stream_path(self.secret, call_id)


def targets_own_receiver(body: Mapping[str, Any]) -> bool:
    """Return whether a command's body streams to the receiver of this installation; its URL is filled in later."""
    return body.get("stream_url") == OWN_RECEIVER
