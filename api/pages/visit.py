"""One request to the web page: who sends it, what that person may do, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from flask import Response, g, request
from markupsafe import Markup
from pydantic import BaseModel

from api.http.audit import Views, audited
from api.http.request_parsing import Model, parse_fields, parse_json
from api.http.responses import answer
from api.http.routes import Route
from api.pages.cookies import Said, drop_said, read_said, set_said
from api.pages.live import LiveParts
from api.pages.local_paths import local_path, see_other
from api.pages.once import carried_out_once
from api.pages.rendering import Renderer
from api.resources import dialing
from orchestrator.operations.access.sign_in import Session
from orchestrator.policy.roles import Role
from orchestrator.services import Services

View = Callable[..., Any]


class RoleNeeded(Exception):
    """Raised when somebody does what a role is needed for that the person lacks."""

    def __init__(self, needed: Role) -> None:
        super().__init__(f"This needs the role {needed}.")
        self.needed = needed


class RestRoutes:
    """What REST can do, by the view that does it."""

    def __init__(self, routes: tuple[Route, ...], views: Views) -> None:
        self._by_view = {route.view: route for route in routes}
        self.views = views
        first_sentences = ((route, route.summary.partition(". ")[0].rstrip(".")) for route in reversed(routes))
        self._said = {f"{route.method} {route.path}": said for route, said in first_sentences}

    def words_of(self, action: str) -> str:
        """Return what was done, as the first sentence of REST's reference; what is no request is said as it is."""
        said = self._said.get(action, action).replace("`", "")
        return said[:1].upper() + said[1:]

    def of(self, view: View) -> Route:
        """Return the route of a view."""
        return self._by_view[view]


class Site(NamedTuple):
    """What all requests share."""

    rest: RestRoutes
    renderer: Renderer
    live: LiveParts


class Visit:
    """A request; `session` is None for somebody who has not signed in."""

    def __init__(self, services: Services, site: Site, session: Session | None) -> None:
        self.services, self._site, self.session = services, site, session

    # -- who it is -------------------------------------------------------------------------------------------------

    def may(self, needed: Role | str) -> bool:
        """Say whether the person has at least this role: what is not allowed is not shown."""
        return self.session is not None and self.session.role.includes(Role(needed))

    @property
    def csrf(self) -> str:
        """Return the token that each form carries."""
        return self.session.csrf if self.session else ""

    def words_of(self, action: str) -> str:
        """Return in words what somebody did, by the request that is on record."""
        return self._site.rest.words_of(action)

    # -- what it does ----------------------------------------------------------------------------------------------

    def act(
        self,
        view: View,
        body: Mapping[str, Any] | None = None,
        *,
        raw: Any = None,
        query: Any = None,
        seen: str = "",
        media: str = "",
        besides: Mapping[str, Any] | None = None,
        **ids: str,
    ) -> Any:
        """Do what REST does at this view's address, with its check of role and body, and record it alike.

        `raw` is the body of a view that takes bytes or a file, of the media type `media`; `query` is the view's model,
        left out its defaults; `besides` is what it takes from the page alone; `seen` is the ETag of what the form was
        made of. A form with the field of `ui.once()` is carried out once where REST takes an Idempotency-Key. Returns
        the answer as JSON says it, None for an empty one. Raises what the view raises, InvalidInput for a body that it
        would refuse, RoleNeeded, and ChangedMeanwhile for what is not `seen`.
        """
        route = self._site.rest.of(view)
        if not self.may(route.needs):
            raise RoleNeeded(route.needs)
        if seen:
            g.if_match = [seen]
        if media:
            g.media_of_body = media
        parsed: dict[str, Any] = dict(besides or {})
        if route.body:
            parsed["body"] = parse_json(orjson.dumps(body or {}), route.body.model) if route.body.model else raw
        if route.query:
            parsed["query"] = query or route.query()

        def respond() -> Response:
            returned = view(self.services, **ids, **parsed)
            return answer(returned) if isinstance(returned, BaseModel) else returned

        def record() -> Response:
            return audited(self.services, route, ids, self._site.rest.views, respond)

        key = self.form("once") if route.idempotency != "none" else ""
        if key:
            key = f"{key} {route.path}"  # one form may do several things
            sent = orjson.dumps([body, ids], option=orjson.OPT_SORT_KEYS)
            scope = f"{route.method} {route.path} {self.csrf}"
            response = carried_out_once(self.services, key, scope=scope, sent=sent, respond=record)
        else:
            response = record()
        return orjson.loads(response.get_data()) if response.is_json else None

    def asked(self, model: type[Model], **fixed: Any) -> Model:
        """Return the query of this address as `model`; what is empty was not asked. Raises InvalidInput."""
        return parse_fields({**self.filters(*model.model_fields), **fixed}, model)

    def filters(self, *names: str) -> dict[str, str]:
        """Return those of these parameters of this address that say something, for the links of a list."""
        return {name: value for name, value in request.args.items() if value and name in names}

    def form(self, name: str, otherwise: str = "") -> str:
        """Return a field of the form that was sent, without white space around it."""
        return request.form.get(name, otherwise).strip()

    # -- what is answered ------------------------------------------------------------------------------------------

    def page(self, template: str, /, *, status: int = 200, **values: Any) -> Response:
        """Return a whole page."""
        said = read_said(request)
        whole = {"stop": self._stop(), "said": said, "path": request.path, "csrf": self.csrf, **values}
        response = Response(self._render(template, whole), status=status, content_type="text/html; charset=utf-8")
        if said:
            drop_said(response)
        return response

    def live(self, template: str | None, values: Callable[[], Mapping[str, Any]]) -> Response:
        """Return what changes by itself on a page: the banner, and `template` filled with what `values` returns.

        It is asked every two seconds by each viewer, and made once in that time for all with the same role: a template
        that is live shows nothing of the person who looks, and no form but those of `ui.action`: there is no token.
        """

        def render() -> str:
            shown = {"stop": self._stop(), "live_template": template, "path": local_path(request.args.get("on"))}
            return self._render("live.html", {**shown, **values()})

        return self._site.live.answer(self.session.role if self.session else "", render)

    def part(self, template: str, of: str, values: Callable[[], Mapping[str, Any]], *, for_s: float) -> Markup:
        """Return a part of a page that is made again only after `for_s` seconds, for all who look; `of` is its subject.

        Like a live part it shows nothing of the person who looks.
        """

        def render() -> Markup:
            return Markup(self._render(template, values()))  # noqa: S704 a template escapes by itself

        made: Markup = self._site.live.kept((template, of), for_s, render)
        return made

    def go(self, path: str, said: str | None = None, *, kind: str = "done") -> Response:
        """Send the browser to a page of this site, where `said` stands at the top; `wrong` says that nothing was done.

        A form that names another page in its field `back` is followed there.
        """
        response = see_other(local_path(request.form.get("back"), otherwise=path))
        if said:
            set_said(response, request, Said("wrong" if kind == "wrong" else "done", said))
        return response

    def _stop(self) -> Any:
        return dialing.show(self.services) if self.session else None

    def _render(self, template: str, values: Mapping[str, Any]) -> str:
        return self._site.renderer.render(template, visit=self, now=self.services.clock(), **values)
