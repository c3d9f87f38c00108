"""Settings and command-line arguments, valid and invalid."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from simulator.callees.callee import Kind
from simulator.cli import main
from simulator.settings import Settings, parse_mix


def test_a_mix_is_parsed() -> None:
    assert parse_mix("human=45, machine=20") == {Kind.HUMAN: 45, Kind.MACHINE: 20}


@pytest.mark.parametrize("text", ["human", "human=x", "robot=1", "human=0", "", "human=2,busy=-1"])
def test_an_invalid_mix_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_mix(text)


@pytest.mark.parametrize("wrong", [{"time_scale": 0}, {"port": 70_000}, {"signing_seed": "00"}, {"channels": -1}])
def test_invalid_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)


@pytest.mark.parametrize(
    "arguments",
    [["--faults", '{"unheard_of": 1}'], ["--faults", "/no/such/file"], ["--mix", "robot=1"], ["--time-scale", "0"]],
)
def test_an_invalid_argument_exits_with_a_reason(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)

    assert exit_info.value.code == 2
    assert "error:" in capsys.readouterr().err
