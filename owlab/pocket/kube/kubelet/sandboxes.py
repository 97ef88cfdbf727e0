"""Whether a pod's runtime is on its node, and if not what containerd says."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.kubelet.mounts import MountProblem
from owlab.pocket.kube.store import Store

HANDLERS = ("runc",)
"""What K3s' own containerd has. Others are found on a node only where somebody installed them."""


def sandbox_problem(pod: Object, store: Store) -> MountProblem | None:
    """The runtime of the pod's class is not there; or None."""
    name = pod["spec"].get("runtimeClassName")
    if not name:
        return None
    found = store.find("RuntimeClass", name)
    handler = found.get("handler", "") if found is not None else ""
    if handler in HANDLERS:
        return None
    why = (
        f'runtimeclasses.node.k8s.io "{name}" not found'
        if found is None
        else "rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "
        f'"{handler}" is configured'
    )
    return MountProblem("FailedCreatePodSandBox", f"Failed to create pod sandbox: {why}")
