"""What is left of a container that ends: its message, its volumes, and nothing of its disk."""

import pytest

from ..waiting import until

LONG = "".join(f"{number}\n" for number in range(1, 2001))
MESSAGE = "jsonpath={.status.containerStatuses[0].state.terminated.message}"


def run(api, script, **container):
    spec = {
        "name": "main",
        "image": "busybox",
        "command": ["sh", "-c", script],
        **container,
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "ends"},
        "spec": {"restartPolicy": "Never", "containers": [spec]},
    }
    api.kubectl("create -f -", pod)
    phase = "get pod ends -o jsonpath={.status.phase}"
    until(lambda: api.kubectl(phase) in ("Succeeded", "Failed"))
    return api.kubectl(f"get pod ends -o {MESSAGE}")


@pytest.fixture(autouse=True)
def gone(api):
    yield
    api.kubectl("delete pod ends --now --ignore-not-found")


def test_the_message_of_the_documentation(api):
    assert run(api, "echo Sleep expired > /dev/termination-log") == "Sleep expired\n"
    assert "Message:" in api.kubectl("describe pod ends")


def test_a_path_of_its_own_for_a_user_who_may_write_nowhere_else(api):
    user = {"runAsUser": 1000, "readOnlyRootFilesystem": True}
    script = "echo here > /tmp/last; touch /tmp/other || exit 3"
    assert run(api, script, terminationMessagePath="/tmp/last", securityContext=user) == "here\n"
    assert "Exit Code:    3" in api.kubectl("describe pod ends")


@pytest.mark.parametrize(
    ("script", "policy", "message"),
    [
        ("seq 100; exit 1", "FallbackToLogsOnError", "\n".join(map(str, range(21, 101))) + "\n"),
        ("echo said; exit 1", "File", ""),
        ("echo said; exit 0", "FallbackToLogsOnError", ""),
        ("echo log; echo file > /dev/termination-log; exit 1", "FallbackToLogsOnError", "file\n"),
        (
            "seq 2000 > /dev/termination-log",
            "File",
            "".join(f"{n}\n" for n in range(1, 2001))[:4096],
        ),
    ],
)
def test_policies(api, script, policy, message):
    assert run(api, script, terminationMessagePolicy=policy) == message


def test_a_container_that_starts_again_has_a_new_disk_and_its_old_volumes(api):
    script = "echo x >> /tmp/own; echo x >> /kept/own; cat /tmp/own /kept/own | wc -l; exit 1"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "ends"},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "busybox",
                    "command": ["sh", "-c", script],
                    "volumeMounts": [{"name": "kept", "mountPath": "/kept"}],
                }
            ],
            "volumes": [{"name": "kept", "emptyDir": {}}],
        },
    }
    api.kubectl("create -f -", pod)
    count = "get pod ends -o jsonpath={.status.containerStatuses[0].restartCount}"
    until(lambda: int(api.kubectl(count) or 0) >= 1)
    # One line of its own disk, and one of each start in the volume.
    until(lambda: int(api.kubectl("logs ends") or 0) == int(api.kubectl(count)) + 2)
