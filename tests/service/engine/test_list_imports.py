"""Files of lists: an import is whole or nothing, whatever dies, and however large it is."""

from __future__ import annotations

import io
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from orchestrator.errors import ChangedMeanwhile, Conflict, NotFound
from orchestrator.operations.lists import import_content as importing
from orchestrator.operations.lists.change_entries import delete_entry
from orchestrator.operations.lists.import_content import ListFile, import_content
from orchestrator.operations.lists.manage_lists import delete_list, find_list
from orchestrator.operations.lists.sweep_lists import sweep_lists
from orchestrator.store.sql.sweeping_work import Work
from tests.support.lists import OTHER, PHONE, add, holds, load, load_file, make, work
from tests.support.refused_rows import end_who_writes, take_rows
from tests.support.world import World


class Cut(io.BytesIO):
    """A file that does something when it is being loaded, and half of it has been read."""

    def __init__(self, data: bytes, then: Any, *, world: World) -> None:
        super().__init__(data)
        self._half, self._then, self._world = len(data) // 2, then, world

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() > self._half and (then := self._then) and self._is_loading():
            self._then = None
            then()
        return super().read(size)

    def _is_loading(self) -> bool:
        return bool(self._world.query("SELECT 1 FROM list_contents WHERE status = 'loading'"))


def rows(number: int, start: int = 0) -> bytes:
    return b"phone\n" + b"".join(b"+1312%07d\n" % (2_000_000 + start + n) for n in range(number))


