"""The secrets published in docker-compose.yml: accepted with its simulator, refused with any other carrier."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from orchestrator.errors import Misconfigured

_SIMULATOR, _WEBHOOKS = "simulator", "webhooks"  # host names inside the network of the compose file
PUBLISHED: Mapping[str, str] = {
    "ORCHESTRATOR_API_KEY": "simulator-only",
    "TELNYX_API_KEY": "simulated-key",
    "TELNYX_PUBLIC_KEY": "D/tKqW9jpih98W6X9C+8RxFUwbw5LIGBA91a7qFouFw=",
    "POSTGRES_PASSWORD": "orchestrator",
    "FLOWER_PASSWORD": "simulator-only",
}


def refuse_published_secrets(given: Mapping[str, Collection[str]], *, carrier: str, public_url: str | None) -> None:
    """Raise Misconfigured naming each variable with a published value, unless carrier and webhooks are local.

    `given` has the values of each variable. Published values would let anybody sign webhooks, read results and start
    campaigns.
    """
    if urlsplit(carrier).hostname == _SIMULATOR and urlsplit(public_url or "").hostname in (None, _WEBHOOKS):
        return
    known = [name for name, value in PUBLISHED.items() if value in given.get(name, ())]
    if known:
        raise Misconfigured(
            f"{', '.join(known)}: docker-compose.yml shows these values to everybody, for its simulator alone, and the "
            f"carrier is {carrier}: set values of your own (.env.example; for a password `openssl rand -hex 24`)"
        )
