"""Somebody who visits the web page, without a script: cookies are kept, forms carry what a browser would send."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from orchestrator.operations.access.sign_in import SignedIn, create_sign_in_link, use_sign_in_link
from orchestrator.policy.roles import Role
from orchestrator.services import Services

FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


class Visitor:
    """A browser with its cookies; signed in with a role unless that is None."""

    def __init__(self, app: Flask, services: Services, role: Role | None = Role.ADMIN) -> None:
        self.client = app.test_client()
        self.csrf = ""
        if role is not None:
            now = services.clock()
            link = create_sign_in_link(role, by="tests", now=now, sql=services.sql)
            signed_in = use_sign_in_link(link, now=now, sql=services.sql)
            assert signed_in is not None
            self.enter(signed_in)

    def enter(self, signed_in: SignedIn) -> None:
        """Go on as who has just signed in."""
        self.csrf = signed_in.session.csrf
        self.client.set_cookie("session", signed_in.token)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers={"Accept": "text/html", **_named(headers)})

    def send(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """Send a form from a page of this site, with the token of the session unless it has another."""
        fields = {"csrf": self.csrf, **(form or {})}
        return self.client.post(path, data=fields, headers={"Accept": "text/html", **FROM_HERE, **_named(headers)})

    def follow(self, answer: TestResponse) -> TestResponse:
        """Open the page that a form leads to."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["Location"])


def text_of(answer: TestResponse) -> str:
    """Return what of a page can be read, in one line."""
    without = re.sub(r"<(head|script|svg).*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", without).strip()


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
