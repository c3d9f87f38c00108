"""Creates, changes and deletes webhook endpoints."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Engine, Row

from orchestrator.errors import Conflict, FieldError, InvalidInput, NotFound
from orchestrator.operations.access.audit import concerns, was_made
from orchestrator.operations.notify.webhook_signature import new_secret
from orchestrator.policy.webhook_endpoint import MOST_ENDPOINTS, NewWebhookEndpoint, WebhookEndpointChanges
from orchestrator.store.sql import webhook_endpoints as endpoints
from orchestrator.store.sql.expected_rows import Expects, whatever_it_is
from orchestrator.web.ssrf_guard import Refused, admit_encrypted

BY_REQUEST: Final = "by_request"

_SOMEWHERE = "1.1.1.1"  # stands for the address of a name: that is looked up, and checked, at every delivery


def create_endpoint(wanted: NewWebhookEndpoint, *, endpoint_id: str, trusted: Collection[str], sql: Engine) -> Row[Any]:
    """Store an endpoint and return it, its secret included; the same id again returns the stored one.

    Raises InvalidInput for an address that nothing would be sent to, Conflict where there are too many.
    """
    _check_url(wanted.url, trusted)
    secret = wanted.secret.get_secret_value() if wanted.secret else new_secret()
    concerns(endpoint_id)
    with sql.begin() as tx:
        if endpoints.count_endpoints(tx) >= MOST_ENDPOINTS and not endpoints.find_endpoint(tx, endpoint_id):
            raise Conflict("too_many_endpoints", f"There are {MOST_ENDPOINTS} endpoints already; delete one first.")
        row = {"id": endpoint_id, "url": wanted.url, "events": [*wanted.events], "secret": secret}
        endpoints.insert_endpoint(tx, row)
        return found_endpoint(endpoints.find_endpoint(tx, endpoint_id), endpoint_id)


def change_endpoint(
    endpoint_id: str,
    changes: WebhookEndpointChanges,
    *,
    trusted: Collection[str],
    expects: Expects = whatever_it_is,
    sql: Engine,
) -> Row[Any]:
    """Change the given fields and return the endpoint; raises InvalidInput as `create_endpoint`."""
    if changes.url is not None:
        _check_url(changes.url, trusted)
    columns = changes.model_dump(mode="json", exclude_none=True, include={"url", "events"})
    with sql.begin() as tx:
        expects(found_endpoint(endpoints.lock_endpoint(tx, endpoint_id), endpoint_id)._mapping)
        if columns:
            endpoints.update_endpoint(tx, endpoint_id, columns)
        if changes.secret is not None:
            endpoints.rotate_secret(tx, endpoint_id, changes.secret.get_secret_value())
        if changes.enabled is True:
            endpoints.enable_endpoint(tx, endpoint_id)
        elif changes.enabled is False:
            endpoints.disable_endpoint(tx, endpoint_id, BY_REQUEST)
        return found_endpoint(endpoints.find_endpoint(tx, endpoint_id), endpoint_id)


def rotate_secret(endpoint_id: str, secret: SecretStr | None, *, sql: Engine) -> Row[Any]:
    """Give an endpoint this secret, or a new one, and return it; the one before signs too, for a day."""
    with sql.begin() as tx:
        found_endpoint(endpoints.find_endpoint(tx, endpoint_id), endpoint_id)
        if not was_made(tx):  # once more would end the secret that receivers know
            endpoints.rotate_secret(tx, endpoint_id, secret.get_secret_value() if secret else new_secret())
        return found_endpoint(endpoints.find_endpoint(tx, endpoint_id), endpoint_id)


def delete_endpoint(endpoint_id: str, *, sql: Engine) -> None:
    """Delete an endpoint; what it was to receive is delivered to nobody. Raises NotFound without one."""
    with sql.begin() as tx:
        if not endpoints.mark_deleted(tx, endpoint_id):
            raise NotFound("webhook endpoint", endpoint_id)


def found_endpoint(row: Row[Any] | None, endpoint_id: str) -> Row[Any]:
    """Return `row`, or raise NotFound for an endpoint that is not there."""
    if row is None:
        raise NotFound("webhook endpoint", endpoint_id)
    return row


def _check_url(url: str, trusted: Collection[str]) -> None:
    admitted = admit_encrypted(url, trusted=trusted, resolve=lambda host, _port: [_address_in(host)])
    if isinstance(admitted, Refused):
        raise InvalidInput([FieldError("/url", admitted.code, admitted.detail)])


def _address_in(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return "127.0.0.1" if host.lower().removesuffix(".") == "localhost" else _SOMEWHERE
