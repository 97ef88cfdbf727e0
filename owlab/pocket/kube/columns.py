"""The columns of ``kubectl get``, by kind: name, where the value comes from, and ``-o wide``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from owlab.pocket.world import Object

Cell = Callable[[Object], Any]
Column = tuple[str, Cell, bool]
"""Heading, value, and whether it is shown only with ``-o wide``."""


def age(timestamp: str | None) -> str:
    """How long ago, as kubectl writes it: ``45s``, ``3m12s``, ``7h16m``, ``5d``."""
    if not timestamp:
        return "<unknown>"
    then = datetime.datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return duration((datetime.datetime.now(datetime.UTC) - then).total_seconds())


def duration(seconds: float) -> str:
    """Seconds as kubectl writes them."""
    total = max(0, int(seconds))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    if total < 120:
        return f"{total}s"
    if minutes < 10:
        return f"{minutes}m{total % 60}s" if total % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if days < 730:
        return f"{days}d"
    return f"{days // 365}y"


def at(*path: str, default: Any = "") -> Cell:
    """The value at a path."""

    def cell(obj: Object) -> Any:
        place: Any = obj
        for name in path:
            place = place.get(name) if isinstance(place, dict) else None
        return default if place is None else place

    return cell


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Object) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def _created(obj: Object) -> str:
    return str(obj["metadata"].get("creationTimestamp", ""))


NAME: Column = ("Name", _name, False)
AGE: Column = ("Age", _age, False)


def _pod_containers(obj: Object) -> list[Object]:
    return list(obj.get("status", {}).get("containerStatuses") or [])


def pod_status(obj: Object) -> str:
    """The STATUS of a pod, by the rules that kubectl's server side uses."""
    status = obj.get("status", {})
    reason = status.get("reason") or status.get("phase", "Unknown")
    specified = len(obj["spec"].get("initContainers") or [])
    initializing = False
    for index, container in enumerate(status.get("initContainerStatuses") or []):
        state = container.get("state", {})
        ended = state.get("terminated")
        if ended and ended.get("exitCode", 0) == 0:
            continue
        if ended:
            reason = "Init:" + (ended.get("reason") or f"ExitCode:{ended.get('exitCode')}")
        elif (waiting := state.get("waiting")) and waiting.get("reason") not in (
            None,
            "PodInitializing",
        ):
            reason = "Init:" + waiting["reason"]
        else:
            reason = f"Init:{index}/{specified}"
        initializing = True
        break
    if not initializing:
        running = False
        for container in reversed(_pod_containers(obj)):
            state = container.get("state", {})
            if waiting := state.get("waiting"):
                reason = waiting.get("reason") or reason
            elif ended := state.get("terminated"):
                reason = ended.get("reason") or f"ExitCode:{ended.get('exitCode')}"
            elif container.get("ready") and "running" in state:
                running = True
        if reason == "Completed" and running:
            reason = "Running" if _ready_condition(obj) else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(reason)


def _ready_condition(obj: Object) -> bool:
    conditions = obj.get("status", {}).get("conditions") or []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _pod_ready(obj: Object) -> str:
    ready = sum(1 for c in _pod_containers(obj) if c.get("ready"))
    return f"{ready}/{len(obj['spec'].get('containers') or [])}"


def _restarts(obj: Object) -> str:
    containers = _pod_containers(obj)
    count = sum(c.get("restartCount", 0) for c in containers)
    ends = [
        c["lastState"]["terminated"].get("finishedAt")
        for c in containers
        if c.get("lastState", {}).get("terminated")
    ]
    return f"{count} ({age(max(ends))} ago)" if count and any(ends) else str(count)


def _node_status(obj: Object) -> str:
    conditions = obj.get("status", {}).get("conditions") or []
    ready = next((c["status"] for c in conditions if c["type"] == "Ready"), "Unknown")
    text = "Ready" if ready == "True" else "NotReady"
    return text + (",SchedulingDisabled" if obj.get("spec", {}).get("unschedulable") else "")


