"""Carries a form out once, however often it is sent: a click that is made twice does not call twice."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response

from api.http.idempotency import digest_of, once_under
from orchestrator.errors import Conflict, FieldError, InvalidInput, OrchestratorError
from orchestrator.services import Services


def carried_out_once(
    services: Services, key: str, *, scope: str, sent: bytes, respond: Callable[[], Response]
) -> Response:
    """Return the response to what is sent under a key; a repeat gets that of the first.

    Raises what `respond` raises, and for a repeat of what was refused InvalidInput or Conflict, as REST told it.
    """
    raised: list[Exception] = []

    def tell() -> Response:
        try:
            return respond()
        except Exception as err:
            raised.append(err)
            raise

    digests = {"scope": digest_of("page", scope), "sent": digest_of(sent)}
    response = once_under(digest_of(key), **digests, services=services, respond=tell)
    if raised:
        raise raised[0]
    if response.status_code >= 400:
        raise _refusal(response)
    return response


def _refusal(response: Response) -> OrchestratorError:
    told = response.get_json()
    wrong = [FieldError(each["pointer"], each["code"], each["detail"]) for each in told.get("errors", [])]
    return InvalidInput(wrong) if response.status_code == 422 else Conflict(told["code"], told["detail"], errors=wrong)
