"""What is copied is complete: assignments first, secrets only as the command that reads them."""

from __future__ import annotations

import subprocess

import pytest

from owlab.command import Command, Variable
from owlab.machines.multipass import MultipassProvider
from owlab.notebook.pasting import complete
from owlab.shell import Shell

MULTIPASS = MultipassProvider(Shell())
ADDRESS = Variable("MASTER_IP", MULTIPASS.address_of("master"))
TOKEN = Variable("TOKEN", Command("sudo k3s token create --ttl 1h", on="master"), secret=True)
JOIN = Command(
    "curl -sfL https://get.k3s.io | K3S_URL=https://${MASTER_IP}:6443 K3S_TOKEN=${TOKEN} sh -",
    on="worker1",
    variables=(ADDRESS, TOKEN),
)


def test_a_command_without_variables_is_typed_where_it_runs() -> None:
    plain = Command("sudo kubectl get nodes", on="master")
    assert complete(MULTIPASS, plain) == plain


def test_the_assignments_come_first_and_the_secret_is_read() -> None:
    pasted = complete(MULTIPASS, JOIN)
    assert pasted.on == "host"
    assert pasted.text.splitlines() == [
        "MASTER_IP=$(multipass info master | awk '/^IPv4:/ {print $2}')",
        "TOKEN=$(multipass exec -n master -- bash -c 'sudo k3s token create --ttl 1h')",
        'multipass exec -n worker1 -- env MASTER_IP="$MASTER_IP" TOKEN="$TOKEN" bash -c '
        "'curl -sfL https://get.k3s.io | K3S_URL=https://${MASTER_IP}:6443 "
        "K3S_TOKEN=${TOKEN} sh -'",
    ]


def test_what_a_variable_needs_is_defined_before_it_and_once() -> None:
    inner = Variable("A", Command("echo 1"))
    outer = Variable("B", Command("echo ${A}2", variables=(inner,)))
    lines = complete(MULTIPASS, Command("echo $A $B", variables=(outer, inner))).text.splitlines()
    assert lines == ["A=$(echo 1)", "B=$(echo ${A}2)", "echo $A $B"]


@pytest.mark.parametrize("text", ['echo "it\'s ${MASTER_IP}"', "printf '%s\\n' \"${MASTER_IP}\""])
def test_a_shell_that_gets_the_pasted_lines_does_the_same(text: str, tmp_path: object) -> None:
    """``multipass`` and ``ssh`` are stood for by functions that do what they do with words."""
    functions = """
multipass() { [ "$1" = info ] && echo 'IPv4: 10.0.0.7' && return; shift 4; "$@"; }
ssh() { while [ "$1" != -- ]; do shift; done; shift; bash -c "$*"; }
"""
    command = Command(text, on="worker1", variables=(ADDRESS,))
    for provider in (MULTIPASS, _ssh()):
        pasted = complete(provider, command).text
        done = subprocess.run(
            ["bash", "-c", functions + pasted], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip().endswith("10.0.0.7"), pasted


def _ssh() -> MultipassProvider:
    """The words of ssh: the last one is a whole command line, quoted once more."""
    import shlex
    from collections.abc import Mapping

    class Words(MultipassProvider):
        def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
            given = ["env", *(f"{n}={v}" for n, v in values.items()), "bash", "-c", command.text]
            return ["ssh", "target", "--", shlex.join(given)]

    return Words(Shell())
