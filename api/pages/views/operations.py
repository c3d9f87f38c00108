"""Operations: what is checked, what waits, and what failed for good and can be tried again."""

from __future__ import annotations

from typing import Any

from flask import Response

from api.http.pagination import Page, PageQuery
from api.pages import operations_words
from api.pages.operations_words import Readings
from api.pages.page_routes import Pages
from api.pages.visit import View, Visit
from api.resources import events, health
from api.resources.events import KeptEvent
from orchestrator.errors import NotFound

pages = Pages()

_NEWEST = 5
_SHOWN = 25
_DEAD = "/operations/dead"


@pages.show("/operations")
def show(visit: Visit) -> Response:
    """Show how the installation is."""
    return visit.page("operations.html", **_values(visit))


@pages.show("/operations/live", is_fragment=True)
def live(visit: Visit) -> Response:
    """Show how it is now."""
    return visit.live("operations_live.html", lambda: _values(visit))


@pages.show(_DEAD)
def dead(visit: Visit) -> Response:
    """List dead letters."""
    return _list(visit, "dead_letters.html", events.dead(visit.services, visit.asked(events.LETTERS, limit=_SHOWN)))


@pages.show("/operations/orphans")
def orphans(visit: Visit) -> Response:
    """List webhooks that belong to no known call."""
    return _list(visit, "orphans.html", events.orphans(visit.services, visit.asked(events.LETTERS, limit=_SHOWN)))


@pages.form("/operations/dead/{letter_id}/replay")
def replay(visit: Visit, letter_id: str) -> Response:
    """Try a dead letter again."""
    return _done(visit, events.replay, letter_id, "It is tried again. What fails once more comes back here.")


@pages.form("/operations/dead/{letter_id}/discard")
def discard(visit: Visit, letter_id: str) -> Response:
    """Throw a dead letter away."""
    return _done(visit, events.discard, letter_id, "It is thrown away.")


def _done(visit: Visit, view: View, letter_id: str, said: str) -> Response:
    try:
        visit.act(view, letter_id=letter_id)
    except NotFound:
        return visit.go(_DEAD, "This dead letter is not there any more: somebody was faster.", kind="wrong")
    return visit.go(_DEAD, said)


def _list(visit: Visit, template: str, page: Page[KeptEvent]) -> Response:
    return visit.page(template, kept=page.data, query=visit.filters("cursor"), next_cursor=page.next_cursor)


def _values(visit: Visit) -> dict[str, Any]:
    readings = Readings(health.read_metrics(visit.services))
    # Where Redis did not answer, the page says that, and does not wait for it once more.
    has_letters = bool(readings.value("dead_letters"))
    newest = events.dead(visit.services, PageQuery(limit=_NEWEST)).data if has_letters else []
    checks = health.read_checks(visit.services)
    return {
        "checks": checks,
        "check_words": operations_words.check,
        "is_ready": all(each.ok for each in checks if each.is_vital),
        "readings": readings,
        "flower_url": visit.services.settings.flower_url,
        "letters": newest,
        # In a breath with the readings: where Redis did not give those, it is not waited for once more.
        "processes": health.processes(visit.services).data if readings.streams else None,
    }
