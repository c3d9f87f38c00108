"""The environment of the stack's own processes: the operator's for Telnyx, one made up for the simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.errors import Misconfigured
from orchestrator.local_stack.data_folder import SIMULATOR, Binding
from orchestrator.local_stack.options import Carrier, StackOptions
from orchestrator.settings import Settings

SIMULATED_CONNECTION = "simulated-connection"
_SIMULATED_LIMITS = (29.0, 500)
_TELNYX_NEEDS = {
    "TELNYX_API_KEY": "create a key in the portal under API Keys",
    "TELNYX_PUBLIC_KEY": "copy it from the portal, under Keys & Credentials",
    "TELNYX_CONNECTION_ID": "the id of your Voice API application",
    "ORCHESTRATOR_PUBLIC_URL": "where Telnyx reaches this machine, for example the address of a tunnel to --port",
}


@dataclass(frozen=True, kw_only=True)
class CarrierAccess:
    """How the stack's processes reach the carrier, and how the carrier reaches them."""

    base_url: str
    api_key: str
    public_key: str
    connection_id: str
    public_url: str


def telnyx_access(settings: Settings) -> CarrierAccess:
    """Return the access to the operator's Telnyx account; raises Misconfigured with every missing variable."""
    given = {
        "TELNYX_API_KEY": settings.telnyx_api_key.get_secret_value() if settings.telnyx_api_key else None,
        "TELNYX_PUBLIC_KEY": settings.telnyx_public_key,
        "TELNYX_CONNECTION_ID": settings.telnyx_connection_id,
        "ORCHESTRATOR_PUBLIC_URL": settings.public_url,
    }
    missing = [f"{name} ({_TELNYX_NEEDS[name]})" for name, value in given.items() if not value]
    if missing:
        raise Misconfigured(f"--carrier telnyx needs {'; '.join(missing)}")
    return CarrierAccess(
        base_url=settings.telnyx_base_url,
        api_key=str(given["TELNYX_API_KEY"]),
        public_key=str(given["TELNYX_PUBLIC_KEY"]),
        connection_id=str(given["TELNYX_CONNECTION_ID"]),
        public_url=str(given["ORCHESTRATOR_PUBLIC_URL"]),
    )


def binding(options: StackOptions, settings: Settings) -> Binding:
    """Return the binding of the data folder to its carrier; for the simulator it does not depend on the port."""
    if options.carrier is Carrier.SIMULATOR:
        return Binding(base_url=SIMULATOR, connection_id=SIMULATED_CONNECTION)
    return Binding(base_url=settings.telnyx_base_url.rstrip("/"), connection_id=settings.connection_id())


def limits(options: StackOptions, settings: Settings) -> tuple[float, int]:
    """Return the calls per second and the live calls that the connection starts with."""
    simulated = options.carrier is Carrier.SIMULATOR
    rate, channels = _SIMULATED_LIMITS if simulated else (settings.calls_per_second, settings.max_live_calls)
    return options.calls_per_second or rate, options.max_live_calls or channels


def store_environment(stores: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with the addresses of the stores."""
    return {"ORCHESTRATOR_REDIS_URL": stores["redis_url"], "ORCHESTRATOR_DATABASE_URL": stores["database_url"]}


def carrier_environment(access: CarrierAccess, *, calls_per_second: float, max_live_calls: int) -> dict[str, str]:
    """Return the variables with the address, credentials and limits of the carrier."""
    return {
        "TELNYX_BASE_URL": access.base_url,
        "TELNYX_API_KEY": access.api_key,
        "TELNYX_PUBLIC_KEY": access.public_key,
        "TELNYX_CONNECTION_ID": access.connection_id,
        "ORCHESTRATOR_PUBLIC_URL": access.public_url,
        "ORCHESTRATOR_CALLS_PER_SECOND": f"{calls_per_second:g}",
        "ORCHESTRATOR_MAX_LIVE_CALLS": str(max_live_calls),
    }
