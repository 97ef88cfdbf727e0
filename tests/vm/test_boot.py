"""Sections 1.1 and 1.2 on four real machines, through the provider ssh: they are looked at."""

from __future__ import annotations

import pytest

from owlab.steps import vms
from tests.vm.performing import perform

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800)]


def test_the_machines_are_four_and_reached_by_ssh(lab, machines):
    found = {info.name: info for info in lab.provider.machines()}
    assert {info.state for info in found.values()} == {"Reachable"}
    assert found["worker1"].ipv4 == machines.all["worker1"].address
    assert "Debian" in found["storage"].release


def test_machines_that_exist_need_no_creation(lab, machines):
    for step in (vms.install_provider, vms.create):
        assert perform(lab, step) == (False, [])
    seen = " ".join(item.seen for item in vms.create.state(lab).evidence)
    for machine in machines.all.values():
        assert f"Reachable {machine.address}" in seen


def test_a_machine_whose_cloud_init_runs_is_not_ready_yet(lab, machines):
    program = "/usr/local/bin/cloud-init"
    said = "printf '#!/bin/sh\\necho status: %s\\n'"
    try:
        for status, ready in (("running", False), ("disabled", True), ("done", True)):
            put = f"{said} {status} | sudo install -m 755 /dev/stdin {program}"
            assert machines.ssh("worker2", put).returncode == 0
            assert vms.create.check(lab, "worker2").done is ready
    finally:
        machines.ssh("worker2", f"sudo rm {program}")


def test_the_machines_reach_the_stand_ins_by_name_with_a_verified_certificate(machines, downloads):
    done = machines.ssh("worker1", "curl -sfL https://get.k3s.io")
    assert done.returncode == 0
    assert "A stand-in for K3s' install script" in done.stdout
    assert downloads.asked == ["get.k3s.io/"]
