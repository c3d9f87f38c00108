"""Gather: digits are collected without a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.call.gather import Gather, Plan
from simulator.commands.asking import limits, seconds
from simulator.commands.base import Body, Command, Shape
from simulator.commands.shared_fields import DIGITS, DIGITS_ASCEND, IDENTITY
from simulator.schema.fields import Text, Whole
from simulator.state.leg import Leg

if TYPE_CHECKING:
    from simulator.world import World


def _gather(world: World, leg: Leg, body: Body) -> None:
    plan = Plan(
        **limits(body),
        first_digit_s=seconds(body, "initial_timeout_millis", otherwise=5_000),
        whole_s=seconds(body, "timeout_millis", otherwise=60_000),
    )
    Gather(world, leg, plan).begin()


GATHER = Command(
    action="gather",
    shape=Shape(
        fields={
            **IDENTITY,
            **DIGITS,
            "gather_id": Text(least=1, most=40),
            "initial_timeout_millis": Whole(least=1, most=120_000, code="90056"),
        },
        conditions=(DIGITS_ASCEND,),
    ),
    effect=_gather,
)