def test_an_import_whose_connection_is_killed_half_way_leaves_the_old_content(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    monkeypatch.setattr(importing, "_BATCH", 500)
    end_who_writes(world, "list_entries", "NEW.number = '+13122002100'")  # of the fifth batch
    with pytest.raises(DBAPIError):
        load_file(world, list_id, io.BytesIO(rows(5_000)))
    take_rows(world, "list_entries")

    row = world.run(find_list, list_id)
    assert world.query("SELECT count(*) FROM list_entries") == [(2_001,)]
    assert (row.version, row.entries, holds(world, PHONE)) == (1, 1, [PHONE])
    assert holds(world, "+13122000001") == []
    world.execute("UPDATE list_contents SET touched_at = now() - interval '11 minutes'")
    sweep_lists(world.sql)
    assert world.query("SELECT count(*) FROM list_entries") == [(1,)]
    assert load(world, list_id, OTHER).row.version == 3


def test_a_process_that_dies_with_its_load_leaves_it_to_the_sweeper(world: World) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    world.execute(
        "INSERT INTO list_contents (list_id, version, loaded_by, touched_at) "
        "VALUES (:id, 2, 'x', now()), (:id, 3, 'x', now() - interval '11 minutes')",
        id=list_id,
    )
    world.execute("INSERT INTO list_entries SELECT content, '+13125559999' FROM list_contents WHERE version > 1")

    assert Work.LISTS in work(world)
    sweep_lists(world.sql)

    left = world.query("SELECT version, status FROM list_contents JOIN list_entries USING (content) ORDER BY 1")
    assert left == [(1, "in_force"), (2, "loading")]
    assert Work.LISTS not in work(world)


def test_a_load_that_was_given_up_writes_nothing_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = make(world)
    load(world, list_id, PHONE)
    monkeypatch.setattr(importing, "_BATCH", 100)

    def give_up() -> None:
        world.execute("UPDATE list_contents SET touched_at = now() - interval '11 minutes' WHERE status = 'loading'")
        sweep_lists(world.sql)

    with pytest.raises(Conflict) as refused:
        load_file(world, list_id, Cut(rows(20_000), give_up, world=world))

    sweep_lists(world.sql)
    assert refused.value.code == "load_given_up" and world.run(find_list, list_id).version == 1
    assert world.query("SELECT count(*) FROM list_entries") == [(1,)]


def test_what_is_replaced_is_swept_in_batches_and_what_is_in_force_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestrator.operations.lists.sweep_lists._BATCH", 100)
    monkeypatch.setattr("orchestrator.operations.lists.sweep_lists._BATCHES_AT_ONCE", 5)
    list_id = make(world)
    load_file(world, list_id, io.BytesIO(rows(1_000)))
    load_file(world, list_id, io.BytesIO(rows(600, start=100)))

    swept = []
    while Work.LISTS in work(world):
        swept.append(sweep_lists(world.sql))

    assert len(swept) > 2 and max(swept) <= 500 and sum(swept) == 1_000
    assert world.query("SELECT count(*), min(number) FROM list_entries") == [(600, "+13122000100")]


def test_two_imports_at_once_leave_the_whole_of_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH", 200)
    list_id = make(world)
    files = {1: rows(3_000), 2: rows(2_000, start=50_000)}
    with ThreadPoolExecutor(2) as pool:
        sent = {n: pool.submit(_loaded, world, list_id, file) for n, file in files.items()}
        done = [each.result() for each in sent.values()]

    row = world.run(find_list, list_id)
    [(count, least)] = world.query("SELECT count(*), min(number) FROM list_entries WHERE content = :c", c=row.content)
    assert "done" in done and set(done) <= {"done", "older_content"}
    assert (count, least) in {(3_000, "+13122000000"), (2_000, "+13122050000")} and row.entries == count


def _loaded(world: World, list_id: str, file: bytes) -> str:
    try:
        load_file(world, list_id, io.BytesIO(file))
    except Conflict as err:
        return err.code
    return "done"


def test_the_import_that_was_sent_later_wins_however_long_the_earlier_takes(world: World) -> None:
    list_id = make(world)
    slow = Cut(rows(20_000), lambda: load(world, list_id, OTHER), world=world)

    with pytest.raises(Conflict) as refused:
        load_file(world, list_id, slow)

    assert refused.value.code == "older_content"
    assert (holds(world, OTHER), holds(world, "+13122000001")) == ([OTHER], [])


def test_who_is_put_on_the_list_while_a_file_is_read_stays_on_it(world: World) -> None:
    list_id = make(world)
    add(world, list_id, "+13122000009")

    def meanwhile() -> None:
        add(world, list_id, PHONE, "+1900*")
        world.run(delete_entry, list_id, "+13122000009", because="wrong number")

    done = load_file(world, list_id, Cut(rows(20_000), meanwhile, world=world))

    assert done.changed_since == 3
    assert [holds(world, phone) for phone in (PHONE, "+19005551212", "+13122000009")] == [[PHONE], ["+1900*"], []]
    assert world.run(find_list, list_id).entries == 20_001


def test_a_file_for_a_version_that_is_over_when_it_is_read_changes_nothing(world: World) -> None:
    list_id = make(world)
    read = world.run(find_list, list_id).updated_at

    def as_it_was(row: Any) -> None:
        if row["updated_at"] != read:
            raise ChangedMeanwhile('"another"')

    file = Cut(rows(20_000), lambda: add(world, list_id, PHONE), world=world)
    with pytest.raises(ChangedMeanwhile):
        world.run(import_content, list_id, file, ListFile(accept_smaller=True), expects=as_it_was)

    assert (holds(world, PHONE), holds(world, "+13122000001")) == ([PHONE], [])


def test_a_list_that_is_deleted_while_a_file_is_read_stays_deleted(world: World) -> None:
    list_id = make(world)

    with pytest.raises((Conflict, NotFound)):
        load_file(world, list_id, Cut(rows(20_000), lambda: world.run(delete_list, list_id, because=None), world=world))

    sweep_lists(world.sql)
    assert world.query("SELECT count(*) FROM list_entries") == [(0,)]


def test_a_file_of_a_hundred_thousand_rows_is_read_in_flat_memory(world: World) -> None:
    list_id = make(world)
    file = io.BytesIO(rows(100_000))
    tracemalloc.start()
    try:
        done = load_file(world, list_id, file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (done.accepted, done.row.entries) == (100_000, 100_000)
    assert peak < 12 * 1024**2
