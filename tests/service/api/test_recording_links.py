"""Links to recordings: they play without a key for minutes, and nothing but their own recording."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from api.app import create_app
from orchestrator.clock import utc_now
from orchestrator.recordings.archive import Archive
from orchestrator.services import Services
from orchestrator.settings import Settings
from tests.support.recorded import recorded
from tests.support.rest import Rest, pointers

SOUND = b"ID3" + bytes(range(256)) * 1_000
NO_KEY = {"Authorization": ""}
Listen = Callable[..., tuple[int, bytes, dict[str, str]]]


@pytest.fixture(autouse=True)
def archive(services: Services, tmp_path: Path) -> Archive:
    archive = services.__dict__["recordings"] = Archive(tmp_path)
    return archive


@pytest.fixture
def recording(rest: Rest, services: Services, archive: Archive, tmp_path: Path) -> str:
    return shelved(rest, services, archive, tmp_path)


def shelved(rest: Rest, services: Services, archive: Archive, tmp_path: Path) -> str:
    draft = tmp_path / "draft"
    draft.write_bytes(SOUND)
    place = archive.put(draft, f"2026-03/{id(object())}.mp3")
    sha = sha256(SOUND).hexdigest()
    return recorded(rest, services, state="fetched", place=place, size=len(SOUND), sha=sha)["rec"]


def link_to(rest: Rest, recording: str, **body: str) -> str:
    made = rest.post(f"/v1/recordings/{recording}/link", body)
    assert made.status_code == 201, made.text
    return str((made.json or {})["url"])


@pytest.fixture
def listen(rest: Rest) -> Listen:
    def ask(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        with rest.get(url, headers={**NO_KEY, **headers}) as answer:
            return answer.status_code, answer.data, dict(answer.headers)

    return ask


def test_a_link_plays_without_a_key_and_a_player_may_seek(rest: Rest, recording: str, listen: Listen) -> None:
    url = link_to(rest, recording)

    status, body, headers = listen(url)
    part = listen(url, Range="bytes=100-299")

    assert (status, body, headers["Content-Type"]) == (200, SOUND, "audio/mpeg")
    assert (headers["Accept-Ranges"], headers["Content-Length"]) == ("bytes", str(len(SOUND)))
    assert (part[0], part[1], part[2]["Content-Range"]) == (206, SOUND[100:300], f"bytes 100-299/{len(SOUND)}")
    assert headers["Cache-Control"] == "private, no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert "media-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"].startswith("inline")


def test_a_link_says_when_it_ends_and_names_nobody(rest: Rest, recording: str) -> None:
    made = rest.post(f"/v1/recordings/{recording}/link", {"expires_in": "3m"}).json or {}

    left = datetime.fromisoformat(made["expires_at"]) - utc_now()
    assert timedelta(minutes=2, seconds=50) < left <= timedelta(minutes=3)
    assert re.fullmatch(rf"/listen/{recording}\?expires=\d+&signature=[\w-]+", made["url"])
    assert pointers(rest.post(f"/v1/recordings/{recording}/link", {"expires_in": "2d"})) == {
        "/expires_in": "out_of_range"
    }


def test_a_link_opens_no_other_recording_and_cannot_be_changed(
    rest: Rest, services: Services, archive: Archive, tmp_path: Path, recording: str, listen: Listen
) -> None:
    url, other = link_to(rest, recording), shelved(rest, services, archive, tmp_path)
    expires = int(url.partition("expires=")[2].partition("&")[0])

    wrong = [
        url.replace(recording, other),
        url.replace(f"expires={expires}", f"expires={expires + 1}"),
        url[:-2] + ("AA" if not url.endswith("AA") else "BB"),
        url[: url.index("signature=")] + "signature=é",
        f"/listen/{recording}?expires=1&signature=x",
    ]

    answers = [listen(each) for each in wrong]
    assert {(status, b"link_invalid" in body) for status, body, _ in answers} == {(403, True)}
    assert listen(url)[0] == 200


def test_a_link_that_is_over_says_so(rest: Rest, services: Services, settings: Settings, recording: str) -> None:
    url = link_to(rest, recording, expires_in="1m")
    later = Services(settings=settings, clock=lambda: utc_now() + timedelta(seconds=61))
    later.__dict__["recordings"] = services.recordings

    answer = Rest(create_app(later)).get(url, headers=NO_KEY)

    assert (answer.status_code, (answer.json or {})["code"]) == (410, "link_over")
    later.close()


def test_another_installation_takes_no_link_of_ours(
    rest: Rest, services: Services, recording: str, listen: Listen
) -> None:
    url = link_to(rest, recording)
    with services.sql.begin() as tx:
        tx.execute(text("UPDATE installation SET number_key_outer = sha512('other'::bytea) || sha512('x'::bytea)"))

    assert listen(url)[0] == 403


def test_what_has_no_file_gets_no_link_and_an_erased_one_plays_no_more(
    rest: Rest, services: Services, archive: Archive, tmp_path: Path, listen: Listen
) -> None:
    pending = recorded(rest, services)["rec"]
    ids = recorded(rest, services, state="fetched", place="x", size=3, sha="0" * 64)
    url = link_to(rest, ids["rec"])

    refused = rest.post(f"/v1/recordings/{pending}/link", {})
    rest.delete(f"/v1/contacts/{ids['contact']}")

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "recording_pending")
    assert listen(url)[0] in (404, 410)
