"""Recordings that were told before they had rows of their own are still told, with links that are dead by now."""

from __future__ import annotations

import json
from importlib import import_module

from api.http.path_ids import has_form
from tests.support.world import World

_MIGRATION = import_module("orchestrator.store.sql.migrations.versions.0002_recordings")


def test_a_recording_of_an_older_version_becomes_a_row_that_failed(world: World) -> None:
    call_id = world.dialed_call()
    told = {"event_id": "e-1", "leg": "B", "recording_id": "r-1", "recording_urls": {"mp3": "https://x.test/1.mp3"}}
    bare = {"event_id": "e-2", "leg": "A", "recording_started_at": "2026-03-02T15:04:09.640000Z"}
    odd = {"event_id": "e-3", "recording_urls": {"mp3": None}, "public_recording_urls": None, "recording_ended_at": ""}
    kept = json.dumps([told, told, bare, odd])
    world.execute("UPDATE calls SET recordings = CAST(:kept AS jsonb) WHERE id = :id", kept=kept, id=call_id)

    world.execute(_MIGRATION._TOLD_BEFORE)

    first, second, third = sorted(world.find_call(call_id).recordings, key=lambda row: row.event_id)
    assert (first.leg, first.recording_id, first.urls) == ("B", "r-1", {"mp3": "https://x.test/1.mp3"})
    assert (second.told_as, second.started_at.year) == ("e-2", 2026)
    assert (third.leg, third.urls, third.public_urls, third.ended_at) == ("A", {}, {}, None)
    assert {first.state, second.state, third.state} == {"failed"} and first.error["code"] == "link_expired"
    assert has_form("recording_id", first.id) and has_form("recording_id", second.id)
