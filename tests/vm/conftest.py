"""Four virtual machines for the tests of this folder, booted once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import yaml

from owlab.lab import Lab
from tests.vm import image
from tests.vm.machines import Machines, booted

NAMES = ("master", "worker1", "worker2", "storage")


@pytest.fixture(scope="session")
def machines(tmp_path_factory) -> Iterator[Machines]:
    reason = image.missing()
    if reason:
        pytest.skip(reason)
    with booted(image.build(), tmp_path_factory.mktemp("vm"), NAMES) as running:
        yield running


@pytest.fixture(scope="session")
def lab(machines, tmp_path_factory) -> Iterator[Lab]:
    """A lab of the provider ssh on the machines; an intruder is any machine outside its nodes."""
    hosts = {n: {"host": n, "address": machines.all[n].address} for n in NAMES}
    written = {
        "master": hosts["master"],
        "workers": [hosts["worker1"], hosts["worker2"]],
        "storage": hosts["storage"],
        "ssh_config": str(machines.ssh_config),
    }
    inventory = machines.ssh_config.with_name("inventory.yaml")
    inventory.write_text(yaml.safe_dump(written))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWLAB_HOME", str(tmp_path_factory.mktemp("home")))
        opened = Lab.open("vm", provider="ssh", ssh_inventory=str(inventory))
        yield opened
        opened.provider.close()
