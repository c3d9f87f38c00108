"""What other programs call their settings decides nothing here."""

from __future__ import annotations

import pytest

from orchestrator.settings import Settings

_OURS = ("ORCHESTRATOR_", "TELNYX_", "AWS_", "FLOWER_")


@pytest.mark.parametrize("field", [name for name in Settings.model_fields if not name.upper().startswith(_OURS)])
def test_a_variable_named_like_a_field_of_ours_is_not_read(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    usual = getattr(Settings(), field)

    monkeypatch.setenv(field.upper(), "7")

    assert getattr(Settings(), field) == usual


def test_our_own_code_names_the_fields_all_the_same() -> None:
    assert Settings(database_url="postgresql://here/calls").database_url == "postgresql://here/calls"
