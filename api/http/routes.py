"""The table of routes: input, answers and errors of each; the app and the OpenAPI document are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from api.http.responses import Tagged
from orchestrator.policy.roles import Role

View = Callable[..., Any]
Idempotency = Literal["none", "optional", "required"]
Media = str

DEFAULT_MAX_BYTES = 1_048_576


@dataclass(frozen=True, kw_only=True)
class Body:
    """What a request carries: JSON for a `model`, or another format, whole (bytes) or as a stream.

    `refused` are fields of the model that this address does not take; its view says so.
    """

    model: type[BaseModel] | None = None
    media: tuple[Media, ...] = ("application/json",)
    max_bytes: int = DEFAULT_MAX_BYTES
    is_streamed: bool = False
    may_be_missing: bool = False
    is_any_media: bool = False
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address and method (and media type, where several share them).

    What is `is_polled` is asked again and again by pages that are open.
    """

    method: str
    path: str
    view: View
    tag: str
    query: type[BaseModel] | None = None
    body: Body | None = None
    gives: Mapping[int, type[BaseModel] | tuple[Media, ...] | None] = field(default_factory=dict)
    fails: tuple[int, ...] = ()
    idempotency: Idempotency = "none"
    role: Role | None = None
    is_conditional: bool = False
    is_polled: bool = False

    @property
    def needs(self) -> Role:
        """The role that a key must have: to read, a viewer's; to change something, an operator's, unless it says so."""
        return self.role or (Role.VIEWER if self.method == "GET" else Role.OPERATOR)

    @property
    def is_audited(self) -> bool:
        """Whether it may change something, so that what it does is recorded."""
        return self.method != "GET" and not self.is_open and self.needs is not Role.VIEWER

    @property
    def is_open(self) -> bool:
        """Whether no API key is asked for."""
        return not self.path.startswith("/v1/")

    @property
    def is_tagged(self) -> bool:
        """Whether its answer carries an ETag."""
        return any(isinstance(given, type) and issubclass(given, Tagged) for given in self.gives.values())

    @property
    def takes_if_match(self) -> bool:
        """Whether a change may say which version it was made of, or something else what version it is meant for."""
        return self.is_conditional or (self.method in ("PATCH", "PUT") and self.is_tagged)

    @property
    def summary(self) -> str:
        """The first line of the view's docstring."""
        return cleandoc(self.view.__doc__ or "").split("\n", 1)[0]

    @property
    def description(self) -> str:
        """The rest of the view's docstring."""
        return cleandoc(self.view.__doc__ or "").partition("\n")[2].strip()


class NoQuery(BaseModel):
    """What an address without parameters takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Resource:
    """Collects the routes of one file."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        gives: Mapping[int, type[BaseModel] | tuple[Media, ...] | None],
        query: type[BaseModel] | None = None,
        body: type[BaseModel] | Body | None = None,
        fails: Iterable[int] = (),
        idempotency: Idempotency = "none",
        role: Role | None = None,
        is_conditional: bool = False,
    ) -> Callable[[View], View]:
        """Enter the decorated view under `method` and `path`."""
        carried = Body(model=body) if isinstance(body, type) else body

        def enter(view: View) -> View:
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    view=view,
                    tag=self.tag,
                    query=query,
                    body=carried,
                    gives=gives,
                    fails=tuple(fails),
                    idempotency=idempotency,
                    role=role,
                    is_conditional=is_conditional,
                )
            )
            return view

        return enter
