"""Claims: bound to a volume that is there, or to one that is made for them."""

from __future__ import annotations

from collections.abc import Mapping

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.conditions import condition
from owlab.pocket.kube.controllers.control_plane import ControlPlane
from owlab.pocket.kube.controllers.controller import Controller, Leads, itself
from owlab.pocket.kube.controllers.scheduler import claim_names
from owlab.pocket.kube.object_state import is_ready, owner_reference
from owlab.pocket.kube.storage import local_path
from owlab.pocket.kube.storage.binding import (
    OTHER_CLASS,
    SELECTED_NODE,
    fits,
    is_for,
    mismatches,
    reference_to,
    smallest,
)
from owlab.pocket.kube.storage.nfs_subdir import NfsSubdir
from owlab.pocket.kube.storage.provisioner import (
    CannotProvision,
    Provisioner,
    VolumeRequest,
    volume_of,
    waiting_for,
)
from owlab.pocket.kube.store import Change, Key

_COMPONENT = "persistentvolume-controller"
PROTECTION = "kubernetes.io/pvc-protection"
STORAGE_PROVISIONER = (
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
)
NO_PROVISIONER = "kubernetes.io/no-provisioner"


class Claims(Controller):
    """Binds every claim, and keeps one that is deleted while a pod uses it."""

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(plane)
        self._local = local_path.LocalPath(plane.store, plane.fleet)
        self._nfs = NfsSubdir(plane.store, plane.fleet)
        self._said: set[tuple[str, str]] = set()

    def provisioner(self, name: str) -> Provisioner:
        """Who makes the volumes of a class with this ``provisioner``."""
        return self._local if name == local_path.NAME else self._nfs

    def watches(self) -> Mapping[str, Leads]:
        return {
            "PersistentVolumeClaim": itself,
            "PersistentVolume": self._of_volume,
            "StorageClass": lambda change: self._open(),
            "Pod": self._of_pod,
        }

    def _open(self) -> list[Key]:
        """Claims that wait."""
        return [
            self.store.key_of(claim)
            for claim in self.store.list("PersistentVolumeClaim")
            if claim["status"].get("phase") != "Bound"
        ]

    def _of_volume(self, change: Change) -> list[Key]:
        reference = change.obj["spec"].get("claimRef")
        if not reference:
            return self._open()
        kind = "PersistentVolumeClaim"
        return [self.store.key(kind, reference["name"], reference["namespace"])]

    def _of_pod(self, change: Change) -> list[Key]:
        pod, old = change.obj, change.old
        names = claim_names(pod)
        kind, space = "PersistentVolumeClaim", change.key.namespace
        keys = [self.store.key(kind, name, space) for name in names]
        # It may be a provisioner that has come up.
        if old is None or is_ready(pod) != is_ready(old):
            variables = [c.get("env") or () for c in pod["spec"].get("containers") or ()]
            named = any(v["name"] == "PROVISIONER_NAME" for env in variables for v in env)
            if named or change.key.name.startswith("local-path-provisioner"):
                keys += self._open()
        return keys

    def machines_changed(self) -> None:
        for key in self._open():
            self.look(key)

    def reconcile(self, key: Key) -> None:
        claim = self.store.at(key)
        if claim is None:
            self._make_ephemeral(key)
        elif claim["metadata"].get("deletionTimestamp"):
            self._release(key, claim)
        elif claim["status"].get("phase") in ("Bound", "Lost"):
            self._check(claim)
        else:
            self._bind_or_provision(claim)

    # -- life ------------------------------------------------------------------------------

    def _make_ephemeral(self, key: Key) -> None:
        """A claim that a pod's volume asks for, made for this pod alone."""
        for pod in self.store.indexed("claim", f"{key.namespace}/{key.name}"):
            for volume in pod["spec"].get("volumes") or ():
                if key.name != f"{pod['metadata']['name']}-{volume['name']}":
                    continue
                template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
                if template and not pod["metadata"].get("deletionTimestamp"):
                    meta = template.get("metadata") or {}
                    claim = {
                        "apiVersion": "v1",
                        "kind": "PersistentVolumeClaim",
                        "metadata": {
                            **meta,
                            "name": key.name,
                            "namespace": key.namespace,
                            "ownerReferences": [owner_reference(pod)],
                        },
                        "spec": template["spec"],
                    }
                    self.plane.admit(claim)

    def _release(self, key: Key, claim: Object) -> None:
        """Let a deleted claim go once no pod uses it."""
        finalizers = claim["metadata"].get("finalizers") or []
        if PROTECTION not in finalizers:
            return
        for pod in self.store.indexed("claim", f"{key.namespace}/{key.name}"):
            if pod["status"].get("phase") not in ("Succeeded", "Failed"):
                return
        left = [f for f in finalizers if f != PROTECTION]
        self.store.update({**claim, "metadata": {**claim["metadata"], "finalizers": left}})

    def _check(self, claim: Object) -> None:
        """A bound claim whose volume is gone is lost."""
        name = claim["spec"].get("volumeName", "")
        volume = self.store.find("PersistentVolume", name)
        if volume is not None and is_for(volume, claim):
            return
        self.store.set_status(claim, {"phase": "Lost"})
        said = "Bound claim has lost its PersistentVolume. Data on the volume is lost!"
        self._say(claim, "Warning", "ClaimLost", said)

    # -- binding ---------------------------------------------------------------------------

    def _bind_or_provision(self, claim: Object) -> None:
        spec = claim["spec"]
        volumes = self.store.list("PersistentVolume")
        if spec.get("volumeName"):
            self._bind_named(claim, self.store.find("PersistentVolume", spec["volumeName"]))
            return
        # One that is kept for it may be of another class.
        kept = [v for v in volumes if is_for(v, claim) and {*mismatches(v, claim)} <= {OTHER_CLASS}]
        if kept:
            self._bind(claim, kept[0])
            return
        name = spec.get("storageClassName") or ""
        kind = self.store.find("StorageClass", name)
        late = kind is not None and kind.get("volumeBindingMode") == "WaitForFirstConsumer"
        # The scheduler writes it: a pod that names its node itself waits for ever, as in life.
        node = (claim["metadata"].get("annotations") or {}).get(SELECTED_NODE)
        if late and node is None:
            self._wait_for_consumer(claim)
            return
        where = self.store.find("Node", node) if node and late else None
        found = smallest(v for v in volumes if fits(v, claim, where))
        if found is not None:
            self._bind(claim, found)
            return
        if not name:
            said = "no persistent volumes available for this claim and no storage class is set"
            self._say(claim, "Normal", "FailedBinding", said)
        elif kind is None:
            said = f'storageclass.storage.k8s.io "{name}" not found'
            self._say(claim, "Warning", "ProvisioningFailed", said)
        elif kind["provisioner"] == NO_PROVISIONER:
            said = "no persistent volumes available for this claim and no storage class is set"
            self._say(claim, "Normal", "FailedBinding", said)
        else:
            self._provision(VolumeRequest(claim, kind, node))

    def _bind_named(self, claim: Object, volume: Object | None) -> None:
        """The volume that a claim names itself, or none."""
        if volume is None:
            return
        name = volume["metadata"]["name"]
        if is_for(volume, claim):
            self._bind(claim, volume)
        elif volume["spec"].get("claimRef"):
            said = f'volume "{name}" already bound to a different claim.'
            self._say(claim, "Warning", "FailedBinding", said)
        elif why := next(mismatches(volume, claim), None):
            said = f'Cannot bind to requested volume "{name}": {why}'
            self._say(claim, "Warning", "VolumeMismatch", said)
        else:
            self._bind(claim, volume)

    def _wait_for_consumer(self, claim: Object) -> None:
        meta = claim["metadata"]
        waiting = [
            pod["metadata"]["name"]
            for pod in self.store.indexed("claim", f"{meta['namespace']}/{meta['name']}")
            if (condition(pod, "PodScheduled") or {}).get("status") == "False"
        ]
        if waiting:
            said = f"waiting for pod {waiting[0]} to be scheduled"
            self._say(claim, "Normal", "WaitForPodScheduled", said)
        else:
            said = "waiting for first consumer to be created before binding"
            self._say(claim, "Normal", "WaitForFirstConsumer", said)

    def _provision(self, request: VolumeRequest) -> None:
        claim = request.claim
        selector = claim["spec"].get("selector")
        if selector:
            said = "claim.Spec.Selector is not supported for dynamic provisioning"
            self._say(claim, "Warning", "ProvisioningFailed", said)
            return
        name = request.storage_class["provisioner"]
        self._say(claim, "Normal", "ExternalProvisioning", waiting_for(name))
        try:
            source = self.provisioner(name).provision(request)
        except CannotProvision as why:
            self._say(claim, why.kind, why.reason, why.message, name)
            return
        asked = f"{claim['metadata']['namespace']}/{claim['metadata']['name']}"
        said = f'External provisioner is provisioning volume for claim "{asked}"'
        self._say(claim, "Normal", "Provisioning", said, name)
        volume = self.store.find("PersistentVolume", request.name)
        if volume is None:
            volume = self.store.create(volume_of(request, source))
        said = f"Successfully provisioned volume {request.name}"
        self._say(claim, "Normal", "ProvisioningSucceeded", said, name)
        self._bind(claim, volume, dict.fromkeys(STORAGE_PROVISIONER, str(name)))

    def _bind(self, claim: Object, volume: Object, noted: Mapping[str, str] | None = None) -> None:
        spec = {**volume["spec"], "claimRef": reference_to(claim)}
        volume = self.store.update({**volume, "spec": spec})
        self.store.set_status(volume, {"phase": "Bound"})
        meta = claim["metadata"]
        annotations = {
            **(meta.get("annotations") or {}),
            **(noted or {}),
            "pv.kubernetes.io/bind-completed": "yes",
            "pv.kubernetes.io/bound-by-controller": "yes",
        }
        bound = self.store.update(
            {
                **claim,
                "metadata": {**meta, "annotations": annotations},
                "spec": {**claim["spec"], "volumeName": volume["metadata"]["name"]},
            }
        )
        self.store.set_status(
            bound,
            {
                "phase": "Bound",
                "accessModes": volume["spec"]["accessModes"],
                "capacity": volume["spec"]["capacity"],
            },
        )

    def _say(
        self, claim: Object, kind: str, reason: str, message: str, who: str = _COMPONENT
    ) -> None:
        key = (claim["metadata"]["uid"], message)
        if key not in self._said:
            self._said.add(key)
            self.recorder.record(claim, kind, reason, message, who)
