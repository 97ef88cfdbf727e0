"""What a change of a machine leads to, and what it leaves alone."""

from __future__ import annotations

import pytest

from owlab.pocket.machines import k3s_node, nfs_server, unit_jobs, units
from owlab.pocket.machines.kernel_parameters import KEPT
from tests.waiting import eventually

INSTALL = "curl -sfL https://get.k3s.io | sh -"


async def test_who_listens_to_the_machines_is_told_of_units(on, lab, master) -> None:
    seen: list[bool] = []
    lab.fleet.on_change(lambda: seen.append(master.service_active("ssh")))
    await on("master", "sudo systemctl stop ssh")
    assert seen[-1] is False
    seen.clear()
    await on("master", "sudo systemctl stop ssh")
    assert seen == [], "it was stopped already"
    typed = await on("master", "sudo systemctl start ssh")
    assert (seen[-1], str(typed)) == (True, "")


async def test_a_unit_that_was_interrupted_does_not_run(on, lab, master, monkeypatch) -> None:
    async def interrupted(_: object) -> str | None:
        raise KeyboardInterrupt

    await on("master", "sudo apt-get install -y nfs-kernel-server; sudo systemctl stop nfs-server")
    monkeypatch.setitem(unit_jobs._STARTING, "nfs-server", interrupted)
    with pytest.raises(KeyboardInterrupt):
        await unit_jobs.start(master, "nfs-server")
    assert not units.active(master, "nfs-server")
    assert nfs_server.active_exports(master) == []


async def test_a_package_keeps_what_is_configured_and_comes_back_whole(on) -> None:
    await on("storage", "echo '/srv *(ro)' | sudo tee /etc/exports")
    install = "sudo apt-get install -y nfs-kernel-server"
    first = await on("storage", install)
    assert "Creating config file" not in first.out
    assert (await on("storage", "cat /etc/exports")).out == "/srv *(ro)\n"
    await on("storage", "sudo apt-get remove -y nfs-kernel-server")
    assert (await on("storage", "cat /etc/exports")).out == "/srv *(ro)\n"
    assert "Created symlink" in (await on("storage", install)).out, "it was enabled with it"
    await on("storage", "sudo apt-get purge -y nfs-kernel-server")
    assert (await on("storage", "cat /etc/exports")).status == 1
    assert "Creating config file /etc/exports" in (await on("storage", install)).out


async def test_marks_are_told_once(on) -> None:
    await on("master", "sudo apt-get install -y tree")
    first = await on("master", "sudo apt-mark auto tree; sudo apt-mark auto tree")
    assert first.out == (
        "tree set to automatically installed.\ntree was already set to automatically installed.\n"
    )
    assert (await on("master", "apt-mark showauto tree")).out == "tree\n"
    assert (await on("master", "sudo apt-mark manual tree; apt-mark showauto tree")).out == (
        "tree set to manually installed.\n"
    )


async def test_a_snap_follows_another_channel_once(on) -> None:
    await on("master", "sudo snap install helm --classic")
    refresh = "sudo snap refresh helm --channel=latest/edge"
    assert "refreshed" in (await on("master", refresh)).out
    assert (await on("master", refresh)).out == 'snap "helm" has no updates available\n'
    assert "latest/edge" in (await on("master", "snap list helm")).out


async def test_k3s_that_was_removed_leaves_nothing_to_the_next(on, master) -> None:
    await on("master", INSTALL)
    await on("master", "sudo k3s crictl pull nginx:1.27")
    await on("master", "k3s-uninstall.sh")
    assert master.read(k3s_node.KUBECONFIG) is None
    again = await on("master", INSTALL)
    assert "Created symlink" in again.err, "its unit had gone too"
    assert "nginx" not in (await on("master", "sudo k3s crictl images")).out


async def test_root_may_signal_the_processes_of_others(on) -> None:
    refused = await on("master", "kill 560")
    assert "Operation not permitted" in refused.err
    told = await on("master", "sudo kill 560")
    assert "the pocket lab ends only jobs and services" in told.err


@pytest.mark.parametrize("line", ["sudo reboot", "sudo shutdown -r now"])
async def test_a_machine_that_boots_again_is_up(on, master, line) -> None:
    before = master.booted
    await on("master", line)
    await eventually(lambda: master.booted > before and master.status == "Running")


async def test_a_kernels_parameters_are_the_machines(on, lab, master) -> None:
    await on("master", "sudo sysctl -w vm.swappiness=10; sudo sysctl -w net.core.somaxconn=1")
    assert master.read(KEPT) == b"vm.swappiness=10\nnet.core.somaxconn=1\n"
    told = await on("master", "sysctl -n vm.swappiness net.core.somaxconn kernel.hostname")
    assert told.out == "10\n1\nmaster\n"
