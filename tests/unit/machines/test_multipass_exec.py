"""Commands inside machines: exit statuses, arguments, output, and a connection that breaks."""

import threading

import pytest

from owlab.command import Command
from owlab.errors import CommandTimeout
from owlab.machines import multipass_errors as errors
from owlab.machines.multipass_cli import Trailer
from tests.waiting import PATIENCE, until


@pytest.fixture
def run(multipass, provider):
    multipass.add("master")

    def on_master(text, values=None, on_output=None, timeout=30):
        command = Command(text, on="master", timeout=timeout)
        return provider.execute(command, values or {}, on_output=on_output)

    return on_master


@pytest.mark.parametrize("status", [0, 1, 2, 4, 5, 127, 255])
def test_every_exit_status_is_the_commands_own(run, status):
    assert run(f"exit {status}").exit_code == status


def test_a_status_of_4_is_not_repeated(run, multipass):
    assert run("echo once >> log; exit 4").exit_code == 4
    assert run("cat log").stdout == "once\n"


def test_arguments_arrive_as_they_were_written(run):
    nasty = "a 'b' \"c\" $HOME * ~ \\ é\n#d"
    assert run('printf %s "$NASTY"', {"NASTY": nasty}).stdout == nasty


def test_both_streams_are_shown_without_the_trailer(run):
    shown = []
    done = run("echo out; echo err >&2; printf tail >&2", on_output=lambda *p: shown.append(p))
    assert done.stdout == "out\n"
    assert done.stderr == "err\ntail"
    assert "".join(t for s, t in shown if s == "stderr") == "err\ntail"
    assert "".join(t for s, t in shown if s == "stdout") == "out\n"


def test_what_runs_is_what_is_shown(run, multipass, provider):
    command = Command("echo $A", on="master")
    provider.execute(command, {"A": "1"})
    shown = provider.argv(command, {"A": "1"})
    inside = shown[shown.index("--") + 1 :]
    assert inside == ["env", "A=1", "bash", "-c", "echo $A"]
    assert multipass.calls[-1][-len(inside) :] == inside
    assert multipass.calls[-1][:4] == ["exec", "-n", "master", "--"]


def test_what_takes_too_long_is_ended_in_the_machine(run):
    with pytest.raises(CommandTimeout, match="multipass shell master"):
        run("echo begun; sleep 60; touch ended", timeout=1)
    assert run("ls").stdout == ""


@pytest.mark.parametrize(
    "state, kind", [("Deleted", errors.InstanceDeleted), ("Unknown", errors.InstanceUnknownState)]
)
def test_a_machine_in_the_wrong_state(multipass, provider, state, kind):
    multipass.add("worker1", state)
    with pytest.raises(kind):
        provider.execute(Command("true", on="worker1"), {})


def test_a_missing_machine(multipass, provider):
    with pytest.raises(errors.InstanceNotFound):
        provider.execute(Command("true", on="nobody"), {})


def test_ssh_that_fails_is_not_the_commands_failure(run, multipass):
    multipass.fail("exec-ssh-failed")
    with pytest.raises(errors.GuestUnreachable):
        run("true")


def test_a_connection_that_breaks_under_way(run, multipass):
    multipass.fail("exec-lost")
    with pytest.raises(errors.GuestUnreachable, match="connection to master was lost"):
        run("true")


@pytest.mark.parametrize("size", range(1, 40, 3))
def test_the_trailer_is_hidden_however_the_stream_is_cut(size):
    shown = []
    trailer = Trailer(lambda stream, text: shown.append(text))
    text = f"one\n\ntwo\n\n{trailer.nonce}:4\n"
    for start in range(0, len(text), size):
        trailer.listen("stderr", text[start : start + size])
    assert trailer.split(text) == (4, "one\n\ntwo\n")
    assert "".join(shown) == "one\n\ntwo\n"


def test_without_the_guard_1_16_repeats_a_status_of_4_for_ever(make, provider):
    standin = make("1.16")
    standin.add("master")
    command = Command("echo once >> log; exit 4", on="master")
    log = standin.folder / "guests" / "master" / "log"

    def watch():
        until(lambda: log.exists() and log.read_text().count("once") > 1)
        provider.shell.cancel()

    watching = threading.Thread(target=watch)
    watching.start()
    with pytest.raises(KeyboardInterrupt):
        provider.shell.run(provider.argv(command, {}), timeout=PATIENCE)
    watching.join()
