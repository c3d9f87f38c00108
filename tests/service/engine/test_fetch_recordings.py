"""A recording's file is on disk, whole and once, or its row says why it never will be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.clock import boot_seconds
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.operations.recordings.retry_schedule import MOST_TRIES, pause_after
from orchestrator.recordings.archive import Archive
from orchestrator.recordings.bucket import Bucket
from orchestrator.store.sql.recordings import renew_lease
from tests.support.poll import eventually
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply
from tests.support.recordings_shelf import Shelf
from tests.support.s3_stub import s3_stub
from tests.support.sounds import mp3
from tests.support.world import World

SOUND = mp3(8)


@pytest.fixture
def shelf(world: World, tmp_path: Path) -> Shelf:
    return Shelf(world, tmp_path / "recordings")


def recorded_call(world: World, url: str, *, ago_s: float = 0.0) -> str:
    """Return a call that has ended and of which a recording was told."""
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    links = {"mp3": url}
    world.hear(call_id, "call.recording.saved", ago_s=ago_s, recording_id="r-1", format="mp3", recording_urls=links)
    world.hang_up(call_id)
    return call_id


@contextmanager
def saying(said: bytes) -> Iterator[RawServer]:
    with raw_server(lambda _server: lambda connection, _request: connection.sendall(said)) as server:
        yield server


def test_a_recording_is_fetched_with_its_checksum(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, f"{server.url}/1.mp3")
        fetched = shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (fetched, row.state, row.tries, row.error) == (1, "fetched", 1, None)
    assert (row.size_bytes, row.sha256) == (len(SOUND), sha256(SOUND).hexdigest())
    assert [path.read_bytes() for path in shelf.files()] == [SOUND]
    assert b"".join(shelf.archive.read(row.place)) == SOUND


def test_what_is_fetched_is_not_fetched_again(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url)
        counts = [shelf.fetcher().fetch_recordings() for _ in range(2)]

    assert (counts, len(server.requests)) == ([1, 0], 1)


def test_two_fetchers_never_fetch_one_recording_at_once(world: World, shelf: Shelf) -> None:
    with held() as (server, let_go):
        recorded_call(world, server.url)
        first = threading.Thread(target=shelf.fetcher().fetch_recordings)
        first.start()
        eventually(lambda: server.requests)
        second = shelf.fetcher().fetch_recordings()
        let_go.set()
        first.join()

    assert (second, len(server.requests), shelf.row().state) == (0, 1, "fetched")


@contextmanager
def held() -> Iterator[tuple[RawServer, threading.Event]]:
    """Yield a server that answers when it is told to."""
    let_go = threading.Event()

    def act(connection: socket.socket, _request: Request) -> None:
        let_go.wait(10)
        connection.sendall(reply(200, SOUND))

    with raw_server(lambda _server: act) as server:
        yield server, let_go


def test_a_server_that_fails_is_asked_again_after_a_pause(world: World, shelf: Shelf) -> None:
    with saying(reply(503, b"")) as server:
        recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (row.state, row.tries, row.error["code"], row.is_put_off) == ("pending", 1, "status_503", True)
    assert shelf.files() == []


def test_a_recording_that_failed_at_first_is_fetched_in_the_end(world: World, shelf: Shelf) -> None:
    answers = iter([reply(503, b""), reply(200, SOUND)])
    with raw_server(lambda _server: lambda connection, _request: connection.sendall(next(answers))) as server:
        recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()
        world.execute("UPDATE recordings SET due_at = now()")
        shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (row.state, row.tries, row.error) == ("fetched", 2, None)


def test_links_that_expired_are_told_as_such(world: World, shelf: Shelf) -> None:
    with saying(reply(403, b"<Code>AccessDenied</Code>")) as server:
        recorded_call(world, server.url, ago_s=601)
        shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (row.state, row.error["code"], row.due_at) == ("failed", "link_expired", None)
    assert "status_403" in row.error["detail"]


def test_a_clock_of_the_carriers_that_is_ahead_does_not_keep_a_dead_link_alive(world: World, shelf: Shelf) -> None:
    with saying(reply(403, b"")) as server:
        recorded_call(world, server.url, ago_s=-86_400)
        world.execute("UPDATE recordings SET tries = :tries", tries=MOST_TRIES - 1)
        shelf.fetcher().fetch_recordings()

    assert (shelf.row().state, shelf.row().error["code"]) == ("failed", "link_expired")


def test_a_recording_told_late_is_tried_once_all_the_same(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url, ago_s=700)
        shelf.fetcher().fetch_recordings()

    assert shelf.row().state == "fetched"


def test_no_link_leads_our_requests_into_the_operators_network(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url)
        shelf.fetcher(trusted=()).fetch_recordings()

    row = shelf.row()
    assert (row.state, row.error["code"], server.connections) == ("failed", "address_refused", 0)


def test_a_recording_that_is_too_large_is_not_kept(world: World, shelf: Shelf) -> None:
    with saying(reply(200, bytes(1_000_001))) as server:
        recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()

    assert (shelf.row().error["code"], shelf.files()) == ("too_large", [])


def test_what_a_dead_process_held_is_taken_up_and_its_half_file_removed(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url)
        ident = shelf.row().id
        world.execute("UPDATE recordings SET lease = 'dead', due_at = now() - interval '1 s', tries = 1")
        half = shelf.archive.draft(ident, "dead")
        half.parent.mkdir(parents=True)
        half.write_bytes(SOUND[:100])
        shelf.fetcher().fetch_recordings()

    assert (shelf.row().state, shelf.row().tries) == ("fetched", 2)
    assert [path.read_bytes() for path in shelf.files()] == [SOUND]


def test_what_was_never_tried_is_fetched_before_what_failed_before(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        for name in ("failed", "new"):
            recorded_call(world, f"{server.url}/{name}.mp3")
        world.execute(
            "UPDATE recordings SET tries = 3, due_at = now() - interval '9 s' WHERE urls ->> 'mp3' LIKE '%failed%'"
        )
        shelf.fetcher().fetch_recordings()

    assert [request.line.split("/")[2].split()[0] for request in server.requests] == ["new.mp3", "failed.mp3"]


def test_an_upload_that_outlasts_its_lease_is_done_once(world: World, shelf: Shelf) -> None:
    with s3_stub() as store, saying(reply(200, SOUND)) as server:
        bucket = Bucket("calls", url=store.url, region="r", key_id="k", secret=SecretStr("s"))
        shelf.archive = Archive(shelf.folder, bucket=bucket)
        store.let_go = threading.Event()
        recorded_call(world, server.url)
        beats: list[float] = []
        fetcher = shelf.fetcher(lease_s=1.0, show_alive=lambda: beats.append(boot_seconds()))
        slow = threading.Thread(target=fetcher.fetch_recordings)
        slow.start()
        eventually(lambda: store.uploads)
        first_end = world.query("SELECT due_at FROM recordings")[0].due_at
        eventually(lambda: world.query("SELECT 1 FROM recordings WHERE now() > :end", end=first_end))

        others = shelf.fetcher().fetch_recordings()
        eventually(lambda: len(beats) > 2)
        store.let_go.set()
        slow.join()

    assert (others, store.uploads, len(server.requests)) == (0, 1, 1)
    assert (shelf.row().state, shelf.row().tries) == ("fetched", 1)


def test_a_lease_that_somebody_else_has_taken_is_not_taken_back(world: World, shelf: Shelf) -> None:
    recorded_call(world, "http://127.0.0.1:1/")
    world.execute("UPDATE recordings SET lease = 'other', due_at = now() + interval '9 s'")
    before = shelf.row()

    with world.sql.begin() as tx:
        is_ours = renew_lease(tx, before.id, "mine", lease_s=900)

    assert (is_ours, shelf.row().due_at) == (False, before.due_at)


def test_a_lease_that_lasts_keeps_others_away(world: World, shelf: Shelf) -> None:
    recorded_call(world, "http://127.0.0.1:1/")
    world.execute("UPDATE recordings SET lease = 'alive', due_at = now() + interval '9 s'")

    assert shelf.fetcher().fetch_recordings() == 0


def test_a_fetcher_that_woke_too_late_changes_nothing(world: World, shelf: Shelf) -> None:
    with held() as (server, let_go):
        recorded_call(world, server.url)
        late = threading.Thread(target=shelf.fetcher().fetch_recordings)
        late.start()
        eventually(lambda: server.requests)
        world.execute("UPDATE recordings SET lease = 'other'")
        let_go.set()
        late.join()

    assert (shelf.row().state, shelf.row().lease) == ("pending", "other")


def test_a_stop_gives_the_recording_back_at_once(world: World, shelf: Shelf) -> None:
    fetcher = shelf.fetcher()
    with raw_server(lambda _server: interrupted(fetcher.interrupt)) as server:
        recorded_call(world, server.url)
        fetcher.fetch_recordings()

    row = shelf.row()
    assert (row.state, row.tries, row.lease, row.is_put_off) == ("pending", 0, None, False)
    assert shelf.files() == []


def interrupted(interrupt: Callable[[], None]) -> Behaviour:
    def act(connection: socket.socket, _request: Request) -> None:
        interrupt()
        connection.sendall(reply(200, SOUND))

    return act


def test_a_folder_that_takes_no_file_is_tried_again(world: World, shelf: Shelf) -> None:
    shelf.folder.write_text("a file where the folder should be")
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (row.state, row.error["code"], row.is_put_off) == ("pending", "not_stored", True)


@pytest.mark.parametrize(("ago_s", "state"), [(0, "pending"), (400, "fetched")])
def test_a_bucket_that_is_away_is_waited_for_no_longer_than_half_the_links_life(
    world: World, shelf: Shelf, free_port: int, ago_s: float, state: str
) -> None:
    away = Bucket("calls", url=f"http://127.0.0.1:{free_port}", region="r", key_id="k", secret=SecretStr("s"))
    shelf.archive = Archive(shelf.folder, bucket=away)
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url, ago_s=ago_s)
        shelf.fetcher().fetch_recordings()

    assert (shelf.row().state, [path.read_bytes() for path in shelf.files()]) == (state, [SOUND] * (ago_s > 0))


def test_a_recording_that_breaks_its_fetcher_is_put_off_like_any_other(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        recorded_call(world, server.url)
        world.execute("UPDATE recordings SET urls = '[7]'")
        shelf.fetcher().fetch_recordings()

    row = shelf.row()
    assert (row.state, row.error["code"], row.is_put_off) == ("pending", "broken", True)


def test_the_pauses_grow_and_end_within_the_links_life() -> None:
    at, pauses = 0.0, []
    for tries in range(1, 100):
        if at >= 600:
            break
        pauses.append(pause_after(tries, age_s=at))
        at += pauses[-1]

    assert pauses[:6] == [2, 4, 8, 16, 32, 60]
    assert len(pauses) < 25 and at < 610


def test_erasing_a_contact_removes_the_files_of_its_recordings(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        call_id = recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()

    world.run(erase_contact, world.contact_of(call_id)["id"])

    assert (shelf.files(), world.query("SELECT * FROM recordings")) == ([], [])


def test_what_is_erased_while_it_is_fetched_leaves_no_file(world: World, shelf: Shelf) -> None:
    with held() as (server, let_go):
        call_id = recorded_call(world, server.url)
        fetching = threading.Thread(target=shelf.fetcher().fetch_recordings)
        fetching.start()
        eventually(lambda: server.requests)
        world.run(erase_contact, world.contact_of(call_id)["id"])
        let_go.set()
        fetching.join()

    assert shelf.files() == []
    world.execute("UPDATE recordings SET due_at = now()")
    shelf.fetcher().fetch_recordings()
    assert world.query("SELECT * FROM recordings") == []


def test_files_that_could_not_be_removed_at_once_are_removed_later(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        call_id = recorded_call(world, server.url)
        shelf.fetcher().fetch_recordings()
    world.services.__dict__["recordings"] = Archive(shelf.files()[0] / "no folder")

    world.run(erase_contact, world.contact_of(call_id)["id"])
    shelf.fetcher().fetch_recordings()

    assert (shelf.files(), world.query("SELECT * FROM recordings")) == ([], [])


def test_a_recording_told_after_the_erasing_is_not_kept(world: World, shelf: Shelf) -> None:
    call_id = recorded_call(world, "http://127.0.0.1:1/")
    world.run(erase_contact, world.contact_of(call_id)["id"])

    world.hear(call_id, "call.recording.saved", recording_id="r-2", recording_urls={"mp3": "http://127.0.0.1:1/"})
    world.advance()
    world.settle()

    assert world.query("SELECT * FROM recordings") == []
