"""A new installation, before its Redis was made whole for the first time."""

from __future__ import annotations

from tests.support.world import World


def test_nobody_is_dialed_and_nothing_fails_before_redis_was_made_whole_for_the_first_time(world: World) -> None:
    world.contact(world.campaign())
    world.execute("DELETE FROM installation")

    before = world.dispatcher.dispatch_calls()
    assert world.rebuilder.watch()
    after = world.dispatcher.dispatch_calls()

    assert (before, len(after)) == ([], 1)
