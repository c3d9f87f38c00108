"""The web page over real stores."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.policy.roles import Role
from orchestrator.services import Services
from tests.service.api.conftest import rest, services, settings  # noqa: F401 the same installation
from tests.support.rest import Rest
from tests.support.visitor import Visitor

SignIn = Callable[[Role | None], Visitor]


@pytest.fixture
def sign_in(rest: Rest, services: Services) -> SignIn:  # noqa: F811
    return lambda role: Visitor(rest.app, services, role)


@pytest.fixture
def admin(sign_in: SignIn) -> Visitor:
    return sign_in(Role.ADMIN)
