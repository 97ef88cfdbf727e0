"""The guide, pasted block by block, does what it says and prints what it prints."""

import os
import re
import subprocess
import sys

import pytest

from tests.guide.pasted import BLOCKS


class PastedLab:
    """A new pocket lab, used through `owlab exec` only."""

    def __init__(self, home):
        self.environment = {"OWLAB_HOME": str(home)}
        self.addresses = {}

    def owlab(self, *words, stdin=""):
        return subprocess.run(
            [sys.executable, "-m", "owlab", *words],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=120,
            env={**os.environ, **self.environment},
        )

    def paste(self, block):
        return self.owlab("exec", block.on, stdin=self.fill(block.text))

    def fill(self, text):
        for word, machine in (("MASTER", "master"), ("STORAGE", "storage")):
            if re.search(rf"\b{word}\b(?!_)", text):
                text = re.sub(rf"\b{word}\b(?!_)", self.address(machine), text)
        return text

    def address(self, machine):
        if machine not in self.addresses:
            done = self.owlab(
                "exec", "host", "--", f"multipass info {machine} | awk '/^IPv4/ {{print $2}}'"
            )
            self.addresses[machine] = done.stdout.strip()
        return self.addresses[machine]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    lab = PastedLab(tmp_path_factory.mktemp("home"))
    yield lab
    lab.owlab("down", "--yes")


@pytest.mark.parametrize("block", BLOCKS, ids=[f"{n:02}-{b.section}" for n, b in enumerate(BLOCKS)])
def test_the_guide_can_be_pasted(lab, block):
    done = lab.paste(block)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = iter(done.stdout.splitlines())
    for pattern in block.expected:
        wanted = re.compile(lab.fill(pattern))
        assert any(wanted.search(line) for line in lines), f"{pattern}\n{done.stdout}{done.stderr}"
