"""A lab where all machines share 127.0.0.1, as on macOS, which has no other loopback addresses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owlab import Command, Lab
from owlab.errors import CommandError
from owlab.pocket.machines.addresses import SHARED, port_in_use
from owlab.steps.kubernetes import items

SERVICE = """
import sys
from owlab.pocket.machines import addresses
from owlab.pocket.service.daemon import main
claim = addresses.claim
addresses.claim = lambda directory, stored: claim(directory, stored, platform="darwin")
sys.exit(main(["--dir", sys.argv[1], "--speed", "instant"]))
"""
TAKEN = [port for port in (6443, 31001) if port_in_use(SHARED, port)]

pytestmark = pytest.mark.skipif(
    bool(TAKEN), reason=f"other programs of this computer use {TAKEN} of {SHARED}"
)
NewLab = Callable[[str], Lab]


@pytest.fixture
def new_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewLab]:
    """Labs whose service believes that this is not Linux."""
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    services, labs = [], []

    def open_lab(name: str) -> Lab:
        directory = tmp_path / "labs" / name / "pocket"
        directory.mkdir(parents=True)
        services.append(subprocess.Popen([sys.executable, "-c", SERVICE, str(directory)]))
        deadline = time.monotonic() + 30
        while not (directory / "daemon.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        labs.append(Lab.open(name))
        return labs[-1]

    yield open_lab
    for lab in labs:
        lab.down()
    for service in services:
        service.terminate()
        service.wait(20)


def test_the_whole_guide(new_lab: NewLab) -> None:
    lab = new_lab("shared")
    lab.up()
    assert {lab.address(name) for name in (*lab.nodes, lab.storage)} == {SHARED}
    claims = items(lab, "pvc", "openwhisk")
    assert len(claims) == 6
    listed = lab.run(Command("ls /var/nfs/kubedata", on="storage")).stdout.split()
    for claim in claims:
        assert f"openwhisk-{claim['metadata']['name']}-{claim['spec']['volumeName']}" in listed


def test_a_second_cluster_says_who_is_in_the_way(new_lab: NewLab) -> None:
    first, second = new_lab("first"), new_lab("second")
    first.up(to="1.3")
    with pytest.raises(CommandError) as caught:
        second.up(to="1.3")
    assert "6443: bind: address already in use" in str(caught.value.details)
    first.down()
    # This service is none that `down` would find and wait for: it ends when its folder is gone.
    deadline = time.monotonic() + 30
    while port_in_use(SHARED, 6443):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    second.up(to="1.3")
