"""Every pod has a service account, and with it a token unless it is told not to."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.store import Store, random_suffix

_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_PREFIX = "kube-api-access-"
_SECONDS = 3607
"""So that the kubelet can tell this token's time from one that somebody chose."""


def fill(store: Store, pod: Object) -> None:
    """Give a pod its account, its pull secrets and its token volume, in place; raises Denied."""
    spec = pod["spec"]
    space = pod["metadata"].get("namespace") or "default"
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = _account(store, name, space)
    if account is None:
        raise Denied(
            "",
            "pods",
            _name(pod),
            f'error looking up service account {space}/{name}: serviceaccount "{name}" not found',
        )
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [dict(secret) for secret in account["imagePullSecrets"]]
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = account.get("automountServiceAccountToken", True)
    if wanted:
        _mount(spec)


def _account(store: Store, name: str, space: str) -> Object | None:
    found = store.find("ServiceAccount", name, space)
    if found is None and name == "default":
        # The namespace is so new that its controller has not made the account yet; Kubernetes
        # waits for a moment here.
        owner = store.find("Namespace", space)
        if owner is None:
            return {}  # The store tells that the namespace is missing.
        if not owner["metadata"].get("deletionTimestamp"):
            meta = {"name": name, "namespace": space}
            found = store.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta})
    return found


def _mount(spec: Object) -> None:
    names = [str(volume.get("name", "")) for volume in spec.get("volumes") or ()]
    known = [name for name in names if name.startswith(_PREFIX)]
    volume = known[0] if known else _PREFIX + random_suffix()
    used = False
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        mounts = container.get("volumeMounts") or []
        if any(mount.get("mountPath") == _PATH for mount in mounts):
            continue
        used = True
        container["volumeMounts"] = [
            *mounts,
            {"name": volume, "readOnly": True, "mountPath": _PATH},
        ]
    if used and not known:
        spec["volumes"] = [*(spec.get("volumes") or []), _volume(volume)]


def _volume(name: str) -> Object:
    namespace = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    return {
        "name": name,
        "projected": {
            "defaultMode": 420,
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": _SECONDS, "path": "token"}},
                {
                    "configMap": {
                        "name": "kube-root-ca.crt",
                        "items": [{"key": "ca.crt", "path": "ca.crt"}],
                    }
                },
                {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
            ],
        },
    }


def _name(pod: Object) -> str:
    meta = pod["metadata"]
    return str(meta.get("name") or meta.get("generateName") or "")
