"""Action containers as pods, as the Kubernetes container factory makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission import admit
from owlab.pocket.kube.errors import ApiError
from owlab.pocket.kube.object_state import is_ready
from owlab.pocket.kube.store import Store, random_suffix
from owlab.pocket.openwhisk.pod_factory import ActionPod, PodStartError


class PodsOfActions:
    """Action containers as pods, as the Kubernetes container factory makes them."""

    def __init__(self, store: Store, namespace: Callable[[], str]) -> None:
        """``namespace`` tells where the release is now."""
        self._store = store
        self._where = namespace

    @property
    def _namespace(self) -> str:
        return self._where()

    async def start(
        self, name: str, image: str, memory_mb: int, labels: Mapping[str, str]
    ) -> ActionPod:
        """Create the pod and wait until it runs; raises PodStartError."""
        store = self._store
        full = f"{name}-{random_suffix()}" if store.find("Pod", name, self._namespace) else name
        pod = _pod(full, self._namespace, image, memory_mb, labels)
        try:
            admit(store, pod)
        except ApiError as error:
            raise PodStartError("Failed to provision resources to run the action.") from error
        return await self._running(full, image)

    async def _running(self, name: str, image: str) -> ActionPod:
        store, space = self._store, self._namespace
        changed = asyncio.Event()
        place = store.key("Pod", name, space)
        unsubscribe = store.subscribe(lambda change: changed.set() if change.key == place else None)
        loop = asyncio.get_running_loop()
        until = loop.time() + 60
        try:
            while loop.time() < until:
                pod = store.find("Pod", name, space)
                if pod is None:
                    raise PodStartError("Failed to provision resources to run the action.")
                if is_ready(pod):
                    return ActionPod(name, str(pod["spec"]["nodeName"]))
                waiting = [
                    (s["state"].get("waiting") or {}).get("reason")
                    for s in pod["status"].get("containerStatuses") or []
                ]
                if "ErrImagePull" in waiting or "ImagePullBackOff" in waiting:
                    await self.remove(name)
                    raise PodStartError(f"Failed to pull container image '{image}'.")
                changed.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), until - loop.time())
        finally:
            unsubscribe()
        await self.remove(name)
        raise PodStartError(f"Failed to run container with image '{image}'.")

    async def remove(self, name: str) -> None:
        """Delete the pod; a missing one is no error."""
        with suppress(ApiError):
            self._store.delete("Pod", name, self._namespace)

    def gone(self, name: str) -> bool:
        """The pod was deleted, or is not ready any more."""
        pod = self._store.find("Pod", name, self._namespace)
        return pod is None or not is_ready(pod)


def _pod(
    name: str, namespace: str, image: str, memory_mb: int, labels: Mapping[str, str]
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": dict(labels)},
        "spec": {
            "restartPolicy": "Always",
            "containers": [
                {
                    "name": "user-action",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    "ports": [{"containerPort": 8080, "name": "action", "protocol": "TCP"}],
                    "securityContext": {"capabilities": {"drop": ["NET_RAW", "NET_ADMIN"]}},
                    "resources": {
                        "limits": {"memory": f"{memory_mb}Mi"},
                        "requests": {"memory": f"{memory_mb}Mi"},
                    },
                }
            ],
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {
                                "matchExpressions": [
                                    {
                                        "key": "openwhisk-role",
                                        "operator": "In",
                                        "values": ["invoker"],
                                    }
                                ]
                            }
                        ]
                    }
                }
            },
        },
        "status": {"phase": "Pending"},
    }
