"""Machines that exist: what is typed, what is refused at the start, and with which advice."""

import base64
import os
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from owlab.command import Command
from owlab.config import LabConfig
from owlab.errors import CommandTimeout, MachineError, ProviderError
from owlab.machines import ssh_errors as errors
from owlab.machines.ssh import SshProvider
from owlab.script import ENDING
from owlab.shell import Shell
from tests.standins import ssh_standin

HOSTS = ("ubuntu@a", "ubuntu@b", "c", "d")


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    standin = ssh_standin(tmp_path / "standin")
    monkeypatch.setenv("PATH", f"{standin.binary.parent}{os.pathsep}{os.environ['PATH']}")
    return standin


@pytest.fixture
def config():
    return LabConfig.model_validate({"provider": "ssh", "ssh": {"hosts": HOSTS}})


@pytest.fixture
def provider(config, tmp_path):
    made = SshProvider(config, tmp_path / "lab", Shell())
    yield made
    made.close()


def test_what_is_typed(ssh, provider):
    words = provider.argv(Command("echo $A 'b c'", on="worker1"), {"A": "1 2"})
    assert words[0] == "ssh"
    assert words[-3:-1] == ["ubuntu@b", "--"]
    assert words[-1].startswith("bash -c 'eval \"$(echo ")
    packed = base64.b64decode(words[-1].split()[4]).decode()
    assert packed == """exec env 'A=1 2' bash -c 'echo $A '"'"'b c'"'"''"""
    plain = provider.argv(Command("sudo apt-get update", on="worker1"), {"A": "1 2"})
    assert plain[-1] == "env 'A=1 2' bash -c 'sudo apt-get update'"
    options = [words[i + 1] for i, word in enumerate(words) if word == "-o"]
    assert {"BatchMode=yes", "StrictHostKeyChecking=yes", "ControlMaster=auto"} <= set(options)


def test_a_command_runs_where_it_belongs(ssh, provider):
    assert provider.execute(Command("touch here; exit 4", on="worker2"), {}).exit_code == 4
    assert (ssh.folder / "guests" / "c" / "here").exists()
    assert provider.execute(Command("echo laptop"), {}).stdout == "laptop\n"


def test_what_takes_too_long_is_ended_in_the_machine(ssh, provider):
    slow = Command("echo begun; sleep 60; touch ended", on="worker2", timeout=3)
    with pytest.raises(CommandTimeout, match="owlab shell worker2") as caught:
        provider.execute(slow, {})
    assert "begun" in caught.value.details
    busy = [p for p in psutil.process_iter(["cmdline"]) if "touch ended" in str(p.info)]
    assert not busy


def test_all_machines_suit(ssh, provider, config):
    provider.prepare(config)
    calls = len(ssh.calls)
    provider.prepare(config)
    assert len(ssh.calls) == calls == 4, "asked once"
    infos = provider.machines()
    assert [info.state for info in infos] == ["Reachable"] * 4
    assert infos[0].ipv4 == f"10.0.0.{ord('a')}"


@pytest.mark.parametrize(
    "fault, kind, advice",
    [
        ("key-unknown", errors.HostKeyUnknown, "ssh-keyscan c"),
        ("key-changed", errors.HostKeyChanged, "ssh-keygen -R 'c'"),
        ("login-refused", errors.LoginRefused, "ssh-copy-id c"),
        ("name-unknown", errors.HostUnreachable, "ssh c true"),
        ("refused", errors.HostUnreachable, "ssh c true"),
        ("timed-out", errors.HostUnreachable, "ssh c true"),
        ("no-sudo", errors.MachineUnsuitable, "NOPASSWD"),
        ("no-systemd", errors.MachineUnsuitable, "systemd"),
        ("arm", errors.MachineUnsuitable, "x86-64"),
        ("without-curl", errors.MachineUnsuitable, "apt-get install -y curl"),
        ("no-nfs", errors.MachineUnsuitable, "linux-modules-extra"),
    ],
)
def test_a_machine_that_does_not_suit_is_refused_at_the_start(
    ssh, provider, config, fault, kind, advice
):
    ssh.fail("c", fault)
    with pytest.raises(kind) as raised:
        provider.prepare(config)
    assert type(raised.value) is kind
    assert "worker2" in raised.value.brief
    assert advice in str(raised.value)


