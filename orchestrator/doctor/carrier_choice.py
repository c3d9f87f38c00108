"""The carrier of a data folder: Telnyx, or the simulator."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from orchestrator.doctor.findings import Finding, unseen
from orchestrator.local_stack.data_folder import is_bound_to_simulator, read_addresses, stored_secret
from orchestrator.local_stack.environment import SIMULATED_CONNECTION
from orchestrator.settings import Settings

_LIVE = "telnyx.com"
_FOR_REAL = (
    "for real calls set the TELNYX_… variables (README), then `orchestrator up --carrier telnyx --data FOLDER` and "
    "`orchestrator doctor --data FOLDER`, in a folder of its own"
)


def is_telnyx(settings: Settings) -> bool:
    """Return whether calls go to Telnyx itself."""
    host = (urlsplit(settings.telnyx_base_url).hostname or "").lower()
    return host == _LIVE or host.endswith(f".{_LIVE}")


def with_simulator(settings: Settings, folder: Path) -> Settings:
    """Return the settings that the processes of a simulator's folder have; unchanged for every other folder.

    `telnyx_base_url` is empty where no simulator has run in it yet.
    """
    if not is_bound_to_simulator(folder):
        return settings
    addresses = read_addresses(folder)
    return settings.model_copy(
        update={
            "telnyx_base_url": addresses.get("carrier", ""),
            "telnyx_api_key": stored_secret(folder, "simulator_key") or SecretStr(""),
            "telnyx_public_key": addresses.get("public_key"),
            "telnyx_connection_id": SIMULATED_CONNECTION,
            "public_url": addresses.get("webhooks"),
        }
    )


def name_carrier(settings: Settings, folder: Path) -> Finding | None:
    """Return a finding that the carrier is not Telnyx and what is therefore unknown; None for Telnyx."""
    if is_telnyx(settings):
        return None
    other = f"{settings.telnyx_base_url}, which is not Telnyx"
    which = f"the simulator of {folder}" if is_bound_to_simulator(folder) else other
    detail = (
        f"{which}: no phone rings. Your Telnyx account (key, application, profile, numbers) and the way in from "
        "outside are not looked at"
    )
    return unseen("carrier", detail, _FOR_REAL)
