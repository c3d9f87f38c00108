"""What is raised for bytes that are not what they claim to be."""

from __future__ import annotations

from orchestrator.errors import OrchestratorError


class MalformedMedia(OrchestratorError):
    """Raised when a packet or frame cannot be read; it is counted and dropped, and nothing else changes.

    `fault` is one word, fit for a counter: truncated, version, length, padding, rtcp, json, shape, payload.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"malformed media: {fault}")
        self.fault = fault
