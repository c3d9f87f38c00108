"""`orchestrator recording` over a real API: recordings are listed, downloaded whole or not at all, and listened to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.recordings.archive import Archive
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.recorded import recorded
from tests.support.rest import Rest

SOUND = b"ID3" + bytes(range(256)) * 1_000
Run = Callable[..., str]


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(command: str, *words: str, exits: int = 0) -> str:
            done = CliRunner().invoke(app, ["recording", *options, command, *words])
            assert done.exit_code == exits, done.output
            return done.output

        yield run


@pytest.fixture
def ids(rest: Rest, services: Services, tmp_path: Path) -> dict[str, str]:
    archive = services.__dict__["recordings"] = Archive(tmp_path / "archive")
    (tmp_path / "archive").mkdir()
    draft = tmp_path / "draft"
    draft.write_bytes(SOUND)
    place = archive.put(draft, "2026-03/rec.mp3")
    return recorded(rest, services, state="fetched", place=place, size=len(SOUND), sha=sha256(SOUND).hexdigest())


def test_recordings_are_listed_by_campaign_and_status(
    run: Run, rest: Rest, services: Services, ids: dict[str, str]
) -> None:
    recorded(rest, services, state="failed", error='{"code": "link_expired", "detail": "the link expired"}')

    (line,) = run("list", "--campaign", ids["campaign"]).splitlines()
    (failed,) = run("list", "--status", "failed").splitlines()
    (shown,) = map(json.loads, run("list", "--status", "fetched", "--json").splitlines())

    assert line == f"{ids['rec']}  {ids['call']}  2026-03-02T15:04:09.640Z  49 s  fetched"
    assert failed.endswith("failed: the link expired") and shown["id"] == ids["rec"]
    assert len(run("list", "--limit", "1").splitlines()) == 1


def test_a_recording_is_downloaded(run: Run, ids: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "a call.mp3"

    assert run("get", ids["rec"], "-o", str(file)) == f"{file}: {len(SOUND)} bytes\n"
    assert file.read_bytes() == SOUND


def test_a_download_that_breaks_off_leaves_no_file(
    run: Run, services: Services, ids: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "call.mp3"
    (stored,) = (tmp_path / "archive").rglob("rec.mp3")
    stored.write_bytes(SOUND[:5_000])  # less than is announced

    assert "broke off" in run("get", ids["rec"], "-o", str(file), exits=1)
    assert not file.exists() and not list(tmp_path.glob(".*.part"))


def test_a_link_is_printed_that_plays_in_a_browser(run: Run, ids: dict[str, str]) -> None:
    url = run("link", ids["rec"], "--expires-in", "2m").strip()

    assert requests.get(url, timeout=5).content == SOUND
    assert requests.get(f"{url}x", timeout=5).status_code == 403
