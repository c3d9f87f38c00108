"""What `orchestrator serve` would only say in a traceback is said in words, before anything starts."""

from __future__ import annotations

import pytest

from orchestrator.cli.processes import serve
from orchestrator.errors import Misconfigured
from orchestrator.settings import load_settings


@pytest.mark.parametrize(
    ("keys", "said"), [("AAAA", "3 bytes, not 32"), ("D/tKqW9jpih98W6X9C+8RxFUwbw5LIGBA91a7qFouFw=,", "key 2 is empty")]
)
def test_a_public_key_that_is_none_ends_the_start(monkeypatch: pytest.MonkeyPatch, keys: str, said: str) -> None:
    monkeypatch.setenv("TELNYX_PUBLIC_KEY", keys)
    monkeypatch.setenv("TELNYX_BASE_URL", "http://simulator/v2")
    load_settings.cache_clear()

    with pytest.raises(Misconfigured, match=f"TELNYX_PUBLIC_KEY.*{said}"):
        serve(only="webhooks")

    load_settings.cache_clear()