def _roles(obj: Object) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = obj["metadata"].get("labels") or {}
    roles = sorted(k.removeprefix(prefix) for k in labels if k.startswith(prefix))
    return ",".join(roles) or "<none>"


def _node_address(kind: str) -> Cell:
    def cell(obj: Object) -> str:
        found = [
            a["address"] for a in obj.get("status", {}).get("addresses") or [] if a["type"] == kind
        ]
        return found[0] if found else "<none>"

    return cell


def _ports(obj: Object) -> str:
    shown = []
    for port in obj["spec"].get("ports") or []:
        node = f":{port['nodePort']}" if port.get("nodePort") else ""
        shown.append(f"{port['port']}{node}/{port.get('protocol', 'TCP')}")
    return ",".join(shown) or "<none>"


def _selector(*path: str) -> Cell:
    def cell(obj: Object) -> str:
        selector = at(*path, default={})(obj)
        labels = selector.get("matchLabels", selector) if selector else {}
        return ",".join(f"{k}={v}" for k, v in sorted(labels.items())) or "<none>"

    return cell


def _template(field: str) -> Cell:
    def cell(obj: Object) -> str:
        spec = obj["spec"].get("template", {}).get("spec", {})
        return ",".join(str(c.get(field, "")) for c in spec.get("containers") or [])

    return cell


def _ratio(obj: Object) -> str:
    status = obj.get("status", {})
    return f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 1)}"


def _job_status(obj: Object) -> str:
    for condition in obj.get("status", {}).get("conditions") or []:
        if condition["status"] == "True" and condition["type"] in (
            "Complete",
            "Failed",
            "Suspended",
        ):
            return str(condition["type"])
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else "Running"


def _job_duration(obj: Object) -> str:
    status = obj.get("status", {})
    if not status.get("startTime"):
        return ""
    start = datetime.datetime.fromisoformat(status["startTime"].replace("Z", "+00:00"))
    end = status.get("completionTime")
    until = (
        datetime.datetime.fromisoformat(end.replace("Z", "+00:00"))
        if end
        else datetime.datetime.now(datetime.UTC)
    )
    return duration((until - start).total_seconds())


def _modes(obj: Object) -> str:
    short = {
        "ReadWriteOnce": "RWO",
        "ReadOnlyMany": "ROX",
        "ReadWriteMany": "RWX",
        "ReadWriteOncePod": "RWOP",
    }
    modes = obj.get("status", {}).get("accessModes") or obj["spec"].get("accessModes") or []
    return ",".join(short.get(m, m) for m in modes)


def _claim_bound(cell: Cell) -> Cell:
    return lambda obj: cell(obj) if obj["spec"].get("volumeName") else ""


def _claim_status(obj: Object) -> str:
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return str(obj.get("status", {}).get("phase", ""))


def _volume_claim(obj: Object) -> str:
    claim = obj["spec"].get("claimRef")
    return f"{claim['namespace']}/{claim['name']}" if claim else ""


def _class_name(obj: Object) -> str:
    default = "storageclass.kubernetes.io/is-default-class"
    is_default = (obj["metadata"].get("annotations") or {}).get(default) == "true"
    return _name(obj) + (" (default)" if is_default else "")


def _role_ref(obj: Object) -> str:
    return f"{obj['roleRef']['kind']}/{obj['roleRef']['name']}"


def _subjects(kind: str) -> Cell:
    def cell(obj: Object) -> str:
        found = []
        for subject in obj.get("subjects") or []:
            if subject["kind"] == kind:
                space = f"{subject['namespace']}/" if subject.get("namespace") else ""
                found.append(f"{space}{subject['name']}")
        return ",".join(found)

    return cell


def _event_object(obj: Object) -> str:
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


def _event_seen(obj: Object) -> str:
    return age(obj.get("lastTimestamp") or obj.get("eventTime") or _created(obj))


def _endpoints(obj: Object) -> str:
    shown = [
        f"{a['ip']}:{p['port']}"
        for subset in obj.get("subsets") or []
        for a in subset.get("addresses") or []
        for p in subset.get("ports") or []
    ]
    more = f" + {len(shown) - 3} more..." if len(shown) > 3 else ""
    return ",".join(shown[:3]) + more if shown else "<none>"


