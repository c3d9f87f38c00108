"""The secrets that docker-compose.yml shows to everybody: enough for its simulator, and refused everywhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from orchestrator.errors import Misconfigured

_SIMULATOR, _ITS_DOOR = "simulator", "webhooks"  # names that only the compose file's own network knows
PUBLISHED: Mapping[str, str] = {
    "ORCHESTRATOR_API_KEY": "simulator-only",
    "TELNYX_API_KEY": "simulated-key",
    "TELNYX_PUBLIC_KEY": "D/tKqW9jpih98W6X9C+8RxFUwbw5LIGBA91a7qFouFw=",
    "POSTGRES_PASSWORD": "orchestrator",
    "FLOWER_PASSWORD": "simulator-only",
}


def refuse_published_secrets(given: Mapping[str, Collection[str]], *, carrier: str, public_url: str | None) -> None:
    """Raise Misconfigured, naming each variable that has its published value, unless nobody outside can come in.

    `given` are the values of each. Whoever reads the file could sign webhooks, read the results and start campaigns.
    """
    if urlsplit(carrier).hostname == _SIMULATOR and urlsplit(public_url or "").hostname in (None, _ITS_DOOR):
        return
    known = [name for name, value in PUBLISHED.items() if value in given.get(name, ())]
    if known:
        raise Misconfigured(
            f"{', '.join(known)}: docker-compose.yml shows these values to everybody, for its simulator alone, and the "
            f"carrier is {carrier}: set values of your own (.env.example; for a password `openssl rand -hex 24`)"
        )
