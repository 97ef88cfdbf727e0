"""The real kubectl, with the files of a machine; what needs a server is tested elsewhere."""

from __future__ import annotations

import pytest

from owlab.pocket.programs import kubectl
from owlab.pocket.programs.staging import Stage


@pytest.fixture
async def server(on):
    await on("master", "curl -sfL https://get.k3s.io | sh -")


async def test_k3s_kubeconfig_is_roots(on, server):
    typed = await on("master", "kubectl get nodes")
    assert typed.status == 1
    assert "WARN[0000] Unable to read /etc/rancher/k3s/k3s.yaml" in typed.err
    assert "open /etc/rancher/k3s/k3s.yaml: permission denied" in typed.err


async def test_the_kubeconfig_is_for_the_server_itself(on, server):
    typed = await on("master", "sudo kubectl config view --minify -o jsonpath='{..server}'")
    assert typed.out == "https://127.0.0.1:6443"


async def test_a_kubeconfig_of_ones_own(on, server):
    await on("master", "mkdir ~/.kube; sudo cat /etc/rancher/k3s/k3s.yaml > ~/.kube/config")
    show = "config view -o jsonpath='{.current-context}'"
    for line in (
        f"kubectl --kubeconfig ~/.kube/config {show}",
        f"kubectl --kubeconfig=.kube/config {show}",
        f"KUBECONFIG=~/.kube/config kubectl {show}",
    ):
        assert (await on("master", line)).out == "default", line


async def test_files_and_standard_input(on, server):
    await on("master", "mkdir -p d && echo hello > d/a.txt")
    typed = await on(
        "master",
        "cd d && sudo kubectl create configmap x --from-file=a.txt --from-file=b=a.txt "
        "--dry-run=client -o yaml",
    )
    assert "a.txt: |\n    hello\n" in typed.out
    assert "b: |\n    hello\n" in typed.out


async def test_a_file_that_is_not_there_is_named_as_typed(on, server):
    typed = await on("master", "sudo kubectl create -f /etc/passwd.yaml --dry-run=client")
    assert typed.status == 1
    assert 'the path "/etc/passwd.yaml" does not exist' in typed.err


async def test_the_computers_own_files_are_out_of_reach(on, server, tmp_path):
    secret = tmp_path / "secret.yaml"
    secret.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: leaked}\n")
    for name in (str(secret), f"../../../..{secret}"):
        typed = await on("master", f"sudo kubectl create -f {name} --dry-run=client -o yaml")
        assert typed.status == 1
        assert "leaked" not in typed.out


async def test_changes_to_a_kubeconfig_are_kept(on, server):
    await on("master", "sudo cat /etc/rancher/k3s/k3s.yaml > c")
    typed = await on("master", "kubectl --kubeconfig c config set-context --current --namespace=x")
    assert typed.status == 0, str(typed)
    assert "namespace: x" in (await on("master", "cat c")).out


@pytest.mark.parametrize(
    "words", ["edit deploy x", "cp a b:/c", "port-forward --address 0.0.0.0 x 1"]
)
async def test_what_is_refused_says_why(on, server, words):
    typed = await on("master", f"sudo kubectl {words}")
    assert typed.status == 1
    assert typed.err.startswith("error: ")


async def test_no_helper_programs_and_no_other_servers(on, server):
    await on(
        "master",
        "sudo sed 's#server: .*#server: https://example.com#' /etc/rancher/k3s/k3s.yaml > c",
    )
    assert (
        "not part of this pocket lab" in (await on("master", "kubectl --kubeconfig c get po")).err
    )
    await on("master", "sudo sed 's#token: .*#exec: {command: id}#' /etc/rancher/k3s/k3s.yaml > c")
    assert "credential helpers" in (await on("master", "kubectl --kubeconfig c get po")).err


async def test_a_node_without_kubeconfig(on, server):
    await on("master", "sudo rm /etc/rancher/k3s/k3s.yaml")
    typed = await on("master", "sudo kubectl get nodes")
    assert typed.err.startswith("The connection to the server localhost:8080 was refused")
    assert (await on("master", "kubectl version --client")).out.startswith("Client Version: v1.")


def test_paths_cannot_leave_the_stage(master):
    stage = Stage(master.files)
    try:
        inside = stage.add("/../../../../etc/hostname")
        assert inside == f"{stage.root}/etc/hostname"
    finally:
        stage.close()
    assert not stage.root.exists()


async def test_kubectl_collects_no_garbage_in_its_short_life(on, server, monkeypatch, tmp_path):
    asked = tmp_path / "kubectl"
    asked.write_text('#!/bin/sh\necho "$GOGC $GOMEMLIMIT"\n')
    asked.chmod(0o755)
    monkeypatch.setattr(kubectl, "kubectl_path", lambda: asked)
    typed = await on("master", "sudo kubectl version --client")
    assert typed.out == "off 96MiB\n"
