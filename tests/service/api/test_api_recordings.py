"""Recordings over REST: beside their calls, listed, and downloaded once they are here."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from werkzeug.datastructures import Headers

from orchestrator.recordings.archive import Archive
from orchestrator.recordings.bucket import Bucket
from orchestrator.services import Services
from tests.support.recorded import recorded
from tests.support.rest import Rest
from tests.support.s3_stub import s3_stub

SOUND = b"ID3" + bytes(range(256)) * 1_000
SIZE = len(SOUND)
EXPIRED = '{"code": "link_expired", "detail": "the link expired"}'


@pytest.fixture(autouse=True)
def archive(services: Services, tmp_path: Path) -> Archive:
    archive = services.__dict__["recordings"] = Archive(tmp_path)
    return archive


def fetched(rest: Rest, services: Services, archive: Archive, tmp_path: Path, **columns: str) -> dict[str, str]:
    draft = tmp_path / "draft"
    draft.write_bytes(SOUND)
    place = archive.put(draft, "2026-03/rec.mp3")
    sha = sha256(SOUND).hexdigest()
    return recorded(rest, services, **{"state": "fetched", "place": place, "size": len(SOUND), "sha": sha, **columns})


def test_a_call_tells_its_recordings(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services)

    alone = (rest.get(f"/v1/calls/{ids['call']}").json or {})["recordings"]
    listed = (rest.get("/v1/calls").json or {})["data"][0]["recordings"]

    assert alone == listed
    call = rest.get(f"/v1/calls/{ids['call']}").json or {}
    assert alone[0] | {"told_at": "", "call_id": ""} == {
        "id": ids["rec"],
        "call_id": "",
        **{name: call[name] for name in ("campaign_id", "contact_id", "direction", "to", "from")},
        "recording_id": "r-1",
        "event_id": "e-1",
        "leg": "A",
        "status": "pending",
        "channels": "dual",
        "format": "mp3",
        "recording_started_at": "2026-03-02T15:04:09.640Z",
        "recording_ended_at": "2026-03-02T15:04:58.700Z",
        "duration_s": 49.06,
        "recording_urls": {"mp3": "https://r.example.test/1.mp3"},
        "public_recording_urls": {},
        "tries": 0,
        "size_bytes": None,
        "sha256": None,
        "error": None,
        "content": None,
        "told_at": "",
        "fetched_at": None,
    }


def test_the_file_is_downloaded_where_the_recording_says(
    rest: Rest, services: Services, archive: Archive, tmp_path: Path
) -> None:
    ids = fetched(rest, services, archive, tmp_path)

    told = rest.get(f"/v1/recordings/{ids['rec']}").json or {}
    answer = rest.get(told["content"])

    assert (answer.status_code, answer.data, answer.content_type) == (200, SOUND, "audio/mpeg")
    assert (answer.headers["Content-Length"], told["size_bytes"]) == (str(len(SOUND)), len(SOUND))
    assert sha256(answer.data).hexdigest() == told["sha256"]
    answer.close()


@pytest.fixture(params=["disk", "bucket"])
def content(
    request: pytest.FixtureRequest, rest: Rest, services: Services, archive: Archive, tmp_path: Path
) -> Iterator[str]:
    """Yield where the file of a recording is, which lies in the folder or in a bucket."""
    with s3_stub() as store:
        if request.param == "bucket":
            bucket = Bucket("calls", url=store.url, region="us-east-1", key_id="k", secret=SecretStr("s"))
            archive = services.__dict__["recordings"] = Archive(tmp_path, bucket=bucket)
        yield f"/v1/recordings/{fetched(rest, services, archive, tmp_path)['rec']}/content"


def ask(rest: Rest, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Headers]:
    """Return status, body and headers; the file behind it is closed."""
    with rest.request(method, path, headers={name.replace("_", "-"): told for name, told in headers.items()}) as answer:
        return answer.status_code, answer.data, answer.headers


def test_a_player_gets_the_part_it_asks_for_and_no_other(rest: Rest, content: str) -> None:
    status, body, headers = ask(rest, content, Range="bytes=100-299")
    beyond = ask(rest, content, Range=f"bytes={SIZE}-")

    assert (status, body) == (206, SOUND[100:300])
    assert (headers["Content-Range"], headers["Content-Length"]) == (f"bytes 100-299/{SIZE}", "200")
    assert (headers["Accept-Ranges"], headers.getlist("Content-Type")) == ("bytes", ["audio/mpeg"])
    assert (beyond[0], beyond[2]["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert b"range_not_satisfiable" in beyond[1]


def test_a_part_is_only_added_to_the_same_file(rest: Rest, content: str) -> None:
    etag = ask(rest, content)[2]["ETag"]

    same = ask(rest, content, Range="bytes=5-9", If_Range=etag)
    others = [ask(rest, content, Range="bytes=5-9", If_Range=tag) for tag in ('"other"', f"W/{etag}", "x")]

    assert same[:2] == (206, SOUND[5:10])
    assert [each[:2] for each in others] == [(200, SOUND)] * 3


def test_the_size_is_told_without_the_file(rest: Rest, content: str) -> None:
    status, body, headers = ask(rest, content, "HEAD", Range="bytes=5-9")

    assert (status, body, headers["Content-Length"], headers["Accept-Ranges"]) == (200, b"", str(SIZE), "bytes")


def test_a_file_that_is_not_yet_here_may_be_asked_for_again(rest: Rest, services: Services) -> None:
    answer = rest.get(f"/v1/recordings/{recorded(rest, services)['rec']}/content")

    assert (answer.status_code, (answer.json or {})["code"]) == (409, "recording_pending")


def test_a_file_that_will_never_be_here_is_told_with_the_reason(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services, state="failed", error=EXPIRED)

    answer = rest.get(f"/v1/recordings/{ids['rec']}/content")

    assert (answer.status_code, (answer.json or {})["code"]) == (410, "link_expired")


INCOMPLETE = '{"code": "incomplete", "detail": "5.0 s of sound came of 8.0 s that were told"}'


def test_a_recording_that_is_incomplete_says_so_and_is_downloaded_all_the_same(
    rest: Rest, services: Services, archive: Archive, tmp_path: Path
) -> None:
    ids = fetched(rest, services, archive, tmp_path, state="incomplete", error=INCOMPLETE)

    shown = rest.get(f"/v1/recordings/{ids['rec']}").json or {}
    listed = (rest.get("/v1/recordings?status=incomplete").json or {})["data"]

    assert (shown["status"], shown["error"]["code"], [shown]) == ("incomplete", "incomplete", listed)
    assert rest.get(shown["content"]).data == SOUND


def test_a_recording_that_is_stored_elsewhere_says_where(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services, state="stored_elsewhere")

    shown = rest.get(f"/v1/recordings/{ids['rec']}").json or {}
    answer = rest.get(f"/v1/recordings/{ids['rec']}/content")

    assert (shown["status"], shown["error"], shown["content"]) == ("stored_elsewhere", None, None)
    assert (answer.status_code, (answer.json or {})["code"]) == (410, "stored_elsewhere")
    assert "https://r.example.test/1.mp3" in (answer.json or {})["detail"]


@pytest.mark.parametrize(("state", "error"), [("failed", EXPIRED), ("incomplete", INCOMPLETE)])
def test_what_was_given_up_is_fetched_again_when_it_is_asked_for(
    rest: Rest, services: Services, state: str, error: str
) -> None:
    ids = recorded(rest, services, state=state, error=error)

    answer = rest.post(f"/v1/recordings/{ids['rec']}/fetch")

    assert answer.status_code == 200
    assert ((answer.json or {})["status"], (answer.json or {})["error"]) == ("pending", None)


@pytest.mark.parametrize("state", ["pending", "fetched", "stored_elsewhere"])
def test_what_was_not_given_up_is_not_fetched_again(rest: Rest, services: Services, state: str) -> None:
    ids = recorded(rest, services, state=state)

    answer = rest.post(f"/v1/recordings/{ids['rec']}/fetch")

    assert (answer.status_code, (answer.json or {})["code"]) == (409, "recording_not_given_up")


def test_a_recording_that_does_not_exist_is_not_fetched_again(rest: Rest) -> None:
    assert rest.post("/v1/recordings/rec_01J00000000000000000000000/fetch").status_code == 404


def test_a_file_that_somebody_removed_is_gone(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services, state="fetched", place="disk:2026-03/other.mp3", size=1)

    answer = rest.get(f"/v1/recordings/{ids['rec']}/content")

    assert (answer.status_code, (answer.json or {})["code"]) == (410, "file_missing")


@pytest.mark.parametrize("ident", ["rec_01J00000000000000000000000", "call_01J00000000000000000000000", "..%2F..%2Fx"])
@pytest.mark.parametrize("part", ["", "/content"])
def test_an_id_that_names_nothing_is_not_found(rest: Rest, ident: str, part: str) -> None:
    assert rest.get(f"/v1/recordings/{ident}{part}").status_code == 404


def test_recordings_ask_for_the_key(rest: Rest, services: Services) -> None:
    path = f"/v1/recordings/{recorded(rest, services)['rec']}/content"

    assert rest.get(path, headers={"Authorization": ""}).status_code == 401


def test_recordings_are_listed_by_call_campaign_and_status(rest: Rest, services: Services) -> None:
    ours, other = (
        recorded(rest, services),
        recorded(rest, services, state="failed", error='{"code": "x", "detail": "y"}'),
    )

    def listed(query: str) -> list[str]:
        return [each["id"] for each in (rest.get(f"/v1/recordings{query}").json or {})["data"]]

    assert listed("") == [other["rec"], ours["rec"]]
    assert listed(f"?call_id={ours['call']}") == [ours["rec"]]
    assert listed(f"?campaign_id={other['campaign']}") == [other["rec"]]
    assert listed("?status=pending") == [ours["rec"]]
    assert rest.get("/v1/recordings?status=erased").status_code == 422


def test_what_is_erased_with_its_contact_is_neither_listed_nor_downloaded(
    rest: Rest, services: Services, archive: Archive, tmp_path: Path
) -> None:
    ids = fetched(rest, services, archive, tmp_path)

    assert rest.delete(f"/v1/contacts/{ids['contact']}").status_code == 204

    assert rest.get(f"/v1/recordings/{ids['rec']}/content").status_code == 404
    assert (rest.get("/v1/recordings").json or {})["data"] == []
    assert (rest.get(f"/v1/calls/{ids['call']}").json or {})["recordings"] == []


def test_what_was_said_is_told_with_the_call(rest: Rest, services: Services) -> None:
    ids = recorded(rest, services)
    said = '{"transcription_data": {"transcript": "hello", "is_final": true, "transcription_track": "inbound",'
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO call_events (call_id, event_id, position, kind, type, occurred_at, recorded_at, payload)"
                " VALUES (:call, 'e', 1, 'event', 'call.transcription', '2026-03-02T15:04:17.220Z', now(),"
                " CAST(:payload AS jsonb))"
            ),
            {"call": ids["call"], "payload": said + ' "confidence": 0.977}}'},
        )

    transcript = (rest.get(f"/v1/calls/{ids['call']}").json or {})["transcript"]

    at = "2026-03-02T15:04:17.220Z"
    utterance = {"at": at, "track": "inbound", "text": "hello", "confidence": 0.977, "recording_id": None}
    assert transcript == [utterance]
