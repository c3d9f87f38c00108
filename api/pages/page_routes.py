"""The table of pages: address, method, and the role that each needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from api.http.routes import Body, Route
from orchestrator.policy.roles import Role

View = Callable[..., Any]

FORM_BYTES = 64 * 1024
"""What a form may carry unless its page asks for more."""


@dataclass(frozen=True, kw_only=True)
class PageRoute:
    """One address and method. `needs` is None where nobody has to have signed in.

    A fragment is a part of a page that the script asks for again and again: it is no sign that somebody is there.
    """

    method: str
    path: str
    view: View
    needs: Role | None
    is_fragment: bool = False
    max_bytes: int = FORM_BYTES

    def for_server(self) -> Route:
        """Return what the server is to know: how long a form may be, and what the log calls the address."""
        is_upload = self.max_bytes > FORM_BYTES
        media = ("multipart/form-data",) if is_upload else ("application/x-www-form-urlencoded",)
        body = Body(media=media, max_bytes=self.max_bytes, is_streamed=is_upload) if self.method == "POST" else None
        return Route(
            method=self.method, path=self.path, view=self.view, tag="pages", body=body, is_polled=self.is_fragment
        )


class Pages:
    """Collects the pages of one file."""

    def __init__(self) -> None:
        self.routes: list[PageRoute] = []

    def show(self, path: str, *, needs: Role | None = Role.VIEWER, is_fragment: bool = False) -> Callable[[View], View]:
        """Enter the decorated view as the page at `path`."""
        return self._enter("GET", path, needs=needs, is_fragment=is_fragment)

    def form(
        self, path: str, *, needs: Role | None = Role.OPERATOR, max_bytes: int = FORM_BYTES
    ) -> Callable[[View], View]:
        """Enter the decorated view as what takes the form that is sent to `path`."""
        return self._enter("POST", path, needs=needs, max_bytes=max_bytes)

    def _enter(self, method: str, path: str, **more: Any) -> Callable[[View], View]:
        def enter(view: View) -> View:
            self.routes.append(PageRoute(method=method, path=path, view=view, **more))
            return view

        return enter
