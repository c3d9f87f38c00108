"""Erasures: removes the personal data of a number from every campaign and every call."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from api.http.routes import Resource
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.policy.phone.field import Number
from orchestrator.services import Services

resource = Resource("contacts")


class NewErasure(BaseModel):
    """The number of the person to erase."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: Number


class ErasureView(BaseModel):
    """The number of contacts and calls that were erased; those erased before are not counted again."""

    contacts: int
    calls: int


@resource.route("POST", "/v1/erasures", body=NewErasure, gives={200: ErasureView}, fails=(409, 422))
def erase(services: Services, body: NewErasure) -> ErasureView:
    """Erase a person by number.

    In every campaign, in single calls and in calls that came in, like `DELETE /v1/contacts/{contact_id}`. An opt-out of
    the number stays. Safe to repeat; while a call with the number is under way nothing is erased: 409.
    """
    done = erase_number(
        body.phone,
        sql=services.sql,
        client=services.redis,
        keys=services.keys,
        archive=services.recordings,
        data_dir=services.settings.data_dir,
    )
    return ErasureView(contacts=done.contacts, calls=done.calls)
