"""The link by which whoever starts a stack signs in to its web page."""

from __future__ import annotations

from urllib.parse import quote

import requests
from pydantic import SecretStr

_WAIT_S = 10.0


def page_address(api: str, api_key: SecretStr, *, path: str = "/") -> str:
    """Return an address that signs an admin in once and leads to `path`; without one, the page asks for a password."""
    headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"}
    try:
        answer = requests.post(f"{api}/v1/sign-in-links", json={"role": "admin"}, headers=headers, timeout=_WAIT_S)
        answer.raise_for_status()
        return f"{api}/sign-in/link/{answer.json()['token']}?next={quote(path, safe='')}"
    except requests.RequestException:
        return f"{api}/sign-in?next={quote(path, safe='')}"
