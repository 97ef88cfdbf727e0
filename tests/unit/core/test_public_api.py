"""What a person meets who types into a notebook: representations, help, and refused mistakes."""

import pytest

import owlab
from owlab.command import Command
from owlab.errors import MachineError
from tests.unit.core.conftest import file_step


def test_a_lab_says_what_it_is(lab):
    assert repr(lab) == "<Lab 'owlab' on pocket: master, worker1, worker2, worker3, storage>"


def test_a_text_is_run_where_it_is_said(lab):
    assert lab.run("basename $PWD", on="worker2").stdout == "worker2\n"
    assert lab.run("basename $PWD").stdout == "host\n"
    assert repr(lab.run("echo hi; exit 3")) == "<host$ echo hi; exit 3: exit status 3>\nhi"


def test_a_text_is_looked_at_where_it_is_said(lab):
    assert lab.read("ls", on="worker2").stderr == "worker2 does not run\n"
    assert lab.read("basename $PWD").stdout == lab.read(Command("basename $PWD")).stdout == "host\n"
    with pytest.raises(MachineError, match="no machine 'nope'"):
        lab.read("ls", on="nope")


@pytest.mark.parametrize(
    "mistake",
    [
        lambda lab: lab.run("master", "ls"),
        lambda lab: lab.run(["ls"]),
        lambda lab: lab.read(["ls"]),
        lambda lab: lab.run(Command("ls", on="worker1"), on="worker2"),
        lambda lab: file_step("a.one", "1")("worker1"),  # type: ignore[arg-type]
    ],
)
def test_arguments_that_are_mixed_up_are_refused_with_the_way_to_write_it(lab, mistake):
    with pytest.raises(TypeError, match=r"write|says itself"):
        mistake(lab)
    assert not list(lab.provider.root.glob("*"))


@pytest.mark.parametrize("words", [("master", "ls -l /"), ("", "master"), ("ls", "")])
def test_a_command_knows_a_place_from_a_text(words):
    with pytest.raises(ValueError, match="on=MACHINE"):
        Command(*words)


def test_a_machine_that_the_lab_does_not_have(lab):
    with pytest.raises(MachineError, match="no machine 'nope'") as caught:
        lab.run("ls", on="nope")
    assert "master, worker1" in caught.value.resolution


def test_completion_offers_what_is_public():
    assert dir(owlab) == sorted(owlab.__all__)


@pytest.mark.parametrize("name", owlab.__all__)
def test_what_is_public_is_there_and_explained(name):
    found = getattr(owlab, name)
    assert isinstance(found, str) or found.__doc__


@pytest.mark.parametrize("name", [name for name in dir(owlab.Lab) if not name.startswith("_")])
def test_every_word_that_completion_offers_is_explained(name):
    found = getattr(owlab.Lab, name)
    assert found.__doc__, name
