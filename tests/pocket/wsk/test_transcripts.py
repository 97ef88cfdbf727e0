"""How many command lines of the real wsk come out identical here."""

from __future__ import annotations

from pathlib import Path

import pytest

from owlab.pocket.machines.machine import Machine

from ..openwhisk.conftest import GUEST
from .conftest import Shell
from .transcripts import FILES, Run, plain, runs

WANTED = 0.95
HOME = "/home/ubuntu"


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
async def test_the_share_of_identical_command_lines(
    shell: Shell, host: str, machine: Machine
) -> None:
    _copy(machine, FILES, HOME)
    await shell(f"wsk property set --apihost {host} --auth {GUEST}")
    same, different = 0, []
    for run in runs():
        told = await _differs(shell, run)
        if not run.expected:
            continue
        if told:
            different.append(f"$ {run.command}\n{told}")
        else:
            same += 1
    share = same / (same + len(different))
    print(f"{same} of {same + len(different)} command lines are identical: {share:.1%}")
    assert share >= WANTED, f"{share:.1%}\n" + "\n".join(different)
