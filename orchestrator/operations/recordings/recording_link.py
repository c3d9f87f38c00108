"""Chooses the link to fetch a recording from: the announced one, or a new one from the carrier."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from sqlalchemy import Row

from orchestrator.errors import CarrierRefused, CarrierUnavailable
from orchestrator.model.recording import FORMATS, NO_LINK, is_elsewhere
from orchestrator.operations.recordings.retry_schedule import LINKS_LIVE_S
from orchestrator.recordings.download import NotDownloaded

log = logging.getLogger(__name__)

AskForLinks: TypeAlias = Callable[[str], Mapping[str, str] | None]
"""Returns the carrier's own links to a recording by format; None where it has no such recording."""

_DEAD: Final = frozenset({"status_403", "status_410"})  # the answers of a link that has expired early
_NOT_IN_A_PATH: Final = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True)
class Link:
    """A URL to fetch; after one that `is_last` the carrier has no other."""

    url: str
    is_last: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """The address of a bucket of the operator's own, in which the carrier stores recordings."""

    url: str


def link_now(row: Row[Any], ask: AskForLinks) -> Link | Elsewhere | NotDownloaded:
    """Return where to fetch a recording; the carrier is asked for a new link once the announced one has expired."""
    link = _choose(row, row.urls) or _choose(row, row.public_urls)
    is_over = row.age_s >= LINKS_LIVE_S or (row.error or {}).get("code") in _DEAD
    fresh = None
    if row.recording_id and (is_over or not link):
        try:
            fresh = _choose(row, ask(row.recording_id) or {})
        except (CarrierUnavailable, CarrierRefused) as err:
            log.warning("the carrier tells no new link: %s", err, extra={"call_id": row.call_id})
            return _read(link, is_last=False)
    return _read(fresh or link, is_last=is_over and not fresh)


def _read(url: str | None, *, is_last: bool) -> Link | Elsewhere | NotDownloaded:
    if url is None:
        return NotDownloaded(NO_LINK, "the carrier has no link that could be fetched", is_final=is_last)
    return Elsewhere(url) if is_elsewhere(url) else Link(_written_out(url), is_last=is_last)


def _choose(row: Row[Any], links: Mapping[str, Any]) -> str | None:
    """Return the link of the announced format, else of any."""
    return next((str(links[name]) for name in (row.format, *FORMATS) if links.get(name)), None)


def _written_out(url: str) -> str:
    """Return the URL with characters that no path may contain (spaces, beyond ASCII) percent-encoded."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{slash}{_NOT_IN_A_PATH.sub(lambda found: quote(found[0]), path)}"
