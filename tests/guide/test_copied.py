"""What a learner copies out of the notebooks, pasted in order, makes the same lab.

Each command as the transcript shows it: complete, and typed where it says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from owlab import Lab
from owlab.command import Command
from owlab.guide import STEPS
from owlab.notebook.pasting import complete
from owlab.notebook.typed import typed
from owlab.steps import vms


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(tmp_path_factory.mktemp("c"))
    made = Lab.open("copied")
    try:
        yield made
    finally:
        made.down()
        if before is None:
            del os.environ["OWLAB_HOME"]
        else:
            os.environ["OWLAB_HOME"] = before


def test_the_copied_commands_deploy_the_lab(lab: Lab, tmp_path: Path) -> None:
    for step in STEPS:
        for machine in step.where(lab.config):
            if step is vms.create:
                lab.folder.add_made(machine)
            for command in typed(lab, step, machine).commands:
                pasted = complete(lab.provider, command)
                assert "***" not in pasted.text
                # No variable comes along: what is pasted is all that there is.
                result = lab.run(Command(pasted.text, on=pasted.on, timeout=300))
                assert result, f"{pasted.on}$ {pasted.text}\n{result.tail()}"
        seen = step.state(lab)
        assert seen.done, f"{step.key}: {seen.why}"
