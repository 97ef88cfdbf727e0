"""Claims and volumes, and both provisioners: K3s' ``local-path`` and the NFS subdirectory one."""

from __future__ import annotations

from owlab.pocket.ground.clock import Clock
from owlab.pocket.ground.views import FleetView, MachineView, Object
from owlab.pocket.kube.events import Recorder
from owlab.pocket.kube.shape import is_ready
from owlab.pocket.kube.store import Store

LOCAL_PATH = "rancher.io/local-path"
LOCAL_DIRECTORY = "/var/lib/rancher/k3s/storage"
_NFS_IMAGES = ("nfs-subdir-external-provisioner", "nfs-client-provisioner")
_RETIRED = "quay.io/external_storage/nfs-client-provisioner"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


class Storage:
    """Binds claims, makes volumes with their directories, and takes them back."""

    def __init__(self, store: Store, clock: Clock, fleet: FleetView, recorder: Recorder) -> None:
        self._store = store
        self._clock = clock
        self._fleet = fleet
        self._recorder = recorder
        self._said: set[tuple[str, str]] = set()

    def reconcile(self) -> None:
        """One look at every claim and volume."""
        for claim in self._store.list("PersistentVolumeClaim"):
            if claim["metadata"].get("deletionTimestamp"):
                continue
            if claim["status"].get("phase") != "Bound":
                self._claim(claim)
        for volume in self._store.list("PersistentVolume"):
            self._volume(volume)

    # -- claims ----------------------------------------------------------------------------

    def _claim(self, claim: Object) -> None:
        for volume in self._store.list("PersistentVolume"):
            if self._fits(volume, claim):
                self._bind(claim, volume)
                return
        name = claim["spec"].get("storageClassName")
        if not name:
            self._say(
                claim,
                "Normal",
                "FailedBinding",
                "no persistent volumes available for this claim and no storage class is set",
            )
            return
        kind = self._store.find("StorageClass", name)
        if kind is None:
            self._say(
                claim,
                "Warning",
                "ProvisioningFailed",
                f'storageclass.storage.k8s.io "{name}" not found',
            )
            return
        node = self._first_consumer(claim)
        if kind.get("volumeBindingMode") == "WaitForFirstConsumer" and node is None:
            self._say(
                claim,
                "Normal",
                "WaitForFirstConsumer",
                "waiting for first consumer to be created before binding",
            )
            return
        if kind["provisioner"] == LOCAL_PATH:
            self._local(claim, kind, node or "")
        else:
            self._nfs(claim, kind)

    def _fits(self, volume: Object, claim: Object) -> bool:
        spec, reference = volume["spec"], volume["spec"].get("claimRef")
        if reference is not None:
            return bool(
                reference.get("name") == claim["metadata"]["name"]
                and reference.get("namespace") == claim["metadata"]["namespace"]
                and reference.get("uid") in (None, claim["metadata"]["uid"])
            )
        wanted = claim["spec"]
        return bool(
            volume["status"].get("phase") == "Available"
            and spec.get("storageClassName", "") == wanted.get("storageClassName", "")
            and set(wanted.get("accessModes") or []) <= set(spec.get("accessModes") or [])
            and wanted.get("volumeName") in (None, volume["metadata"]["name"])
        )

    def _first_consumer(self, claim: Object) -> str | None:
        """The node of the first pod that uses the claim."""
        meta = claim["metadata"]
        for pod in self._store.list("Pod", meta["namespace"]):
            for volume in pod["spec"].get("volumes") or []:
                used = volume.get("persistentVolumeClaim") or {}
                if used.get("claimName") == meta["name"] and pod["spec"].get("nodeName"):
                    return str(pod["spec"]["nodeName"])
        return None

    def _bind(self, claim: Object, volume: Object) -> None:
        meta = claim["metadata"]
        volume["spec"]["claimRef"] = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        }
        volume = self._store.update(volume)
        volume["status"] = {"phase": "Bound"}
        self._store.update_status(volume)
        claim["spec"]["volumeName"] = volume["metadata"]["name"]
        claim["metadata"].setdefault("annotations", {}).update(
            {
                "pv.kubernetes.io/bind-completed": "yes",
                "pv.kubernetes.io/bound-by-controller": "yes",
            }
        )
        claim = self._store.update(claim)
        claim["status"] = {
            "phase": "Bound",
            "accessModes": volume["spec"]["accessModes"],
            "capacity": volume["spec"]["capacity"],
        }
        self._store.update_status(claim)

    # -- provisioners ----------------------------------------------------------------------

    def _local(self, claim: Object, kind: Object, node: str) -> None:
        machine = self._fleet.get(node)
        if machine is None or not machine.running:
            return
        meta = claim["metadata"]
        name = f"pvc-{meta['uid']}"
        path = f"{LOCAL_DIRECTORY}/{name}_{meta['namespace']}_{meta['name']}"
        machine.mkdir(path, 0o777)
        affinity = {
            "required": {
                "nodeSelectorTerms": [
                    {
                        "matchExpressions": [
                            {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
                        ]
                    }
                ]
            }
        }
        self._provision(
            claim,
            kind,
            {"hostPath": {"path": path, "type": "DirectoryOrCreate"}, "nodeAffinity": affinity},
        )

    def _nfs(self, claim: Object, kind: Object) -> None:
        pod = self._provisioner(kind["provisioner"])
        provisioner = kind["provisioner"]
        if pod is None:
            self._say(
                claim,
                "Normal",
                "ExternalProvisioning",
                "Waiting for a volume to be created either by the external provisioner "
                f"'{provisioner}' or manually by the system administrator. If volume creation is "
                "delayed, please verify that the provisioner is running and correctly registered.",
            )
            return
        if _RETIRED in pod["spec"]["containers"][0]["image"]:
            self._say(
                claim,
                "Warning",
                "ProvisioningFailed",
                "unexpected error getting claim reference: selfLink was empty, "
                "can't make reference",
            )
            return
        nfs = pod["spec"]["volumes"][0]["nfs"]
        machine = self._server(pod, nfs)
        if machine is None:
            return
        meta = claim["metadata"]
        name = f"pvc-{meta['uid']}"
        directory = f"{nfs['path']}/{meta['namespace']}-{meta['name']}-{name}"
        machine.mkdir(directory, 0o777)
        self._provision(claim, kind, {"nfs": {"server": nfs["server"], "path": directory}})

    def _provisioner(self, name: str) -> Object | None:
        """The running pod of an NFS provisioner with this name."""
        for pod in self._store.list("Pod"):
            if not is_ready(pod):
                continue
            for container in pod["spec"]["containers"]:
                env = {e["name"]: e.get("value") for e in container.get("env") or []}
                if env.get("PROVISIONER_NAME") == name and any(
                    image in container["image"] for image in _NFS_IMAGES
                ):
                    return pod
        return None

    def _server(self, pod: Object, nfs: Object) -> MachineView | None:
        """The NFS server's machine, when the provisioner's node can reach it."""
        node = pod["spec"]["nodeName"]
        if self._fleet.nfs_error(node, nfs["server"], nfs["path"]) is not None:
            return None
        return self._fleet.nfs_server(nfs["server"])

    def _provision(self, claim: Object, kind: Object, source: Object) -> None:
        meta, name = claim["metadata"], f"pvc-{claim['metadata']['uid']}"
        if self._store.find("PersistentVolume", name) is None:
            self._store.create(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {
                        "name": name,
                        "annotations": {_PROVISIONED_BY: kind["provisioner"]},
                    },
                    "spec": {
                        "accessModes": claim["spec"]["accessModes"],
                        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
                        "persistentVolumeReclaimPolicy": kind.get("reclaimPolicy", "Delete"),
                        "storageClassName": kind["metadata"]["name"],
                        "volumeMode": "Filesystem",
                        "claimRef": {
                            "apiVersion": "v1",
                            "kind": "PersistentVolumeClaim",
                            "name": meta["name"],
                            "namespace": meta["namespace"],
                            "uid": meta["uid"],
                        },
                        **source,
                    },
                    "status": {"phase": "Pending"},
                }
            )
        self._say(
            claim, "Normal", "ProvisioningSucceeded", f"Successfully provisioned volume {name}"
        )
        self._bind(claim, self._store.get("PersistentVolume", name))

    # -- volumes ---------------------------------------------------------------------------

    def _volume(self, volume: Object) -> None:
        reference = volume["spec"].get("claimRef")
        if reference is None:
            if volume["status"].get("phase") != "Available":
                volume["status"] = {"phase": "Available"}
                self._store.update_status(volume)
            return
        claim = self._store.find("PersistentVolumeClaim", reference["name"], reference["namespace"])
        if claim is not None and claim["metadata"]["uid"] == reference.get(
            "uid", claim["metadata"]["uid"]
        ):
            return
        if not reference.get("uid"):
            return
        if volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            if self._take_back(volume):
                self._store.remove("PersistentVolume", volume["metadata"]["name"])
        elif volume["status"].get("phase") != "Released":
            volume["status"] = {"phase": "Released"}
            self._store.update_status(volume)

    def _take_back(self, volume: Object) -> bool:
        """Remove or archive the directory; False when its machine or provisioner is not there."""
        spec = volume["spec"]
        if "nfs" in spec:
            kind = self._store.find("StorageClass", spec.get("storageClassName", "")) or {}
            machine = self._fleet.nfs_server(spec["nfs"]["server"])
            if machine is None:
                return False
            path = spec["nfs"]["path"]
            if (kind.get("parameters") or {}).get("archiveOnDelete", "true") == "true":
                above, _, last = path.rpartition("/")
                if machine.listdir(path) is not None:
                    machine.rename(path, f"{above}/archived-{last}")
            else:
                machine.remove(path)
        elif "hostPath" in spec and "nodeAffinity" in spec:
            term = spec["nodeAffinity"]["required"]["nodeSelectorTerms"][0]
            machine = self._fleet.get(term["matchExpressions"][0]["values"][0])
            if machine is not None:
                machine.remove(spec["hostPath"]["path"])
        return True

    def _say(self, claim: Object, kind: str, reason: str, message: str) -> None:
        key = (claim["metadata"]["uid"], message)
        if key not in self._said:
            self._said.add(key)
            self._recorder.record(claim, kind, reason, message, "persistentvolume-controller")
