"""The columns of nodes, namespaces, events, and of what is kept for pods."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import (
    AGE,
    NAME,
    Cell,
    Column,
    age,
    at,
    col,
    created,
    name_of,
    wide,
)
from owlab.pocket.kube.conditions import condition, is_true


def _node_status(obj: Object) -> str:
    text = "Ready" if is_true(obj, "Ready") else "NotReady"
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


def _event_object(obj: Object) -> str:
    about = obj.get("involvedObject") or obj.get("regarding") or {}
    return f"{about.get('kind', '').lower()}/{about.get('name', '')}"


def _event_seen(obj: Object) -> str:
    return age(obj.get("lastTimestamp") or obj.get("eventTime") or created(obj))


def _data_count(obj: Object) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


def _webhooks(obj: Object) -> int:
    return len(obj.get("webhooks") or [])


def _quota(prefix: str) -> Cell:
    def cell(obj: Object) -> str:
        hard = obj["spec"].get("hard") or {}
        used = (obj.get("status") or {}).get("used") or {}
        chosen = [name for name in sorted(hard) if name.startswith("limits.") == bool(prefix)]
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in chosen)

    return cell


def _dangling(obj: Object) -> str:
    found = condition(obj, "Dangling") or {}
    return str(found.get("status", "False"))


def _queuing(name: str) -> Cell:
    def cell(obj: Object) -> str:
        limited = obj["spec"].get("limited") or {}
        queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
        return str(queuing.get(name, "<none>"))

    return cell


def _shares(obj: Object) -> str:
    return str((obj["spec"].get("limited") or {}).get("nominalConcurrencyShares", "<none>"))


def _parameter_kind(obj: Object) -> str:
    found = obj["spec"].get("paramKind") or {}
    return f"{found['apiVersion']}/{found['kind']}" if found else "<unset>"


def _parameter(obj: Object) -> str:
    found = obj["spec"].get("paramRef") or {}
    if not found:
        return "<unset>"
    if not found.get("name"):
        return "*"
    return "/".join(filter(None, (found.get("namespace"), found["name"])))


def _count(name: str) -> Cell:
    return lambda obj: len(obj["spec"].get(name) or [])


def _local(obj: Object) -> str:
    service = obj["spec"].get("service")
    return f"{service['namespace']}/{service['name']}" if service else "Local"


def _available(obj: Object) -> str:
    found = condition(obj, "Available")
    if found is None:
        return "Unknown" if obj["spec"].get("service") else "True"
    return str(found["status"]) + (f" ({found['reason']})" if found["status"] == "False" else "")


def _component(name: str) -> Cell:
    def cell(obj: Object) -> str:
        healthy = condition({"status": obj}, "Healthy") or {}  # this kind has no status
        return str(healthy.get(name, ""))

    return cell


def _component_status(obj: Object) -> str:
    return "Healthy" if _component("status")(obj) == "True" else "Unhealthy"


COLUMNS: dict[str, list[Column]] = {
    "ComponentStatus": [
        NAME,
        col("Status", _component_status),
        col("Message", _component("message")),
        col("Error", _component("error")),
    ],
    "Node": [
        NAME,
        col("Status", _node_status),
        col("Roles", _roles),
        AGE,
        col("Version", at("status", "nodeInfo", "kubeletVersion")),
        wide("Internal-IP", _node_address("InternalIP")),
        wide("External-IP", _node_address("ExternalIP")),
        wide("OS-Image", at("status", "nodeInfo", "osImage")),
        wide("Kernel-Version", at("status", "nodeInfo", "kernelVersion")),
        wide("Container-Runtime", at("status", "nodeInfo", "containerRuntimeVersion")),
    ],
    "Namespace": [NAME, col("Status", at("status", "phase")), AGE],
    "Event": [
        col("Last Seen", _event_seen),
        col("Type", at("type")),
        col("Reason", at("reason")),
        col("Object", _event_object),
        wide("Subobject", at("involvedObject", "fieldPath")),
        wide("Source", at("source", "component")),
        col("Message", lambda o: str(o.get("message") or o.get("note") or "").strip()),
        wide("First Seen", lambda o: age(o.get("firstTimestamp") or created(o))),
        wide("Count", at("count", default=1)),
        wide("Name", name_of),
    ],
    "ConfigMap": [NAME, col("Data", _data_count), AGE],
    "Secret": [NAME, col("Type", at("type")), col("Data", _data_count), AGE],
    "ServiceAccount": [NAME, AGE],
    "CustomResourceDefinition": [NAME, col("Created At", created)],
    "Lease": [NAME, col("Holder", at("spec", "holderIdentity")), AGE],
    "LimitRange": [NAME, col("Created At", created)],
    "ResourceQuota": [NAME, col("Request", _quota("")), col("Limit", _quota("limits.")), AGE],
    "PriorityClass": [
        NAME,
        col("Value", at("value")),
        col("Global-Default", at("globalDefault", default=False)),
        AGE,
        col("PreemptionPolicy", at("preemptionPolicy", default="PreemptLowerPriority")),
    ],
    "APIService": [NAME, col("Service", _local), col("Available", _available), AGE],
    "RuntimeClass": [NAME, col("Handler", at("handler")), AGE],
    "FlowSchema": [
        NAME,
        col("PriorityLevel", at("spec", "priorityLevelConfiguration", "name")),
        col("MatchingPrecedence", at("spec", "matchingPrecedence")),
        col("DistinguisherMethod", at("spec", "distinguisherMethod", "type")),
        AGE,
        col("MissingPL", _dangling),
    ],
    "PriorityLevelConfiguration": [
        NAME,
        col("Type", at("spec", "type")),
        col("NominalConcurrencyShares", _shares),
        col("Queues", _queuing("queues")),
        col("HandSize", _queuing("handSize")),
        col("QueueLengthLimit", _queuing("queueLengthLimit")),
        AGE,
    ],
    "ValidatingAdmissionPolicy": [
        NAME,
        col("Validations", _count("validations")),
        col("ParamKind", _parameter_kind),
        AGE,
    ],
    "MutatingAdmissionPolicy": [
        NAME,
        col("Mutations", _count("mutations")),
        col("ParamKind", _parameter_kind),
        AGE,
    ],
    **{
        f"{kind}AdmissionPolicyBinding": [
            NAME,
            col("PolicyName", at("spec", "policyName")),
            col("ParamRef", _parameter),
            AGE,
        ]
        for kind in ("Validating", "Mutating")
    },
    "CSINode": [NAME, col("Drivers", lambda o: len(o["spec"].get("drivers") or [])), AGE],
    "ValidatingWebhookConfiguration": [NAME, col("Webhooks", _webhooks), AGE],
    "MutatingWebhookConfiguration": [NAME, col("Webhooks", _webhooks), AGE],
}
