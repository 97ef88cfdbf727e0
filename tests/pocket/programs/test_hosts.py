"""Which machine is meant, also where all share one address."""

from __future__ import annotations

from owlab.pocket.machines.hosts import find, is_address


async def test_by_address_and_by_name(lab):
    storage = lab.fleet.machines["storage"]
    assert find(lab.fleet, storage.address) is storage
    assert find(lab.fleet, "storage") is storage
    assert find(lab.fleet, "10.0.0.1") is None
    await lab.fleet.stop(storage)
    assert find(lab.fleet, "storage") is None


async def test_a_shared_address_means_who_serves(lab, on):
    for machine in lab.fleet.all():
        machine.address = "127.0.0.1"
    await on("storage", "sudo apt-get install -y nfs-kernel-server; sudo mkdir -p /srv/a")
    await on("storage", "echo '/srv/a *(rw,no_subtree_check)' | sudo tee /etc/exports")
    await on("storage", "sudo exportfs -ra")
    await on("worker1", "sudo apt-get install -y nfs-common")
    assert (await on("worker1", "sudo mount -t nfs 127.0.0.1:/srv/a /mnt")).status == 0
    assert find(lab.fleet, "127.0.0.1", "nfs-server") is lab.fleet.machines["storage"]


def test_forms():
    assert is_address("10.251.200.141")
    assert is_address("::1")
    assert not is_address("master")
    assert not is_address("1.2.3")
