"""As whom containers run, and what they may do to their files: `id`, `ls` and `cat` tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .api_server import ApiServer
from .manifests import Object, of

SETTINGS = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "supplementalGroups": [4000]}


def box(name: str, security: Object, own: Object | None = None) -> Object:
    mounts = {"words": "/etc/words", "scratch": "/scratch", "secret": "/etc/secret"}
    container = {
        "name": "main",
        "image": "busybox",
        "command": ["sleep", "infinity"],
        "securityContext": own or {},
        "volumeMounts": [{"name": name, "mountPath": path} for name, path in mounts.items()],
    }
    items = [{"key": "word", "path": "run.sh", "mode": 0o755}]
    volumes = [
        {"name": "words", "configMap": {"name": "words", "items": items}},
        {"name": "scratch", "emptyDir": {}},
        {"name": "secret", "secret": {"secretName": "key", "defaultMode": 0o400}},
    ]
    spec = {"securityContext": security, "containers": [container], "volumes": volumes}
    return of("v1", "Pod", name, spec=spec)


@pytest.fixture(scope="module", autouse=True)
def objects(api: ApiServer) -> Iterator[None]:
    api.kubectl("create configmap words --from-literal=word=hello")
    api.kubectl("create secret generic key --from-literal=key=secret")
    api.kubectl("create -f -", box("plain", {}))
    api.kubectl("create -f -", box("user", SETTINGS))
    api.kubectl("create -f -", box("other", {"runAsUser": 1000}, {"runAsUser": 2000}))
    api.kubectl("create -f -", box("sealed", {}, {"readOnlyRootFilesystem": True}))
    ready = "wait --for=condition=Ready --timeout=30s pod/plain pod/user pod/other pod/sealed"
    api.kubectl(ready)
    yield
    api.kubectl("delete pod plain user other sealed --now")
    api.kubectl("delete configmap/words secret/key")


def run(api: ApiServer, pod: str, script: str, fails: bool | None = None) -> str:
    return api.kubectl(f"exec -i {pod} -- sh", script, fails=fails)


def test_who_runs(api: ApiServer) -> None:
    assert run(api, "plain", "id") == "uid=0(root) gid=0(root) groups=0(root)\n"
    assert run(api, "user", "id") == "uid=1000 gid=3000 groups=3000,2000,4000\n"
    assert run(api, "user", "id -u; id -g; whoami; echo $HOME") == (
        "1000\n3000\n/\nwhoami: cannot find name for user ID 1000\n"
    )
    assert run(api, "other", "id -u").split() == ["2000"]


def test_a_user_may_not_write_where_only_root_may(api: ApiServer) -> None:
    assert "ermission denied" in run(api, "user", "echo x > /etc/x")
    assert run(api, "user", "echo x > /tmp/x; cat /tmp/x") == "x\n"
    assert run(api, "plain", "echo x > /etc/x; cat /etc/x") == "x\n"


def test_the_groups_volume(api: ApiServer) -> None:
    assert run(api, "user", "echo x > /scratch/x && cat /scratch/x") == "x\n"
    # The group of the pod may read what only its owner could.
    assert run(api, "user", "cat /etc/secret/key") == "secret"
    assert "ermission denied" in run(api, "other", "cat /etc/secret/key")
    assert run(api, "plain", "cat /etc/secret/key") == "secret"


def test_modes_of_files(api: ApiServer) -> None:
    assert run(api, "user", "test -x /etc/words/run.sh && echo yes") == "yes\n"
    assert "ead-only file system" in run(api, "plain", "echo x > /etc/words/more")


def test_a_root_file_system_for_reading_only(api: ApiServer) -> None:
    assert "ead-only file system" in run(api, "sealed", "echo x > /tmp/x")
    assert run(api, "sealed", "echo x > /scratch/x && cat /scratch/x") == "x\n"


@pytest.mark.parametrize(
    ("security", "said"),
    [
        ({"runAsNonRoot": True}, "container has runAsNonRoot and image will run as root"),
        (
            {"runAsNonRoot": True, "runAsUser": 0},
            "container's runAsUser breaks non-root policy",
        ),
    ],
)
def test_root_where_there_must_be_none(api: ApiServer, security: Object, said: str) -> None:
    api.kubectl("create -f -", box("denied", security))
    reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}"
    api.kubectl(f"wait pod/denied --for={reason}=CreateContainerConfigError --timeout=30s")
    assert f"Error: {said} (pod: " in api.kubectl("describe pod denied")
    api.kubectl("delete pod denied --now")
