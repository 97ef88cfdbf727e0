"""Sections 1.1 and 1.2 on four real machines, through the provider ssh: they are looked at."""

from __future__ import annotations

import pytest

from owlab.guide import for_lab
from owlab.machines.ssh_preflight import examine
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
    seen = " ".join(item.seen for item in for_lab(lab, vms.create).state(lab).evidence)
    for machine in machines.all.values():
        assert f"Reachable {machine.address}" in seen


def test_a_machine_whose_cloud_init_runs_is_not_ready_yet(lab, machines):
    program = "/usr/local/bin/cloud-init"
    said = "printf '#!/bin/sh\\necho status: %s\\n'"
    try:
        for status, ready in (("running", False), ("disabled", True), ("done", True)):
            put = f"{said} {status} | sudo install -m 755 /dev/stdin {program}"
            assert machines.ssh("worker2", put).returncode == 0
            assert for_lab(lab, vms.create).check(lab, "worker2").done is ready
    finally:
        machines.ssh("worker2", f"sudo rm {program}")


def test_the_machines_reach_the_stand_ins_by_name_with_a_verified_certificate(machines, downloads):
    done = machines.ssh("worker1", "curl -sfL https://get.k3s.io")
    assert done.returncode == 0
    assert "A stand-in for K3s' install script" in done.stdout
    assert downloads.asked == ["get.k3s.io/"]


def closed(lab) -> list[str]:
    """Who does not reach whom, of the machines: this computer is on no network of theirs."""
    found = examine(lab.provider, lab.config)
    return [f.name for f in found if f.verdict == "fail" and f.name.startswith(lab_names(lab))]


def lab_names(lab) -> tuple[str, ...]:
    return tuple(f"{machine.name} to " for machine in lab.config.machines)


def test_ports_that_nobody_serves_yet_are_open_and_dropped_ones_are_not(lab, machines):
    assert closed(lab) == []
    drop = f"blackhole {machines.all['worker2'].address}"
    assert machines.ssh("master", f"sudo ip route add {drop}").returncode == 0
    try:
        master = machines.all["master"].address
        assert closed(lab) == [f"worker2 to {master}:10250/tcp", f"worker2 to {master}:6443/tcp"]
    finally:
        machines.ssh("master", f"sudo ip route del {drop}")
