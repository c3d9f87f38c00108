"""What a link leads to is kept as a recording only if it is one, and said to be whole only if it is."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from orchestrator.errors import CarrierRefused, CarrierUnavailable
from orchestrator.operations.contacts.erase_person import erase_contact
from orchestrator.operations.recordings.recording_link import AskForLinks
from orchestrator.operations.recordings.refetch_recording import refetch_recording
from orchestrator.telnyx.client import TelnyxClient
from tests.support.raw_server import RawServer, Request, raw_server, reply
from tests.support.recordings_shelf import Shelf
from tests.support.simulated_carrier import simulated_carrier
from tests.support.sounds import mp3, wav
from tests.support.world import World

SOUND = mp3(8)
TIMES = {"recording_started_at": "2026-11-28T15:28:13.471Z", "recording_ended_at": "2026-11-28T15:28:21.471Z"}
XML = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
Answer = Callable[[], bytes]


@pytest.fixture
def shelf(world: World, tmp_path: Path) -> Shelf:
    return Shelf(world, tmp_path / "recordings")


@contextmanager
def saying(*answers: bytes) -> Iterator[RawServer]:
    """Yield a server that gives these answers one after the other, and the last one for ever."""
    left = list(answers)

    def act(connection: Any, _request: Request) -> None:
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])
        connection.close()

    with raw_server(lambda _server: act) as server:
        yield server


def told(world: World, ago_s: float = 0.0, **payload: Any) -> str:
    """Let the carrier tell of a recording of eight seconds, and return its call."""
    call_id = world.dialed_call()
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    said = {"recording_id": "r-1", "format": "mp3", "channels": "single", **TIMES, **payload}
    world.hear(call_id, "call.recording.saved", ago_s=ago_s, **said)
    world.hang_up(call_id)
    return call_id


def fetch(shelf: Shelf, ask: AskForLinks = lambda _recording_id: None, *, times: int = 1) -> Any:
    """Try so often, without the pauses, and return the row."""
    for _ in range(times):
        shelf.world.execute("UPDATE recordings SET due_at = now() WHERE state = 'pending'")
        shelf.fetcher(ask_for_links=ask).fetch_recordings()
    return shelf.row()


def no_length(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body


def chunks(body: bytes, *, is_ended: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + f"{len(body):x}\r\n".encode() + body + b"\r\n" + (b"0\r\n\r\n" if is_ended else b"")


def ends_early(body: bytes) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) * 2}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(200, XML, Content_Type="application/xml"), "not_sound"),
        (reply(200, XML, Content_Type="audio/mpeg"), "not_sound"),
        (reply(200, b"<!doctype html><html>Sign in</html>", Content_Type="text/html"), "not_sound"),
        (reply(200, {"errors": [{"code": "10005"}]}), "not_sound"),
        (reply(200, gzip.compress(XML, mtime=0), Content_Encoding="gzip"), "not_sound"),
        (reply(200, b"Not Found", Content_Type="text/plain"), "not_sound"),
        (reply(200, bytes(5000), Content_Type="audio/mpeg"), "not_sound"),
        (chunks(XML), "not_sound"),
        (no_length(XML), "not_sound"),
        (reply(404, XML), "status_404"),
        (reply(404, b""), "status_404"),
        (reply(500, b"oops"), "status_500"),
        (reply(204, b""), "status_204"),
        (reply(206, SOUND[:100]), "status_206"),
        (reply(200, b""), "empty"),
        (no_length(b""), "empty"),
        (reply(200, gzip.compress(b"", mtime=0)), "empty"),
        (ends_early(SOUND), "unreachable"),
        (chunks(SOUND, is_ended=False), "unreachable"),
        (reply(200, gzip.compress(SOUND, mtime=0)[:-40], Content_Encoding="gzip"), "unreachable"),
        (reply(200, b"\x1f\x8b\x08 broken", Content_Encoding="gzip"), "unreachable"),
    ],
)
def test_what_is_no_recording_is_never_kept_and_is_tried_again(
    world: World, shelf: Shelf, answer: bytes, code: str
) -> None:
    with saying(answer, reply(200, SOUND)) as server:
        told(world, recording_urls={"mp3": f"{server.url}/1.mp3?sig=1"})
        first = fetch(shelf)
        files = shelf.files()
        second = fetch(shelf)

    assert (first.state, first.error["code"], files) == ("pending", code, [])
    assert (second.state, second.error, [path.read_bytes() for path in shelf.files()]) == ("fetched", None, [SOUND])


@pytest.mark.parametrize(
    ("name", "answer", "kept"),
    [
        ("octet.mp3?sig=1", reply(200, SOUND, Content_Type="application/octet-stream"), SOUND),
        ("nocl.mp3?sig=1", no_length(SOUND), SOUND),
        ("chunks.mp3", chunks(SOUND), SOUND),
        ("gzip.mp3?sig=1", reply(200, gzip.compress(SOUND, mtime=0), Content_Encoding="gzip"), SOUND),
        ("gzip-unsaid.mp3", reply(200, gzip.compress(SOUND, mtime=0)), SOUND),
        ("gzip-said-wrongly.mp3", reply(200, SOUND, Content_Encoding="gzip"), SOUND),
        ("/double//slash.mp3?sig=1", reply(200, SOUND), SOUND),
        ("sp ace.mp3?sig=1", reply(200, SOUND), SOUND),
        ("ümlaut.mp3?sig=1", reply(200, SOUND), SOUND),
        ("%C3%BC+a%2Fb.mp3?sig=%2B/~", reply(200, SOUND), SOUND),
        ("longer.mp3", reply(200, mp3(20)), mp3(20)),
    ],
)
def test_a_recording_is_kept_however_it_comes(
    world: World, shelf: Shelf, name: str, answer: bytes, kept: bytes
) -> None:
    with saying(answer) as server:
        told(world, recording_urls={"mp3": f"{server.url}/{name}"})
        row = fetch(shelf)

    assert (row.state, row.error, row.size_bytes, row.sha256) == ("fetched", None, len(kept), sha256(kept).hexdigest())
    assert [path.read_bytes() for path in shelf.files()] == [kept]


def test_odd_letters_of_a_link_are_written_out_and_nothing_else_of_it_is_touched(world: World, shelf: Shelf) -> None:
    with saying(reply(200, SOUND)) as server:
        told(world, recording_urls={"mp3": f"{server.url}//a b/ü%2F~.mp3?sig=a%2Bb/+~'()"})
        fetch(shelf)

    assert server.requests[0].line == "GET /v2//a%20b/%C3%BC%2F~.mp3?sig=a%2Bb/+~'() HTTP/1.1"


@pytest.mark.parametrize("short", [wav(0), wav(0, said=128_000), wav(4, said=128_000), wav(5), mp3(3)])
def test_sound_that_comes_too_short_is_kept_and_tried_again_until_it_is_whole(
    world: World, shelf: Shelf, short: bytes
) -> None:
    with saying(reply(200, short), reply(200, wav(8))) as server:
        told(world, format="wav", recording_urls={"wav": f"{server.url}/header-only.wav?sig=1"})
        first = fetch(shelf)
        kept = [path.read_bytes() for path in shelf.files()]
        second = fetch(shelf)

    assert (first.state, first.error["code"], first.due_at is not None) == ("pending", "incomplete", True)
    assert kept == [short]
    assert (second.state, second.error, second.size_bytes) == ("fetched", None, len(wav(8)))
    assert [path.read_bytes() for path in shelf.files()] == [wav(8)]


def test_sound_that_stays_too_short_is_kept_and_said_to_be_incomplete(world: World, shelf: Shelf) -> None:
    with saying(reply(200, wav(5))) as server:
        told(world, format="wav", recording_urls={"wav": server.url})
        early, late = fetch(shelf, times=4), fetch(shelf)

    assert (early.state, late.state, late.tries, late.due_at) == ("pending", "incomplete", 5, None)
    assert late.error == {"code": "incomplete", "detail": "5.0 s of sound came of 8.0 s that were told"}
    assert (late.size_bytes, [path.read_bytes() for path in shelf.files()]) == (len(wav(5)), [wav(5)])


def test_short_sound_outlives_its_link(world: World, shelf: Shelf) -> None:
    with saying(reply(200, wav(5)), reply(403, XML)) as server:
        told(world, ago_s=590, format="wav", recording_urls={"wav": server.url})
        fetch(shelf)
        world.execute("UPDATE recordings SET told_at = told_at - interval '600 s'")
        row = fetch(shelf)

    assert (row.state, row.error["code"], "status_403" in row.error["detail"]) == ("incomplete", "incomplete", True)
    assert [path.read_bytes() for path in shelf.files()] == [wav(5)]


def test_less_never_takes_the_place_of_more(world: World, shelf: Shelf) -> None:
    with saying(reply(200, wav(5)), reply(200, wav(2)), reply(200, XML), reply(200, wav(6)), reply(200, wav(1))) as it:
        told(world, format="wav", recording_urls={"wav": it.url})
        sizes = [fetch(shelf).size_bytes for _ in range(5)]

    assert sizes == [len(wav(seconds)) for seconds in (5, 5, 5, 6, 6)]
    assert [path.read_bytes() for path in shelf.files()] == [wav(6)]


def test_what_comes_in_another_format_is_kept_as_what_it_is(world: World, shelf: Shelf) -> None:
    with saying(reply(200, mp3(3)), reply(200, wav(8))) as server:
        call_id = told(world, recording_urls={"mp3": f"{server.url}/1.mp3"})
        fetch(shelf)
        row = fetch(shelf)
        names = [path.suffix for path in shelf.files()]
        world.run(erase_contact, world.contact_of(call_id)["id"])

    assert (row.state, row.format, names) == ("fetched", "wav", [".wav"])
    assert (shelf.files(), world.query("SELECT * FROM recordings")) == ([], [])


@pytest.mark.parametrize(
    ("payload", "state", "code"),
    [
        ({"recording_urls": {"mp3": ""}}, "failed", "no_link"),
        ({"recording_urls": {"mp3": "  "}}, "failed", "no_link"),
        ({"recording_urls": None}, "failed", "no_link"),
        ({"recording_urls": []}, "failed", "no_link"),
        ({}, "failed", "no_link"),
        ({"recording_urls": {"ogg": "https://r.example.test/1.ogg"}}, "failed", "no_link"),
        ({"recording_urls": {"mp3": "s3://calls/1.mp3"}}, "stored_elsewhere", None),
        ({"recording_urls": {"wav": "gs://calls/1.wav"}}, "stored_elsewhere", None),
        ({"recording_urls": {"mp3": "GS://calls/1.mp3"}}, "stored_elsewhere", None),
        ({"public_recording_urls": {"mp3": "s3://calls/1.mp3"}}, "stored_elsewhere", None),
        ({"recording_urls": {"mp3": "az://calls/1.mp3"}}, "stored_elsewhere", None),
        ({"recording_urls": {"MP3": "https://r.example.test/1.mp3"}}, "pending", None),
        ({"recording_id": None, "recording_urls": {"mp3": "https://r.example.test/1.mp3"}}, "pending", None),
        ({"recording_urls": {}, "public_recording_urls": {"mp3": "https://r.example.test/1.mp3"}}, "pending", None),
    ],
)
def test_a_recording_without_a_link_of_ours_says_so(
    world: World, shelf: Shelf, payload: Any, state: str, code: str | None
) -> None:
    told(world, **payload)

    row = shelf.row()
    assert (row.state, (row.error or {}).get("code")) == (state, code)


@pytest.mark.parametrize("ago_s", [601, 7_200, 80_000])
def test_a_link_that_is_over_is_asked_for_anew(world: World, shelf: Shelf, ago_s: float) -> None:
    asked: list[str] = []
    with saying(reply(403, XML)) as old, saying(reply(200, SOUND)) as new:
        told(world, ago_s=ago_s, recording_urls={"mp3": old.url})
        row = fetch(shelf, lambda ident: asked.append(ident) or {"mp3": new.url})

    assert (row.state, asked, len(old.requests)) == ("fetched", ["r-1"], 0)
    assert [path.read_bytes() for path in shelf.files()] == [SOUND]


def test_a_link_that_is_over_before_its_time_is_asked_for_anew(world: World, shelf: Shelf) -> None:
    with saying(reply(403, XML)) as old, saying(reply(200, SOUND)) as new:
        told(world, recording_urls={"mp3": old.url})
        row = fetch(shelf, lambda _ident: {"mp3": new.url}, times=2)

    assert (row.state, len(old.requests)) == ("fetched", 1)


def test_while_the_told_link_lives_the_carrier_is_not_asked(world: World, shelf: Shelf) -> None:
    with saying(reply(404, XML), reply(200, SOUND)) as server:
        told(world, recording_urls={"mp3": server.url})
        row = fetch(shelf, pytest.fail, times=2)

    assert row.state == "fetched"


def test_the_carrier_tells_a_link_that_is_over_anew_and_the_file_is_what_it_kept(world: World, shelf: Shelf) -> None:
    with simulated_carrier() as carrier:
        leg = carrier.talk("18", record="record-from-answer", record_format="wav")
        carrier.sdk.calls.actions.hangup(leg)
        saved = carrier.receiver.wait("call.recording.saved", leg=leg).payload
        link = saved["recording_urls"]["wav"]
        dead = {"wav": link.partition("?")[0] + "?expires=1"}
        carrier = TelnyxClient(base_url=carrier.simulator.base_url, api_key=SecretStr(carrier.simulator.api_key))
        times = {name: saved[name] for name in TIMES}
        told(world, ago_s=601, format="wav", recording_id=saved["recording_id"], recording_urls=dead, **times)
        row = fetch(shelf, carrier.recording_links)
        file = requests.get(link, timeout=5).content

    assert (row.state, row.error) == ("fetched", None)
    assert [path.read_bytes() for path in shelf.files()] == [file]


@pytest.mark.parametrize("links", [None, {}])
def test_a_link_that_is_over_is_the_last_word_only_where_the_carrier_has_no_other(
    world: World, shelf: Shelf, links: dict[str, str] | None
) -> None:
    with saying(reply(403, XML)) as server:
        told(world, ago_s=700, recording_urls={"mp3": server.url})
        row = fetch(shelf, lambda _ident: links)

    assert (row.state, row.error["code"]) == ("failed", "link_expired")


@pytest.mark.parametrize(
    "err", [CarrierUnavailable("HTTP 503"), CarrierRefused(403, code="10010", title="No", detail="")]
)
def test_a_carrier_that_tells_no_link_now_is_asked_again_for_a_day(world: World, shelf: Shelf, err: Exception) -> None:
    def ask(_ident: str) -> dict[str, str]:
        raise err

    with saying(reply(403, XML)) as server:
        told(world, ago_s=700, recording_urls={"mp3": server.url})
        first = fetch(shelf, ask)
        world.execute("UPDATE recordings SET told_at = told_at - interval '1 day', tries = 9")
        last = fetch(shelf, ask)

    assert (first.state, first.error["code"], first.due_at is not None) == ("pending", "status_403", True)
    assert (last.state, last.error["code"]) == ("failed", "link_expired")


def test_a_new_link_into_the_operators_own_bucket_is_no_error(world: World, shelf: Shelf) -> None:
    with saying(reply(403, XML)) as server:
        told(world, ago_s=700, recording_urls={"mp3": server.url})
        row = fetch(shelf, lambda _ident: {"mp3": "s3://calls/1.mp3"})

    assert (row.state, row.error, row.lease, row.due_at) == ("stored_elsewhere", None, None, None)


def test_what_an_older_engine_gave_up_is_fetched_when_it_is_asked_for(world: World, shelf: Shelf) -> None:
    told(world, ago_s=259_200, recording_urls={"mp3": "https://r.example.test/dead"})
    world.execute(
        """UPDATE recordings SET state = 'failed', due_at = NULL, tries = 24, error = '{"code": "link_expired"}'"""
    )

    world.run(refetch_recording, shelf.row().id)
    with saying(reply(200, SOUND)) as server:
        row = fetch(shelf, lambda _ident: {"mp3": server.url})

    assert (row.state, row.tries, row.error) == ("fetched", 1, None)


def test_what_was_incomplete_keeps_its_file_until_more_comes(world: World, shelf: Shelf) -> None:
    with saying(reply(200, wav(5))) as server:
        told(world, format="wav", recording_urls={"wav": server.url})
        row = fetch(shelf, times=5)

    world.run(refetch_recording, row.id)
    kept = [path.read_bytes() for path in shelf.files()]
    with saying(reply(200, wav(8))) as server:
        world.execute("UPDATE recordings SET told_at = told_at - interval '1 hour'")
        row = fetch(shelf, lambda _ident: {"wav": server.url})

    assert kept == [wav(5)]
    assert (row.state, [path.read_bytes() for path in shelf.files()]) == ("fetched", [wav(8)])
