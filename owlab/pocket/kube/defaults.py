"""Values that the API server fills in, where clients can see the difference."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.errors import Invalid
from owlab.pocket.kube.kinds import built_in
from owlab.pocket.kube.network.policies import policy_types
from owlab.pocket.kube.quantities import quantity
from owlab.pocket.kube.store import Store

NODE_PORTS = range(30000, 32768)
# Structures in Kubernetes' own types: one that a client leaves out is there, and empty.
_ALWAYS_SPECIFIED = {"Ingress", "LimitRange", "NetworkPolicy", "Node", "PodDisruptionBudget"}
_ALWAYS_SPECIFIED |= {"ReplicationController", "ResourceQuota"}


def fill(store: Store, obj: Object) -> None:
    """Fill in an object before it is stored, in place."""
    kind = built_in(obj)
    if kind in _ALWAYS_SPECIFIED:
        obj.setdefault("spec", {})
    match kind:
        case "Service":
            _service(store, obj)
        case "Pod":
            pod_spec(obj.setdefault("spec", {}))
            _requests(obj["spec"])
            obj.setdefault("status", {"phase": "Pending"})
        case "Deployment":
            spec = obj.setdefault("spec", {})
            spec.setdefault("replicas", 1)
            _rolling(spec, "strategy", {"maxUnavailable": "25%", "maxSurge": "25%"})
            spec.setdefault("progressDeadlineSeconds", 600)
            pod_spec(spec.get("template", {}).setdefault("spec", {}))
        case "ReplicaSet" | "StatefulSet" | "DaemonSet":
            spec = obj.setdefault("spec", {})
            if kind != "DaemonSet":
                spec.setdefault("replicas", 1)
            if kind == "StatefulSet":
                spec.setdefault("podManagementPolicy", "OrderedReady")
                _rolling(spec, "updateStrategy", {"partition": 0})
            elif obj["kind"] == "DaemonSet":
                _rolling(spec, "updateStrategy", {"maxUnavailable": 1, "maxSurge": 0})
            pod_spec(spec.get("template", {}).setdefault("spec", {}))
        case "Job":
            _job(obj)
        case "CronJob":
            _cron_job(obj.setdefault("spec", {}))
        case "HorizontalPodAutoscaler":
            _autoscaler(obj.setdefault("spec", {}))
        case "PersistentVolumeClaim":
            _claim(store, obj)
        case "PersistentVolume":
            spec = obj.setdefault("spec", {})
            spec.setdefault("volumeMode", "Filesystem")
            spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
            obj.setdefault("status", {"phase": "Pending"})
        case "StorageClass":
            obj.setdefault("reclaimPolicy", "Delete")
            obj.setdefault("volumeBindingMode", "Immediate")
        case "PriorityClass":
            obj.setdefault("value", 0)
            obj.setdefault("preemptionPolicy", "PreemptLowerPriority")
        case "NetworkPolicy":
            spec = obj.setdefault("spec", {})
            spec["policyTypes"] = policy_types(spec)
            for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
                for port in rule.get("ports") or []:
                    port.setdefault("protocol", "TCP")
        case "LimitRange":
            for item in (obj.get("spec") or {}).get("limits") or []:
                _limits(item)
        case "EndpointSlice":
            for port in obj.get("ports") or []:
                port.setdefault("name", "")
                port.setdefault("protocol", "TCP")
        case "Secret":
            _secret(obj)
        case "Namespace":
            obj.setdefault("spec", {"finalizers": ["kubernetes"]})
            obj.setdefault("status", {"phase": "Active"})
            labels = obj["metadata"].setdefault("labels", {})
            labels.setdefault("kubernetes.io/metadata.name", obj["metadata"].get("name", ""))


def keep(old: Object, new: Object) -> None:
    """Take over what was given to an object once, where a replacement does not mention it."""
    if built_in(new) != "Service":
        return
    before, after = old.get("spec") or {}, new.setdefault("spec", {})
    if before.get("type") == "ExternalName" or after.get("type") == "ExternalName":
        return
    for name in ("clusterIP", "clusterIPs"):
        if not after.get(name) and before.get(name):
            after[name] = before[name]
    given = {(p.get("protocol"), p["port"]): p.get("nodePort") for p in before.get("ports") or []}
    for port in after.get("ports") or []:
        number = given.get((port.get("protocol", "TCP"), port.get("port")))
        if (
            number
            and not port.get("nodePort")
            and after.get("type") in ("NodePort", "LoadBalancer")
        ):
            port["nodePort"] = number


def pod_spec(spec: Object) -> None:
    """What every pod gets."""
    for name, value in (
        ("restartPolicy", "Always"),
        ("dnsPolicy", "ClusterFirst"),
        ("schedulerName", "default-scheduler"),
        ("terminationGracePeriodSeconds", 30),
        ("securityContext", {}),
    ):
        spec.setdefault(name, value)
    for container in [
        *(spec.get("initContainers") or []),
        *(spec.get("containers") or []),
        *(spec.get("ephemeralContainers") or []),
    ]:
        latest = ":" not in container.get("image", "").rpartition("/")[2] or container[
            "image"
        ].endswith(":latest")
        container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        container.setdefault("resources", {})
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(name):
                _probe(container[name])


def _rolling(spec: Object, field: str, numbers: Object) -> None:
    """How pods are replaced, as far as it is not said, and how many revisions are remembered."""
    strategy = spec[field] = dict(spec.get(field) or {})
    strategy.setdefault("type", "RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = numbers | (strategy.get("rollingUpdate") or {})
    spec.setdefault("revisionHistoryLimit", 10)


def _requests(spec: Object) -> None:
    """Who says how much it may take at most, and nothing else, reserves that much."""
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        resources = container["resources"]
        limits = resources.get("limits") or {}
        missing = {n: v for n, v in limits.items() if n not in (resources.get("requests") or {})}
        if missing:
            resources["requests"] = {**(resources.get("requests") or {}), **missing}


def quality(pod: Object) -> None:
    """The pod's quality of service, which is worked out once."""
    spec, kinds = pod["spec"], ("cpu", "memory")
    said, guaranteed = False, True
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        for name in kinds:
            wanted, most = quantity(requests.get(name) or 0), quantity(limits.get(name) or 0)
            said = said or bool(wanted or most)
            guaranteed = guaranteed and bool(most) and wanted == most
    value = "BestEffort" if not said else "Guaranteed" if guaranteed else "Burstable"
    pod["status"] = {**(pod.get("status") or {}), "qosClass": value}


