"""The web page as a whole: every address of it, and what is checked before its view is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule
from werkzeug.wrappers import Request

from api.http.audit import views_by_path
from api.http.auth import Actor
from api.http.path_ids import check_ids
from api.http.problems import to_problem
from api.http.routes import Route
from api.pages import catalogue
from api.pages.cookies import session_token
from api.pages.errors import error_page, is_asked_by_browser
from api.pages.forgery import refuse_other_sessions, refuse_other_sites
from api.pages.live import LiveParts
from api.pages.local_paths import see_other
from api.pages.page_routes import PageRoute
from api.pages.rendering import Renderer
from api.pages.security_headers import secure
from api.pages.static_files import StaticFiles
from api.pages.strangers import bears_session
from api.pages.visit import RestRoutes, RoleNeeded, Site, Visit
from api.pages.watching import Watching
from api.server.in_loop import IfReady
from api.server.plain import Plain, plain_for
from api.server.request_head import Head
from api.server.wsgi import environ_of
from orchestrator.errors import Conflict, InvalidInput, LimitReached
from orchestrator.operations.access.manage_keys import digest_of
from orchestrator.operations.access.sign_in import Session, find_session, find_watching_sessions
from orchestrator.services import Services

_ENDPOINT = "page "
_STATIC = "static file"
_COOKIES_READ_AT_ONCE = 1024
_MOST_IN_FIELDS = 4 * 1024**2  # all else of a form are files, which are not held in memory


def routes_for_server() -> list[Route]:
    """Return the addresses of pages as the server knows them, those without variables first."""
    return [page.for_server() for page in sorted(catalogue.ROUTES, key=lambda page: "{" in page.path)]


def rules() -> list[Rule]:
    """Return one rule for each address of the web page."""
    paths = dict.fromkeys(route.path for route in catalogue.ROUTES)
    return [
        Rule("/static/<name>", endpoint=_STATIC, methods=["GET"]),
        *(Rule(path.replace("{", "<").replace("}", ">"), endpoint=_ENDPOINT + path) for path in paths),
    ]


def install(app: Flask, services: Services, rest_routes: tuple[Route, ...]) -> IfReady:
    """Give `app` the views of the web page, over the `rest_routes` that it serves.

    Returns what answers those whose pages ask by themselves with what was just made for others.
    """
    static, renderer = _files_and_templates()
    shared = Site(RestRoutes(rest_routes, views_by_path(rest_routes)), renderer, LiveParts())
    desk = _Desk(services, shared)
    app.view_functions[_STATIC] = lambda name: secure(static.answer(name))
    by_path: dict[str, dict[str, PageRoute]] = {}
    for route in catalogue.ROUTES:
        by_path.setdefault(route.path, {})[route.method] = route
    for path, by_method in by_path.items():
        app.view_functions[_ENDPOINT + path] = desk.handler(by_method)
    app.register_error_handler(Exception, desk.to_answer)
    return desk.answer_if_ready


@cache
def _files_and_templates() -> tuple[StaticFiles, Renderer]:
    """Return what is the same for every application: read and compiled once a process."""
    static = StaticFiles()
    return static, Renderer(static)


class _Desk:
    """Answers requests to pages."""

    def __init__(self, services: Services, site: Site) -> None:
        self._services, self._site = services, site
        self._watching = Watching(self._watching_sessions)

    def handler(self, by_method: dict[str, PageRoute]) -> Callable[..., Response]:
        """Return what answers the requests to one address."""
        methods = by_method | ({"HEAD": by_method["GET"]} if "GET" in by_method else {})

        def handle(**ids: str) -> Response:
            if request.method not in methods:
                raise MethodNotAllowed(list(methods))
            return secure(self._answer(methods[request.method], ids))

        return handle

    def answer_if_ready(self, head: Head) -> Plain | None:
        """Return what a view would answer, if the session was just read and the part just made; never waits.

        That it was made for this role at this address says that the role may see it. A thread is to read many cookies.
        """
        if not bears_session(head) or len(head.headers[b"cookie"]) > _COOKIES_READ_AT_ONCE:
            return None
        asked = Request(environ_of(head, BytesIO(), length=0, peer=None, here=None))
        token = session_token(asked)
        session = self._watching.session_if_ready(digest_of(token)) if token else None
        response = self._site.live.answer_if_ready(asked, session.role) if session else None
        return plain_for(asked, secure(response)) if response else None

    def to_answer(self, error: Exception) -> Response:
        """Return the answer to an error: a page for people, and a problem document for programs."""
        is_page = request.url_rule is not None and request.url_rule.endpoint.startswith(_ENDPOINT)
        if not is_page and not (request.url_rule is None and is_asked_by_browser()):
            return to_problem(error)
        return error_page(self._site.renderer, error)

    def _answer(self, route: PageRoute, ids: dict[str, str]) -> Response:
        check_ids(ids)
        if route.method == "POST":
            refuse_other_sites(request)
        session = self._session(route)
        if route.needs is not None:
            if session is None:
                return _to_sign_in(route)
            g.actor = Actor(session.name, session.role, user_id=session.user_id)
            if not session.role.includes(route.needs):
                raise RoleNeeded(route.needs)
        request.max_form_memory_size = min(route.max_bytes, _MOST_IN_FIELDS)
        visit = Visit(self._services, self._site, session)
        if route.method == "POST" and route.needs is not None:
            refuse_other_sessions(request, visit.csrf)
        try:
            answered: Response = route.view(visit, **ids)
        except (Conflict, InvalidInput, LimitReached) as refused:
            if route.method != "POST" or "back" not in request.form:
                raise
            return visit.go("/", _sentence(refused), kind="wrong")
        return answered

    def _session(self, route: PageRoute) -> Session | None:
        token = session_token(request)
        if token is None:
            return None
        if route.is_fragment:
            return self._watching.session(digest_of(token))
        return find_session(token, now=self._services.clock(), sql=self._services.sql)

    def _watching_sessions(self, digests: Sequence[bytes]) -> dict[bytes, Session]:
        return find_watching_sessions(digests, now=self._services.clock(), sql=self._services.sql)


def _to_sign_in(route: PageRoute) -> Response:
    """Send a stranger to sign in and then back here; the script that asks for a fragment is only told to stop."""
    if route.is_fragment:
        return Response(status=401)
    asked = request.full_path.rstrip("?") if route.method == "GET" else "/"
    return see_other(f"/sign-in?next={quote(asked, safe='')}")


def _sentence(refused: Conflict | InvalidInput | LimitReached) -> str:
    match refused:
        case InvalidInput():
            return "; ".join(f"{each['pointer'].strip('/')}: {each['detail']}".lstrip(": ") for each in refused.errors)
        case Conflict() if refused.errors:
            return f"{refused.detail} {'; '.join(each['detail'] for each in refused.errors)}"
        case _:
            return refused.detail
