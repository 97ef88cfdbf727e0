"""``kubectl debug``: containers that are added to a pod that runs."""

import json
import subprocess

import pytest

from ..keyboard import Keyboard
from ..waiting import until
from .manifests import changed, pod

BOX = "/api/v1/namespaces/default/pods/box"
STRATEGIC = "application/strategic-merge-patch+json"


@pytest.fixture(autouse=True)
def box(api):
    api.kubectl("create -f -", pod("box"))
    api.kubectl("wait --for=condition=Ready pod/box --timeout=30s")
    yield
    api.kubectl("delete pod box --now")


def container(api):
    return api.kubectl("get pod box -o jsonpath={.spec.containers[0].name}")


def test_a_shell_beside_a_container(api):
    line = f"debug -it box --image=busybox --target={container(api)} -c helper -- sh"
    typed = Keyboard(api.words(*line.split()))
    typed.type("\r")
    typed.expect("/ # ")
    typed.type("echo $((6*7)); exit\r")
    typed.expect("42\r\n")
    assert typed.process.wait(30) == 0
    found = json.loads(api.kubectl("get pod box -o json"))
    assert found["spec"]["ephemeralContainers"][0]["targetContainerName"] == container(api)
    path = "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.reason}"
    until(lambda: api.kubectl(f"get pod box -o {path}") == "Completed")
    assert "helper" in api.kubectl("describe pod box")


def test_the_target_is_process_1_and_its_files_are_there(api):
    api.kubectl("exec -i box -- sh", "echo mine > /tmp/of-the-target")
    line = f"debug box --image=busybox --target={container(api)} -c seer -- sh -c"
    seen = "ps; cat /proc/1/root/tmp/of-the-target; ls /tmp"
    subprocess.run(api.words(*line.split(), seen), check=True, timeout=60)
    until(lambda: "mine" in api.kubectl("logs box -c seer"))
    printed = api.kubectl("logs box -c seer").splitlines()
    assert printed[0].split() == ["PID", "USER", "TIME", "COMMAND"]
    assert [line.split()[0] for line in printed[1:4]] == ["1", "7", "13"]
    assert "nginx" in printed[1] and "ps; cat" in printed[2]
    assert printed[3].endswith(" ps") and printed[4:] == ["mine"]


def test_containers_that_share_their_processes(api):
    shell = {"image": "busybox", "command": ["sleep", "600"]}
    two = [
        {"name": "a", **shell},
        {"name": "b", **shell, "securityContext": {"runAsUser": 1000}, "command": ["sleep", "601"]},
    ]
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shared"},
        "spec": {"shareProcessNamespace": True, "containers": two},
    }
    api.kubectl("create -f -", manifest)
    api.kubectl("wait --for=condition=Ready pod/shared --timeout=30s")
    api.kubectl("exec -i shared -c b -- sh", "echo b > /tmp/b")
    printed = api.kubectl("exec -i shared -c a -- sh", "ps; cat /proc/13/root/tmp/b").splitlines()
    assert [line.split()[:2] for line in printed[1:4]] == [
        ["1", "65535"],
        ["7", "root"],
        ["13", "1000"],
    ]
    assert [line.split()[-1] for line in printed[1:4]] == ["/pause", "600", "601"]
    assert printed[-1] == "b"
    api.kubectl("delete pod shared --now")


def test_what_it_prints_is_in_its_log(api):
    api.kubectl("debug box --image=busybox -c talker -- echo spoken")
    until(lambda: "spoken" in api.kubectl("logs box -c talker"))


def test_what_was_added_stays(api):
    path = f"{BOX}/ephemeralcontainers"
    first = {"spec": {"ephemeralContainers": [{"name": "a", "image": "busybox"}]}}
    added = api.send("PATCH", path, first, STRATEGIC)
    assert added.status == 200 and added.data["kind"] == "Pod"
    assert added.data["spec"]["ephemeralContainers"][0]["imagePullPolicy"] == "Always"
    whole = api.send("GET", path).data
    for change, told in (
        ([], 'existing ephemeral containers "a" may not be removed'),
        ([{"name": "a", "image": "nginx"}], 'existing ephemeral containers "a" may not be changed'),
    ):
        answer = api.send("PUT", path, changed(whole, "spec.ephemeralContainers", change))
        assert answer.status == 422 and told in answer.data["message"]
    for container, told in (
        ({"name": "b"}, "spec.ephemeralContainers[1].image: Required value"),
        ({"image": "busybox"}, "spec.ephemeralContainers[1].name: Required value"),
        (
            {"name": "b", "image": "busybox", "targetContainerName": "nosuch"},
            'spec.ephemeralContainers[1].targetContainerName: Not found: "nosuch"',
        ),
        (
            {"name": "b", "image": "busybox", "ports": [{"containerPort": 80}]},
            "ports: Forbidden: cannot be set for an Ephemeral Container",
        ),
    ):
        both = [*whole["spec"]["ephemeralContainers"], container]
        answer = api.send("PUT", path, changed(whole, "spec.ephemeralContainers", both))
        assert answer.status == 422 and told in answer.data["message"]


def test_a_pod_does_not_begin_with_them(api):
    early = changed(pod("early"), "spec.ephemeralContainers", [{"name": "a", "image": "busybox"}])
    told = api.kubectl("create -f -", early, fails=True)
    assert "spec.ephemeralContainers: Forbidden: cannot be set on create" in told
