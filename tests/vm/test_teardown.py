"""Sections 1.1 to 3 at once, and what `owlab down` leaves; against stand-ins for K3s and Helm."""

from __future__ import annotations

import pytest

from owlab.errors import CommandError
from owlab.steps import k3s
from tests.vm.performing import timed

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

UNDONE = ["3 install Helm", "1.5 set up the NFS server"]
UNDONE += ["1.4 join the workers to the cluster", "1.3 install K3s on the master"]


def assert_clean(machines) -> None:
    """Nothing of K3s, Helm and the export is left; the data on storage is."""
    for node in ("master", "worker1", "worker2"):
        left = machines.ssh(
            node,
            "ls -d /usr/local/bin/* /etc/rancher /var/lib/rancher /etc/systemd/system/k3s* "
            "2> /dev/null; systemctl list-units --all --plain --no-legend 'k3s*'; "
            "ss -Htln 'sport = :6443'; command -v k3s kubectl helm",
        )
        assert left.stdout == ""
    assert machines.ssh("storage", "sudo exportfs -v; cat /etc/exports | grep ^/").stdout == ""
    assert machines.ssh("storage", "cat /var/nfs/kubedata/hello").stdout == "hello\n"


def test_standins_all_is_done_already(lab):
    with timed("everything to section 3, repeated"):
        summary = lab.up(to="3")
    assert summary.ran == []
    assert len(summary.skipped) == 7


def test_standins_down_removes_what_the_lab_did(lab, machines):
    with timed("down"):
        assert lab.down() == UNDONE
    assert_clean(machines)


def test_standins_a_step_that_failed_can_be_taken_back(open_lab, downloads):
    half = open_lab("vm-half")
    with downloads.broken("releases/download", 404), pytest.raises(CommandError):
        half.perform(k3s.install_server)
    half.down()
    assert not half.directory.exists()


def test_standins_everything_at_once_with_the_mirror(open_lab, machines, downloads):
    mirrored = open_lab("vm-cn", mirror="cn", k3s_join_token="server")
    downloads.asked.clear()
    with timed("everything to section 3, at once (against stand-ins for K3s and Helm)"):
        summary = mirrored.up(to="3")
    assert set(summary.ran) == {
        *("k3s.install_server", "k3s.join_workers", "nfs.install_server", "helm.install")
    }
    sites = {address.partition("/")[0] for address in downloads.asked}
    assert sites == {"rancher-mirror.rancher.cn", "get.helm.sh"}
    for node in ("master", "worker1", "worker2"):
        written = machines.ssh(node, "cat /etc/rancher/k3s/registries.yaml").stdout
        assert "docker.m.daocloud.io" in written
    unit = machines.ssh("master", "systemctl cat k3s").stdout
    assert "--system-default-registry registry.cn-hangzhou.aliyuncs.com" in unit
    assert mirrored.up(to="3").ran == []
    with timed("down"):
        mirrored.down()
    assert_clean(machines)