def _data_count(obj: Object) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _wide(heading: str, cell: Cell) -> Column:
    return heading, cell, True


def _col(heading: str, cell: Cell) -> Column:
    return heading, cell, False


_WORKLOAD = [
    _wide("Containers", _template("name")),
    _wide("Images", _template("image")),
]

COLUMNS: dict[str, list[Column]] = {
    "Pod": [
        NAME,
        _col("Ready", _pod_ready),
        _col("Status", pod_status),
        _col("Restarts", _restarts),
        AGE,
        _wide("IP", at("status", "podIP", default="<none>")),
        _wide("Node", at("spec", "nodeName", default="<none>")),
        _wide("Nominated Node", at("status", "nominatedNodeName", default="<none>")),
        _wide("Readiness Gates", lambda obj: "<none>"),
    ],
    "Node": [
        NAME,
        _col("Status", _node_status),
        _col("Roles", _roles),
        AGE,
        _col("Version", at("status", "nodeInfo", "kubeletVersion")),
        _wide("Internal-IP", _node_address("InternalIP")),
        _wide("External-IP", _node_address("ExternalIP")),
        _wide("OS-Image", at("status", "nodeInfo", "osImage")),
        _wide("Kernel-Version", at("status", "nodeInfo", "kernelVersion")),
        _wide("Container-Runtime", at("status", "nodeInfo", "containerRuntimeVersion")),
    ],
    "Namespace": [NAME, _col("Status", at("status", "phase")), AGE],
    "Service": [
        NAME,
        _col("Type", at("spec", "type")),
        _col("Cluster-IP", at("spec", "clusterIP", default="<none>")),
        _col(
            "External-IP",
            lambda o: (
                o["spec"].get("externalName")
                or ("<pending>" if o["spec"].get("type") == "LoadBalancer" else "<none>")
            ),
        ),
        _col("Port(s)", _ports),
        AGE,
        _wide("Selector", _selector("spec", "selector")),
    ],
    "Endpoints": [NAME, _col("Endpoints", _endpoints), AGE],
    "ConfigMap": [NAME, _col("Data", _data_count), AGE],
    "Secret": [NAME, _col("Type", at("type")), _col("Data", _data_count), AGE],
    "ServiceAccount": [NAME, AGE],
    "Deployment": [
        NAME,
        _col("Ready", _ratio),
        _col("Up-to-date", at("status", "updatedReplicas", default=0)),
        _col("Available", at("status", "availableReplicas", default=0)),
        AGE,
        *_WORKLOAD,
        _wide("Selector", _selector("spec", "selector")),
    ],
    "ReplicaSet": [
        NAME,
        _col("Desired", at("spec", "replicas", default=0)),
        _col("Current", at("status", "replicas", default=0)),
        _col("Ready", at("status", "readyReplicas", default=0)),
        AGE,
        *_WORKLOAD,
        _wide("Selector", _selector("spec", "selector")),
    ],
    "StatefulSet": [NAME, _col("Ready", _ratio), AGE, *_WORKLOAD],
    "DaemonSet": [
        NAME,
        _col("Desired", at("status", "desiredNumberScheduled", default=0)),
        _col("Current", at("status", "currentNumberScheduled", default=0)),
        _col("Ready", at("status", "numberReady", default=0)),
        _col("Up-to-date", at("status", "updatedNumberScheduled", default=0)),
        _col("Available", at("status", "numberAvailable", default=0)),
        _col("Node Selector", _selector("spec", "template", "spec", "nodeSelector")),
        AGE,
        *_WORKLOAD,
    ],
    "Job": [
        NAME,
        _col("Status", _job_status),
        _col(
            "Completions",
            lambda o: (
                f"{o.get('status', {}).get('succeeded', 0)}/{o['spec'].get('completions', 1)}"
            ),
        ),
        _col("Duration", _job_duration),
        AGE,
        *_WORKLOAD,
        _wide("Selector", _selector("spec", "selector")),
    ],
    "CronJob": [
        NAME,
        _col("Schedule", at("spec", "schedule")),
        _col("Timezone", at("spec", "timeZone", default="<none>")),
        _col("Suspend", at("spec", "suspend", default=False)),
        _col("Active", lambda o: len(o.get("status", {}).get("active") or [])),
        _col(
            "Last Schedule",
            lambda o: age(s) if (s := o.get("status", {}).get("lastScheduleTime")) else "<none>",
        ),
        AGE,
    ],
    "PersistentVolumeClaim": [
        NAME,
        _col("Status", _claim_status),
        _col("Volume", at("spec", "volumeName")),
        _col("Capacity", _claim_bound(at("status", "capacity", "storage"))),
        _col("Access Modes", _claim_bound(_modes)),
        _col("StorageClass", at("spec", "storageClassName")),
        _col("VolumeAttributesClass", at("spec", "volumeAttributesClassName", default="<unset>")),
        AGE,
        _wide("VolumeMode", at("spec", "volumeMode")),
    ],
    "PersistentVolume": [
        NAME,
        _col("Capacity", at("spec", "capacity", "storage")),
        _col("Access Modes", _modes),
        _col("Reclaim Policy", at("spec", "persistentVolumeReclaimPolicy")),
        _col("Status", _claim_status),
        _col("Claim", _volume_claim),
        _col("StorageClass", at("spec", "storageClassName")),
        _col("VolumeAttributesClass", at("spec", "volumeAttributesClassName", default="<unset>")),
        _col("Reason", at("status", "reason")),
        AGE,
        _wide("VolumeMode", at("spec", "volumeMode")),
    ],
    "StorageClass": [
        _col("Name", _class_name),
        _col("Provisioner", at("provisioner")),
        _col("ReclaimPolicy", at("reclaimPolicy")),
        _col("VolumeBindingMode", at("volumeBindingMode")),
        _col("AllowVolumeExpansion", at("allowVolumeExpansion", default=False)),
        AGE,
    ],
    "Role": [NAME, _col("Created At", _created)],
    "ClusterRole": [NAME, _col("Created At", _created)],
    "RoleBinding": [
        NAME,
        _col("Role", _role_ref),
        AGE,
        _wide("Users", _subjects("User")),
        _wide("Groups", _subjects("Group")),
        _wide("ServiceAccounts", _subjects("ServiceAccount")),
    ],
    "Event": [
        _col("Last Seen", _event_seen),
        _col("Type", at("type")),
        _col("Reason", at("reason")),
        _col("Object", _event_object),
        _wide("Subobject", at("involvedObject", "fieldPath")),
        _wide("Source", at("source", "component")),
        _col("Message", lambda o: str(o.get("message") or o.get("note") or "").strip()),
        _wide("First Seen", lambda o: age(o.get("firstTimestamp") or _created(o))),
        _wide("Count", at("count", default=1)),
        _wide("Name", _name),
    ],
    "NetworkPolicy": [NAME, _col("Pod-Selector", _selector("spec", "podSelector")), AGE],
    "Ingress": [
        NAME,
        _col("Class", at("spec", "ingressClassName", default="<none>")),
        _col("Hosts", lambda o: ",".join(r.get("host", "*") for r in o["spec"].get("rules") or [])),
        _col("Address", lambda o: ""),
        _col("Ports", lambda o: "80, 443" if o["spec"].get("tls") else "80"),
        AGE,
    ],
    "PodDisruptionBudget": [
        NAME,
        _col("Min Available", at("spec", "minAvailable", default="N/A")),
        _col("Max Unavailable", at("spec", "maxUnavailable", default="N/A")),
        _col("Allowed Disruptions", at("status", "disruptionsAllowed", default=0)),
        AGE,
    ],
    "CustomResourceDefinition": [NAME, _col("Created At", _created)],
    "Lease": [NAME, _col("Holder", at("spec", "holderIdentity")), AGE],
}
COLUMNS["ClusterRoleBinding"] = COLUMNS["RoleBinding"]


def columns(kind: str) -> list[Column]:
    """The columns of a kind; name and age where it has no others."""
    return COLUMNS.get(kind, [NAME, AGE])
