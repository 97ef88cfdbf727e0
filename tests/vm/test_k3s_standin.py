"""Sections 1.3 and 1.4 on real machines, against a stand-in for K3s.

The stand-in runs no containers. The commands, the downloads by name, the units of systemd, the
port on the private network, the tokens and the reboot are real. The tests build on one another.
"""

from __future__ import annotations

import time

import pytest

from owlab.command import Command
from owlab.errors import CommandError
from owlab.steps import k3s
from owlab.steps.kubernetes import condition, items, one
from tests.vm.performing import listening, perform, timed

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1200)]

WORKERS = ("worker1", "worker2")


def join_with(lab, worker: str, token: str):
    """The guide's line for a worker, with a token of our own."""
    master = lab.address(lab.master)
    words = (f"K3S_URL=https://{master}:6443", f"K3S_TOKEN={token}")
    return lab.run(Command(k3s.install_script(lab, worker, *words), on=worker, timeout=600))


def test_standin_script_that_cannot_be_downloaded_is_noticed(lab, downloads):
    command = next(iter(k3s.install_server.commands(lab, "master")))
    with downloads.broken("get.k3s.io", 404):
        assert not lab.run(command)


def test_standin_that_cannot_be_downloaded_fails_the_step(lab, machines, downloads):
    with downloads.broken("releases/download", 404), pytest.raises(CommandError) as failed:
        lab.perform(k3s.install_server)
    assert failed.value.brief == "1.3 install K3s on the master on master: a command failed."
    assert failed.value.details.startswith("master$")
    assert "https://get.k3s.io |" in failed.value.details
    assert "Download failed" in failed.value.details
    assert machines.ssh("master", "ls /usr/local/bin/k3s").returncode != 0


def test_standin_server_is_installed_when_the_step_is_repeated(lab, machines, downloads):
    downloads.asked.clear()
    changed, typed = perform(lab, k3s.install_server)
    assert changed
    version = lab.config.k3s.version
    assert f"INSTALL_K3S_VERSION={version}" in typed[0]
    folder = f"github.com/k3s-io/k3s/releases/download/{version.replace('+', '%2B')}"
    assert downloads.asked == ["get.k3s.io/", f"{folder}/sha256sum-amd64.txt", f"{folder}/k3s"]
    told = machines.ssh(
        "master", "k3s --version; systemctl is-active k3s; systemctl is-enabled k3s"
    )
    assert told.stdout.splitlines()[1:] == ["active", "enabled"]
    assert "stand-in" in told.stdout
    node = one(lab, "node master")
    assert condition(node, "Ready")
    assert node and node["status"]["nodeInfo"]["kubeletVersion"] == version


def test_standin_kubeconfig_is_for_root_only(machines):
    mode = machines.ssh("master", "sudo stat -c '%a %U' /etc/rancher/k3s/k3s.yaml").stdout
    assert mode == "600 root\n"
    refused = machines.ssh("master", "kubectl get nodes")
    assert refused.returncode != 0
    assert "Permission denied" in refused.stderr


def test_standin_server_refuses_wrong_and_ended_tokens(lab, machines):
    good = machines.ssh("master", "sudo k3s token create --ttl 1h").stdout.strip()
    ended = machines.ssh("master", "sudo k3s token create --ttl 1s").stdout.strip()
    head, _, _ = good.partition("::")
    wrong = f"{head}::abcdef.0123456789abcdef"
    of_another_server = f"K10{'0' * 64}::{good.partition('::')[2]}"
    for token, reason in (
        (wrong, "not authorized"),
        (ended, "not authorized"),
        (of_another_server, "token CA hash does not match"),
    ):
        done = join_with(lab, "worker1", token)
        assert not done
        assert reason in done.stderr
    assert [node["metadata"]["name"] for node in items(lab, "nodes")] == ["master"]


def test_standin_workers_that_cannot_download_fail_the_step(lab, downloads):
    with downloads.broken("releases/download", 0), pytest.raises(CommandError) as failed:
        lab.perform(k3s.join_workers)
    assert failed.value.brief.startswith("1.4 join the workers to the cluster on worker")
    assert failed.value.details.startswith("worker")
    assert "https://get.k3s.io |" in failed.value.details
    assert "Download failed" in failed.value.details


def test_standin_workers_join_side_by_side_over_the_private_network(lab, machines):
    with listening(lab) as events:
        changed, typed = perform(lab, k3s.join_workers)
    assert changed
    installing = [e for e in events if "get.k3s.io" in e.command and e.kind != "command-output"]
    assert [e.kind for e in installing[:2]] == ["command-started"] * 2
    assert {e.machine for e in installing[:2]} == set(WORKERS)
    for worker in WORKERS:
        node = one(lab, f"node {worker}")
        assert condition(node, "Ready")
        assert node and node["status"]["addresses"][0]["address"] == machines.all[worker].address
        env = machines.ssh(worker, "sudo cat /etc/systemd/system/k3s-agent.service.env").stdout
        assert f"K3S_URL=https://{machines.all['master'].address}:6443" in env
        token = env.partition("K3S_TOKEN=")[2].split()[0]
        assert token not in "\n".join(typed)
        assert token not in lab.journal.path.read_text()


def test_standin_repeating_the_steps_changes_nothing(lab, machines):
    ask = "systemctl show -p MainPID -p ActiveEnterTimestamp 'k3s*'"
    before = [machines.ssh(node, ask).stdout for node in ("master", *WORKERS)]
    for step in (k3s.install_server, k3s.join_workers):
        assert perform(lab, step) == (False, [])
    assert [machines.ssh(node, ask).stdout for node in ("master", *WORKERS)] == before


def test_standin_worker_that_was_rebooted_is_ready_again(lab, machines):
    with timed("reboot of worker1"), machines.rebooting("worker1"):
        limit = time.monotonic() + 300
        while condition(one(lab, "node worker1"), "Ready"):
            assert time.monotonic() < limit, "worker1 is away, and its node stays Ready"
            time.sleep(1)
        assert not k3s.join_workers.check(lab, "worker1").done
    limit = time.monotonic() + 600
    while not k3s.join_workers.state(lab).done:
        assert time.monotonic() < limit, k3s.join_workers.state(lab).why
        time.sleep(1)
    assert perform(lab, k3s.join_workers) == (False, [])
