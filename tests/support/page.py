"""A page of `docs/`: its boxes, and the commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_DOCS = Path(__file__).parents[2] / "docs"
_BOX = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^orchestrator (.+?)$", re.MULTILINE)
_NOT_PROSE = re.compile(r"^```.*?^```$|`[^`\n]*`|\]\([^)]*\)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """The text of a page."""

    text: str

    @classmethod
    def of(cls, name: str) -> Page:
        """Return the page of this name."""
        return cls((_DOCS / name).read_text())

    def blocks(self, language: str) -> list[str]:
        """Return what stands in the boxes of a language."""
        return [text for kind, text in _BOX.findall(self.text) if kind == language]

    @property
    def commands(self) -> list[str]:
        """Return the lines that call `orchestrator`, without that word."""
        return [line for text in self.blocks("sh") for line in _COMMAND.findall(text)]

    @property
    def prose(self) -> str:
        """Return what is read as text: without boxes, code and addresses of links."""
        return _NOT_PROSE.sub(" ", self.text)
