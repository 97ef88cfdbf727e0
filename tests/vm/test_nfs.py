"""Sections 1.5 and 2 of the guide on four real machines, through the provider ssh.

Nothing here is a stand-in: packages come from Debian. The tests build on one another, in order.
"""

from __future__ import annotations

import pytest

from owlab.steps import nfs
from tests.vm.machines import Machines
from tests.vm.performing import perform, timed

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800)]

PATH = "/var/nfs/kubedata"
MOUNT = "sudo mkdir -p /mnt/shared && sudo mount -t nfs4 -o soft,timeo=50,retrans=1"


def shares(machines: Machines, word: str) -> None:
    """What is written through a mount on one worker is read on the other and is on storage."""
    server = machines.all["storage"].address
    for worker in ("worker1", "worker2"):
        done = machines.ssh(
            worker, f"mountpoint -q /mnt/shared || {MOUNT} {server}:{PATH} /mnt/shared"
        )
        assert done.returncode == 0, done.stderr
    assert machines.ssh("worker1", f"echo {word} | sudo tee /mnt/shared/{word}").returncode == 0
    assert machines.ssh("worker2", f"sudo cat /mnt/shared/{word}").stdout.strip() == word
    assert machines.ssh("storage", f"cat {PATH}/{word}").stdout.strip() == word


def test_the_server_is_set_up(lab, machines):
    changed, typed = perform(lab, nfs.install_server)
    assert changed
    assert any("apt-get install -y nfs-kernel-server" in line for line in typed)
    exported = machines.ssh("storage", "sudo exportfs -v").stdout
    for node in ("master", "worker1", "worker2"):
        assert machines.all[node].address in exported
    assert "<world>" not in exported


def test_the_clients_are_installed_on_every_node(lab, machines):
    changed, _ = perform(lab, nfs.install_clients)
    assert changed
    for node in ("master", "worker1", "worker2"):
        assert machines.ssh(node, "sudo mount.nfs4 -V").returncode == 0


def test_a_file_is_shared(machines):
    shares(machines, "hello")


def test_a_machine_that_is_not_in_the_export_is_refused(machines):
    server = machines.all["storage"].address
    # Another address of the same network: worker2, as a stranger would come.
    stranger = "192.168.177.99"
    card = machines.ssh("worker2", "ip -o -4 address show to 192.168.177.0/24").stdout.split()[1]
    own = machines.all["worker2"].address
    machines.ssh("worker2", "sudo umount /mnt/shared")
    swap = (
        f"sudo ip address del {own}/24 dev {card} && sudo ip address add {stranger}/24 dev {card}"
    )
    back = (
        f"sudo ip address del {stranger}/24 dev {card} && sudo ip address add {own}/24 dev {card}"
    )
    assert machines.ssh("worker2", swap).returncode == 0
    try:
        done = machines.ssh("worker2", f"{MOUNT} {server}:{PATH} /mnt/shared")
    finally:
        assert machines.ssh("worker2", back).returncode == 0
    assert done.returncode != 0
    assert "denied" in done.stderr or "not permitted" in done.stderr or "No such" in done.stderr


def test_repeating_the_steps_changes_nothing(lab, machines):
    before = machines.ssh("storage", "cat /etc/exports; stat -c %y /etc/exports").stdout
    for step in (nfs.install_server, nfs.install_clients):
        assert perform(lab, step) == (False, [])
    assert machines.ssh("storage", "cat /etc/exports; stat -c %y /etc/exports").stdout == before


def test_after_a_reboot_all_is_as_it_was(lab, machines):
    machines.ssh("worker1", "sudo umount /mnt/shared")
    with timed("reboot of storage"), machines.rebooting("storage"):
        pass
    assert nfs.install_server.state(lab).done
    shares(machines, "again")
