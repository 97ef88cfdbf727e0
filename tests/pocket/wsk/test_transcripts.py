"""Command lines of the real wsk, as it was run: here each prints the same, on the same streams."""

from __future__ import annotations

from pathlib import Path

import pytest

from owlab.pocket.machines.machine import Machine

from ..openwhisk.conftest import GUEST
from .conftest import Shell
from .transcripts import FILES, Run, plain, runs

HOME = "/home/ubuntu"
ACCEPTED = {
    "wsk action invoke hello -r -d": "names lines of wsk's own source, which is not run here",
    "wsk -d action list --limit 1": "the same",
}
"""The command lines that differ, and why they must."""


def _copy(machine: Machine, folder: Path, target: str) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            machine.mkdir(f"{target}/{path.name}")
            _copy(machine, path, f"{target}/{path.name}")
        else:
            machine.write(f"{target}/{path.name}", path.read_bytes(), owner="ubuntu")


async def _differs(shell: Shell, run: Run) -> str:
    ran = await shell(f"cd {HOME}; {run.command.replace('wsk ', 'wsk -i ', 1)}")
    told = []
    for name, here, there in (
        ("stdout", ran.out, run.out),
        ("stderr", ran.err, run.err),
    ):
        expected = "".join(f"{line}\n" for line in there)
        if plain(here) != plain(expected):
            told.append(f"{name} is\n{plain(here)}and should be\n{plain(expected)}")
    if ran.status != run.status:
        told.append(f"status is {ran.status} and should be {run.status}")
    return "\n".join(told)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "name",
    ["course", "actions", "entities", "apis", "projects", "managed", "slips", "names", "flags"],
)
async def test_command_lines_are_identical(
    shell: Shell, host: str, machine: Machine, name: str
) -> None:
    _copy(machine, FILES, HOME)
    await shell(f"wsk property set --apihost {host} --auth {GUEST}")
    different = []
    for run in runs(name):
        told = await _differs(shell, run)
        if told and run.expected and run.command not in ACCEPTED:
            different.append(f"$ {run.command}\n{told}")
    assert not different, f"{len(different)} differ\n" + "\n".join(different)