@pytest.mark.parametrize("login", ["dash", "zsh", "fish", "tcsh"])
def test_any_login_shell_hands_commands_on_unchanged(ssh, provider, config, login):
    if shutil.which(login) is None:
        pytest.skip(f"{login} is not installed")
    for host in "abcd":
        ssh.login_shell(host, login)
    provider.prepare(config)
    text = "cat <<'EOF'\nit's \\n\\\\ $HOME !! \"$A\"\nEOF\nprintf '%s\\n' \"$A\""
    done = provider.execute(Command(text, on="worker1"), {"A": "1\n'2' \\"})
    assert done.stdout == "it's \\n\\\\ $HOME !! \"$A\"\n1\n'2' \\\n", done.stderr
    script = "\n".join([*ENDING, *provider.script_functions(), "on worker1 A=\"1'2\" <<'END'"])
    script += f"\n{text}\nEND\n"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.stdout.endswith("\n1'2\n"), done.stderr


def test_machines_that_are_alone_in_their_networks_are_refused(ssh, provider, config):
    """Vagrant's first card has the same address in each machine."""
    ssh.fail("b", "twin")
    ssh.fail("c", "twin")
    with pytest.raises(errors.MachineUnsuitable, match=r"worker1 and worker2 have .*10\.0\.2\.15"):
        provider.prepare(config)


def test_a_machine_is_asked_only_for_what_is_typed_on_it(ssh, provider, config):
    for host in "bcd":
        ssh.fail(host, "without-git")
    provider.prepare(config)
    ssh.fail("a", "without-git")
    with pytest.raises(errors.MachineUnsuitable, match="master has no git"):
        SshProvider(config, ssh.folder / "other", Shell()).prepare(config)


def test_a_machine_without_apt(ssh, provider, config, monkeypatch):
    (ssh.folder / "guest-bin" / "apt-get").unlink()
    bare = ssh.folder / "bare"
    bare.mkdir()
    for name in ("awk", "base64", "bash", "sh", "cat", "echo", "timeout"):
        found = subprocess.run(["which", name], capture_output=True, text=True).stdout.strip()
        (bare / name).symlink_to(found)
    monkeypatch.setenv("PATH", f"{ssh.binary.parent}{os.pathsep}{bare}")
    with pytest.raises(ProviderError, match="no apt"):
        provider.prepare(config)


def test_several_machines_are_told_together(ssh, provider, config):
    ssh.fail("a", "refused")
    ssh.fail("d", "no-sudo")
    with pytest.raises(ProviderError, match="2 machines cannot be used") as raised:
        provider.prepare(config)
    assert "master" in raised.value.details and "storage" in raised.value.details


def test_it_can_be_used_once_it_was_put_right(ssh, provider, config):
    ssh.fail("a", "refused")
    with pytest.raises(ProviderError):
        provider.prepare(config)
    ssh.fail("a", "")
    provider.prepare(config)


def test_a_connection_that_breaks_later(ssh, provider, config):
    provider.prepare(config)
    ssh.fail("d", "lost")
    with pytest.raises(errors.HostUnreachable):
        provider.execute(Command("true", on="storage"), {})
    assert [info.state for info in provider.machines()][3] == "Unreachable"


def test_a_commands_own_255_is_its_own(ssh, provider):
    assert provider.execute(Command("exit 255", on="master"), {}).exit_code == 255


@pytest.mark.parametrize("verb", ["start", "delete"])
def test_what_cannot_be_done_is_said(provider, verb):
    with pytest.raises(ProviderError, match="cannot"):
        getattr(provider, verb)(["master"])


def test_instead_of_launching_it_is_asked_for(ssh, provider, config):
    command = provider.launch(config.machines[0])
    assert "creates no machines" in command.why
    assert provider.execute(command, {}).exit_code == 0
    ssh.fail("a", "no-sudo")
    assert provider.execute(command, {}).exit_code == 1


def test_a_name_that_is_none(provider):
    with pytest.raises(MachineError, match="master, worker1"):
        provider.argv(Command("true", on="nobody"), {})


def test_the_exported_function_runs_on_the_machine(ssh, provider):
    lines = [*ENDING, *provider.script_functions(), "on worker1 A='1 2' <<'END'"]
    script = "\n".join([*lines, "echo $A; pwd", "END"])
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True)
    assert done.stdout == f"1 2\n{ssh.folder / 'guests' / 'b'}\n", done.stderr


def test_the_sockets_are_private_and_short(provider, ssh):
    words = provider.argv(Command("true", on="master"), {})
    path = next(word for word in words if word.startswith("ControlPath=")).partition("=")[2]
    assert len(path.replace("%C", "0" * 40)) < 85
    assert Path(path).parent.stat().st_mode & 0o077 == 0
