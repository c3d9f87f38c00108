"""The words for streams to the media receiver of this installation."""

from __future__ import annotations

from typing import Final

STREAM_PLAY: Final = "stream_play"
STREAM_CLEAR: Final = "stream_clear"
OWN_RECEIVER: Final = "wss://ours.invalid/"
"""Stands for our own media receiver until a command is sent: its URL differs from call to call."""
