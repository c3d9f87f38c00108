"""People who sign in to the web page: one with a password given on the command line of a container, one by a link."""

from __future__ import annotations

import re

import requests

from orchestrator_client import Client
from tests.compose.campaigns import API
from tests.compose.claims import claim, say
from tests.compose.containers import Containers

_LOGIN, _PASSWORD = "ada@example.com", "a long password of a test"
_FROM_HERE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


def sign_in_both_ways(containers: Containers, client: Client, *, sees: str) -> None:
    """Sign in with a password and by a link; each time the front page must show `sees`."""
    add = ("exec", "-T", "api", "orchestrator", "user", "add", _LOGIN, "--role", "operator", "--password-file", "-")
    added = containers.ask(*add, typed=f"{_PASSWORD}\n")
    claim("may sign in as operator" in added.stdout, f"no user: {added.stdout}{added.stderr}")
    _sign_in("/sign-in", {"login": _LOGIN, "password": _PASSWORD}, sees=sees)
    token = client.sign_in_links.create(role="viewer")["token"]
    _sign_in(f"/sign-in/link/{token}", {}, sees=sees)
    say("the front page is seen by a user with a password, and by a link")


def _sign_in(path: str, fields: dict[str, str], *, sees: str) -> None:
    with requests.Session() as browser:
        browser.headers.update(_FROM_HERE)
        form = browser.get(API + path, timeout=30).text
        csrf = re.search(r'name="csrf" value="([^"]*)"', form)
        sent = {**fields, **({"csrf": csrf[1]} if csrf else {}), "next": "/"}
        front = browser.post(API + path, data=sent, timeout=30)
        claim(front.ok and sees in front.text, f"{path}: {front.status_code} {front.url} does not show {sees}")
