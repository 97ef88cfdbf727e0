"""What is told when a step fails or takes too long: machine, state, first boot, last lines."""

from __future__ import annotations

import pytest

from owlab import Lab, runner
from owlab.command import Command
from owlab.errors import CheckFailed, CommandError, CommandTimeout
from owlab.step import Check, Evidence, Step, on_master


@pytest.fixture
def lab(multipass, tmp_path, monkeypatch) -> Lab:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path / "home"))
    return Lab.open("sick", provider="multipass")


@pytest.fixture
def carry_out(lab, monkeypatch):
    """Carry out a step with one command, whose check is never true."""

    def perform(text: str, timeout: float = 20) -> None:
        step = Step(
            key="k3s.try",
            section="1.3",
            title="try",
            commands=lambda lab, machine: iter([Command(text, on=machine, timeout=timeout)]),
            check=lambda lab, machine: Check((Evidence("a file", False, "not there"),)),
            where=on_master,
            deadline=0.2,
            diagnose=lambda lab, machine: f"events of {machine}",
        )
        runner.perform(lab, step)

    return perform


def test_a_command_that_takes_too_long(carry_out, multipass):
    multipass.add("master", cloud_init="running")
    with pytest.raises(CommandTimeout) as caught:
        carry_out("echo still pulling; sleep 30", timeout=3)
    told = str(caught.value)
    for part in (
        "1.3 try on master",
        "did not end within 3 s",
        "still pulling",
        "master is Running, 10.251.200.141.",
        "cloud-init): status: running",
        "events of master",
    ):
        assert part in told


def test_a_check_that_does_not_become_true(carry_out, multipass):
    multipass.add("master")
    with pytest.raises(CheckFailed) as caught:
        carry_out("true")
    told = str(caught.value)
    assert "a file: not there" in told
    assert "cloud-init) is done" in told
    assert "events of master" in told


def test_a_command_that_fails_on_a_machine_whose_first_boot_failed(carry_out, multipass):
    multipass.add("master", cloud_init="error")
    with pytest.raises(CommandError) as caught:
        carry_out("echo no room >&2; exit 3")
    told = str(caught.value)
    assert "no room" in told
    assert "status: error" in told


def test_a_machine_that_is_gone(carry_out):
    with pytest.raises(Exception, match="does not exist") as caught:
        carry_out("true")
    assert "master" in str(caught.value)
