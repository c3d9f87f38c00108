"""Addresses that name nothing: a 404, whatever bytes they are made of."""

from __future__ import annotations

import re

import pytest

from api.app import ROUTES
from tests.support.served import Served

ADDRESSES = sorted(
    {re.sub(r"\{\w+\}", "{}", route.path) for route in ROUTES if "{" in route.path and route.method == "GET"}
)


@pytest.mark.parametrize("odd", ["%00", "a%00b", "%ff%fe", "..%2f..", "%zz", "%0d%0aX:y"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_odd_name_names_nothing(api: Served, address: str, odd: str) -> None:
    assert api.get(address.replace("{}", odd)).status_code in (404, 422)
