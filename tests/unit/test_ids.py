"""Ids that are derived from what they name."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.ids import stable_uuid

_NAMESPACE = UUID("5f1f4c5e-6f0b-5b57-9d0e-6f3f1c2a7d10")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(), max_size=4))
def test_a_derived_id_is_the_uuid_of_version_5_of_its_parts(parts: list[str | int]) -> None:
    assert stable_uuid(*parts) == str(uuid5(_NAMESPACE, "/".join(map(str, parts))))
