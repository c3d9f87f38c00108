"""Fields for what a flow wants to know of a person."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from api.pages.visit import Visit


@dataclass(frozen=True)
class InputField:
    """An input of a flow: whether it must be filled in, and what is taken where it is not."""

    name: str
    is_required: bool
    default: str


def inputs_of(visit: Visit, flow_id: str) -> list[InputField]:
    """Return the inputs of a version of a flow."""
    flow = visit.services.flows.find(flow_id)
    return [
        InputField(name, wanted.is_required, "" if wanted.default is None else str(wanted.default))
        for name, wanted in (flow.inputs.items() if flow else ())
    ]


def sent_inputs(inputs: list[InputField]) -> dict[str, str]:
    """Return what was filled in, by the names of the inputs."""
    sent = {each.name: request.form.get(f"variables.{each.name}", "").strip() for each in inputs}
    return {name: value for name, value in sent.items() if value}
