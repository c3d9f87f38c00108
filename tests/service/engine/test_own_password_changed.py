"""One's own password is changed and the session behind it opened, or neither: whatever breaks between them."""

from __future__ import annotations

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.access.manage_users import create_user
from orchestrator.operations.access.own_password import change_own_password
from orchestrator.operations.access.sign_in import sign_in
from orchestrator.policy.roles import Role
from tests.service.api.conftest import quick_hashes  # noqa: F401
from tests.support.stepwise import Process
from tests.support.watched_stores import Fault
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("quick_hashes")

OLD, NEW = "correct horse battery", "staple of the other horse"
USER = "usr_1"


@pytest.fixture
def user(world: World) -> str:
    create_user(user_id=USER, name="Ada", login="ada", role=Role.VIEWER, password=OLD, by="a test", sql=world.sql)
    assert sign_in("ada", OLD, now=utc_now(), sql=world.sql) is not None
    return USER


def change(world: World) -> object:
    return change_own_password(USER, present=OLD, wanted=NEW, now=utc_now(), sql=world.sql)


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(("fault", "password"), [(Fault.DEATH, OLD), (Fault.DEATH_BEHIND, NEW)])
def test_a_password_is_changed_with_its_session_though_the_process_dies(
    world: World, process: Process, fault: Fault, password: str
) -> None:
    [[before]] = world.query("SELECT digest FROM sign_in_sessions")

    process.dies(fault, "commit sign_in_sessions", change)

    [[digest]] = world.query("SELECT digest FROM sign_in_sessions")
    assert (digest == before) is (password == OLD)
    assert sign_in("ada", password, now=utc_now(), sql=world.sql) is not None
    done = world.query("SELECT count(*) FROM audit_events WHERE action = 'change of one''s own password'")
    assert done == [(int(password == NEW),)]
