"""A cluster that exists: what sections 1 to 4 look at instead of doing it.

There is only the cluster's API, so the one way to see what its nodes can do is a pod on each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from owlab import versions
from owlab.command import HOST, Command
from owlab.lab import Lab
from owlab.step import Check, Evidence
from owlab.steps.cluster import condition, one, warnings
from owlab.steps.control import control

T = TypeVar("T")

PROBE_SECONDS = 120
"""For pulling a small image, mounting the export and writing to it."""


def instead(
    own: Callable[[Lab, str], T], given: Callable[[Lab, str], T]
) -> Callable[[Lab, str], T]:
    """``own`` where there are machines, ``given`` where there is only a cluster's API."""

    def choose(lab: Lab, machine: str) -> T:
        return own(lab, machine) if lab.config.has_machines else given(lab, machine)

    return choose


def nothing(lab: Lab, machine: str) -> Iterator[Command]:
    """There is nothing to do, or to take back."""
    yield from ()


def server(lab: Lab) -> str:
    """The NFS server that was named; empty when the cluster brings its own storage class."""
    return lab.config.cluster.nfs_server


def wait_for_node(lab: Lab, name: str) -> Iterator[Command]:
    """Wait for a node of the cluster; nothing is installed on it."""
    yield Command(
        f"{control(lab).kubectl} wait --for=condition=Ready node/{name} --timeout=60s",
        timeout=90,
        why=f"{name} is in the cluster already",
    )


def node_exists(lab: Lab, name: str) -> Check:
    """The node answers; the NFS server, if one was named, is used as it is."""
    if name == lab.storage:
        seen = f"{server(lab)}, used as it is" if server(lab) else "the cluster's own storage class"
        return Check((Evidence("storage", True, seen),))
    info = lab.machine_info(name)
    seen = f"{info.state} {info.ipv4}".strip() if info else "not in the cluster"
    return Check((Evidence(name, info is not None and bool(info.ipv4), seen),))


def node_ready(lab: Lab, name: str) -> Check:
    """Ready, whatever its version is."""
    node = one(lab, f"node {name}")
    version = node["status"]["nodeInfo"]["kubeletVersion"] if node else "not in the cluster"
    return Check((Evidence(f"node {name}", condition(node, "Ready"), version),))


def exported(lab: Lab, machine: str) -> Check:
    """Section 1.5 cannot be seen through the API: the pods of section 2 prove it."""
    if not server(lab):
        return Check((Evidence("no NFS server is needed", True, _own_class(lab)),))
    seen = f"{server(lab)}:{lab.config.nfs.path}, proved by the pods of section 2"
    return Check((Evidence("the NFS server was named", True, seen),))


def _own_class(lab: Lab) -> str:
    return f"storage class {lab.config.openwhisk.storage_class or 'of the cluster'}"


def _probe(node: str) -> str:
    return f"owlab-nfs-probe-{node}"


def mount_everywhere(lab: Lab, node: str) -> Iterator[Command]:
    """A pod on the node writes to the export and goes."""
    if not server(lab):
        return
    name, here = _probe(node), control(lab)
    script = f"touch /data/.{name} && rm /data/.{name}"
    manifest = f"""\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels: {{app: owlab-nfs-probe}}
spec:
  nodeName: {node}
  restartPolicy: Never
  containers:
    - name: probe
      image: busybox:{versions.BUSYBOX_TAG}
      command: [sh, -c, "{script}"]
      volumeMounts: [{{name: data, mountPath: /data}}]
  volumes:
    - name: data
      nfs: {{server: {server(lab)}, path: {lab.config.nfs.path}}}
"""
    yield Command(
        f"{here.kubectl} delete pod {name} -n default --ignore-not-found",
        timeout=120,
        why=f"whether {node} can mount the export shows in a pod that does",
    )
    yield Command(f"{here.kubectl} apply -n default -f - <<'EOF'\n{manifest}EOF")
    yield Command(
        f"{here.kubectl} wait -n default --for=jsonpath='{{.status.phase}}'=Succeeded "
        f"pod/{name} --timeout={PROBE_SECONDS}s",
        timeout=PROBE_SECONDS + 30,
    )


def mounted(lab: Lab, node: str) -> Check:
    """The node's pod has written to the export that is configured now."""
    if not server(lab):
        return Check((Evidence(f"nothing to mount on {node}", True, _own_class(lab)),))
    pod = one(lab, f"pod {_probe(node)}", "default")
    if pod is None:
        return Check((Evidence(f"{node} mounts the export", False, "not tried"),))
    volumes = {v["name"]: v for v in pod["spec"]["volumes"]}
    wanted = {"server": server(lab), "path": lab.config.nfs.path}
    same = volumes["data"].get("nfs") == wanted
    phase = pod["status"].get("phase", "Pending")
    seen = f"its pod is {phase}" if same else "its pod had another export"
    return Check((Evidence(f"{node} mounts the export", same and phase == "Succeeded", seen),))


def why_not_mounted(lab: Lab, node: str) -> str:
    """What the node says about its pod's volume."""
    said = warnings(lab, "default", most=20).splitlines()
    return "\n".join([line for line in said if line.startswith(f"pod {_probe(node)}:")][-3:])


def remove_probe(lab: Lab, node: str) -> Iterator[Command]:
    """Delete the node's pod."""
    if server(lab):
        yield Command(
            f"{control(lab).kubectl} delete pod {_probe(node)} -n default --ignore-not-found",
            timeout=120,
        )


def ask(text: str) -> Callable[[Lab, str], Iterator[Command]]:
    """A program of the laptop is used as it is: only its version is shown."""

    def commands(lab: Lab, machine: str) -> Iterator[Command]:
        yield Command(text, on=HOST, why="used as it is on this computer")

    return commands


def storage_class_exists(lab: Lab) -> Check:
    """Section 5 without an NFS server: the cluster's own storage class."""
    wanted = lab.config.openwhisk.storage_class
    found = one(lab, f"storageclass {wanted}") if wanted else {"provisioner": "the default"}
    seen = f"made by {found['provisioner']}" if found else "not there: set cluster_nfs_server"
    return Check((Evidence(f"storage class {wanted or 'of the cluster'}", bool(found), seen),))
