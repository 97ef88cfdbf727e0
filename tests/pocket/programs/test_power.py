"""Reboots from inside, and what is there afterwards."""

from __future__ import annotations

import pytest

from owlab.pocket.machines import usage
from tests.waiting import eventually


@pytest.mark.parametrize("line", ["reboot", "shutdown now", "poweroff"])
async def test_only_root_turns_machines_off(on, master, line):
    typed = await on("master", line)
    assert typed.status == 1
    assert "Interactive authentication required" in typed.err
    assert master.running


async def test_poweroff(on, master):
    await on("master", "sudo poweroff")
    await eventually(lambda: master.status == "Stopped")


async def test_mounts_last_over_a_reboot_when_fstab_says_so(on, lab):
    await on(
        "storage",
        "sudo apt-get install -y nfs-kernel-server; sudo mkdir -p /srv/a /srv/b; "
        "echo '/srv *(rw,sync,no_subtree_check)' | sudo tee /etc/exports; sudo exportfs -ra; "
        "sudo touch /srv/a/inside /srv/b/inside",
    )
    await on(
        "worker1",
        "sudo apt-get install -y nfs-common; sudo mkdir /mnt/a /mnt/b; "
        "sudo mount -t nfs storage:/srv/a /mnt/a; "
        "echo 'storage:/srv/b /mnt/b nfs defaults 0 0' | sudo tee -a /etc/fstab; sudo mount -a",
    )
    assert (await on("worker1", "cat /mnt/a/inside /mnt/b/inside")).status == 0
    machine = lab.fleet.machines["worker1"]
    await lab.fleet.restart(machine)
    assert (await on("worker1", "cat /mnt/a/inside")).status == 1
    assert (await on("worker1", "cat /mnt/b/inside")).status == 0


async def test_free_and_df_show_what_was_asked_for(on, master):
    typed = await on("master", "free -m | grep Mem; df -h / | tail -1; nproc")
    # What `multipass info` tells, rounded up as df does.
    assert typed.out.split()[1] == str(usage.memory(master)[1] >> 20)
    assert "4.9G" in typed.out