def _limits(item: Object) -> None:
    """What an item of a LimitRange leaves open follows from what it says."""
    if item.get("type") != "Container":
        return
    most = {**(item.get("max") or {}), **(item.get("default") or {})}
    asked = {**(item.get("min") or {}), **most, **(item.get("defaultRequest") or {})}
    if most:
        item["default"] = most
    if asked:
        item["defaultRequest"] = asked


def _probe(probe: Object) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe[name] = probe.get(name) or value
    if "httpGet" in probe:
        probe["httpGet"].setdefault("path", "/")
        probe["httpGet"].setdefault("scheme", "HTTP")


def _job(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("backoffLimit", 6)
    if "parallelism" not in spec:
        spec.setdefault("completions", 1)
    spec.setdefault("parallelism", 1)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    pod_spec(spec.get("template", {}).setdefault("spec", {}))


def _cron_job(spec: Object) -> None:
    for name, value in (
        ("concurrencyPolicy", "Allow"),
        ("suspend", False),
        ("successfulJobsHistoryLimit", 3),
        ("failedJobsHistoryLimit", 1),
    ):
        spec.setdefault(name, value)
    template = spec.get("jobTemplate", {}).get("spec", {}).get("template", {})
    pod_spec(template.setdefault("spec", {}))


def _autoscaler(spec: Object) -> None:
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _claim(store: Store, obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("volumeMode", "Filesystem")
    obj.setdefault("status", {"phase": "Pending"})
    if "storageClassName" not in spec:
        default = "storageclass.kubernetes.io/is-default-class"
        classes = [
            c
            for c in store.list("StorageClass")
            if (c["metadata"].get("annotations") or {}).get(default) == "true"
        ]
        if classes:
            newest = max(classes, key=lambda c: c["metadata"]["creationTimestamp"])
            spec["storageClassName"] = newest["metadata"]["name"]


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    for name, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[name] = base64.b64encode(str(text).encode()).decode()


def _service(store: Store, obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] == "ExternalName":
        return
    if not spec.get("clusterIP"):
        spec["clusterIP"] = _cluster_ip(store, obj)
    spec.setdefault("clusterIPs", [spec["clusterIP"]])
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "SingleStack")
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
        _node_ports(store, obj, spec.get("ports") or [])


def _cluster_ip(store: Store, obj: Object) -> str:
    taken = {s["spec"].get("clusterIP") for s in store.list("Service")}
    name = f"{obj['metadata'].get('namespace')}/{obj['metadata'].get('name')}"
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    for step in range(65000):
        number = (seed + step) % 65000 + 20
        address = f"10.43.{number >> 8}.{number & 255}"
        if address not in taken:
            return address
    raise Invalid("no cluster IP is left")


def _node_ports(store: Store, obj: Object, ports: list[Any]) -> None:
    meta = obj["metadata"]
    taken = {
        port.get("nodePort")
        for service in store.list("Service")
        if (service["metadata"]["namespace"], service["metadata"]["name"])
        != (meta.get("namespace"), meta.get("name"))
        for port in service["spec"].get("ports") or []
    }
    name = meta.get("name")
    for index, port in enumerate(ports):
        wanted = port.get("nodePort")
        if not wanted:
            seed = int.from_bytes(hashlib.sha256(f"{name}{index}".encode()).digest()[:2], "big")
            order = [NODE_PORTS[(seed + step) % len(NODE_PORTS)] for step in range(len(NODE_PORTS))]
            free = next((number for number in order if number not in taken), None)
            if free is None:
                raise Invalid(f'Service "{name}" is invalid: no NodePort is left')
            port["nodePort"] = free
        elif wanted not in NODE_PORTS:
            raise Invalid(
                f'Service "{name}" is invalid: spec.ports[{index}].nodePort: Invalid value: '
                f"{wanted}: provided port is not in the valid range. "
                "The range of valid ports is 30000-32767"
            )
        elif wanted in taken:
            raise Invalid(
                f'Service "{name}" is invalid: spec.ports[{index}].nodePort: Invalid value: '
                f"{wanted}: provided port is already allocated"
            )
        taken.add(port["nodePort"])
