"""What a person sees of a running stack, in a narrow terminal too."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from orchestrator.local_stack.banner import print_banner
from orchestrator.local_stack.options import StackOptions
from orchestrator.local_stack.stack import Addresses

KEY = "A3RcLGpN5kblphYPp3B6Y0scxUyYd4t6"
PAGE = "http://127.0.0.1:8000/sign-in/link/w2c9bW1kZk8tQ3F1WmpYcXVhRzVtY2FqdGJ0ZmZxZ2xY?next=%2F"
ADDRESSES = Addresses(
    api="http://127.0.0.1:8000",
    webhooks="http://127.0.0.1:8001",
    carrier="http://127.0.0.1:8002/v2",
    flower="http://127.0.0.1:8003",
)


def screen(*, width: int, terminal: bool) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, no_color=True, color_system=None)
    secrets = {"api_key": SecretStr(KEY), "flower_password": SecretStr("uH3QLZSFY-Mhbgp2UPgbAR_TySFJt_bI")}
    print_banner(console, StackOptions(data=Path("data/demo")), ADDRESSES, page=PAGE, **secrets)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_the_line_to_try_is_copied_whole_from_a_window_of_eighty_columns(terminal: bool) -> None:
    shown = screen(width=80, terminal=terminal)

    assert f"curl -H 'Authorization: Bearer {KEY}' http://127.0.0.1:8000/v1/flows\n" in shown
    assert f"  {PAGE}\n" in shown


def test_no_address_and_no_key_is_cut_in_two() -> None:
    shown = screen(width=60, terminal=True)

    whole = [KEY, "uH3QLZSFY-Mhbgp2UPgbAR_TySFJt_bI", "http://127.0.0.1:8001/webhooks/telnyx", "http://127.0.0.1:8003"]
    assert [text for text in whole if text not in shown] == []
