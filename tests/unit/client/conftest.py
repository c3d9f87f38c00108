"""Both clients."""

from __future__ import annotations

import pytest

from tests.support.either_client import Either


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest) -> Either:
    return Either(is_async=request.param == "async")
