"""What is so in the lab, as plain records: the tables and the map are made of these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from owlab.command import Command
from owlab.fact import Fact, json_fact
from owlab.lab import Lab
from owlab.steps.control import control
from owlab.steps.kubernetes import items

Row = dict[str, Any]


def machines(lab: Lab) -> list[Row]:
    """The machines of the lab, also those that do not exist yet."""
    lab.provider.prepare(lab.config)
    known = {info.name: info for info in lab.provider.machines()}
    rows = []
    for machine in lab.config.machines:
        info = known.get(machine.name)
        rows.append(
            {
                "name": machine.name,
                "role": machine.role,
                "state": info.state if info else "does not exist",
                "ipv4": info.ipv4 if info else "",
                "release": info.release if info else "",
                "cpus": machine.cpus,
                "memory": machine.memory,
                "disk": machine.disk,
            }
        )
    return rows


def nodes(lab: Lab) -> list[Row]:
    """The nodes of the cluster."""
    rows = []
    for node in items(lab, "nodes"):
        labels = node["metadata"].get("labels", {})
        status = node["status"]
        prefix = "node-role.kubernetes.io/"
        roles = sorted(name.removeprefix(prefix) for name in labels if name.startswith(prefix))
        addresses = {item["type"]: item["address"] for item in status.get("addresses", [])}
        rows.append(
            {
                "name": node["metadata"]["name"],
                "ready": _condition(status, "Ready"),
                "roles": ",".join(roles),
                "openwhisk_role": labels.get("openwhisk-role", ""),
                "version": status.get("nodeInfo", {}).get("kubeletVersion", ""),
                "architecture": status.get("nodeInfo", {}).get("architecture", ""),
                "ipv4": addresses.get("InternalIP", ""),
                "age_s": _age(node),
            }
        )
    return rows


def pods(lab: Lab, namespace: str | None = None) -> list[Row]:
    """The pods of one namespace, or of all."""
    what = "pods" if namespace else "pods -A"
    rows = []
    for pod in items(lab, what, namespace or ""):
        status = pod["status"]
        containers = status.get("containerStatuses", [])
        rows.append(
            {
                "namespace": pod["metadata"]["namespace"],
                "name": pod["metadata"]["name"],
                "ready": sum(bool(item.get("ready")) for item in containers),
                "containers": len(pod["spec"].get("containers", [])),
                "status": pod_status(pod),
                "restarts": sum(item.get("restartCount", 0) for item in containers),
                "node": pod["spec"].get("nodeName", ""),
                "age_s": _age(pod),
            }
        )
    return rows


def pod_status(pod: Row) -> str:
    """The word that kubectl shows: a waiting container's reason, else the phase."""
    status = pod["status"]
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    started = status.get("initContainerStatuses", [])
    undone = [item for item in started if "terminated" not in item.get("state", {})]
    if undone and status.get("phase") == "Pending" and pod["spec"].get("nodeName"):
        return f"Init:{len(started) - len(undone)}/{len(started)}"
    for item in status.get("containerStatuses", []):
        state = item.get("state", {})
        reason = (state.get("waiting") or state.get("terminated") or {}).get("reason")
        if reason:
            return str(reason)
    return str(status.get("phase", "Unknown"))


def claims(lab: Lab, namespace: str | None = None) -> list[Row]:
    """The claims for volumes."""
    what = "persistentvolumeclaims" if namespace else "persistentvolumeclaims -A"
    return [
        {
            "namespace": claim["metadata"]["namespace"],
            "name": claim["metadata"]["name"],
            "status": claim["status"].get("phase", ""),
            "storage_class": claim["spec"].get("storageClassName", ""),
            "capacity": claim["status"].get("capacity", {}).get("storage", ""),
            "volume": claim["spec"].get("volumeName", ""),
        }
        for claim in items(lab, what, namespace or "")
    ]


def volumes(lab: Lab) -> list[Row]:
    """The volumes, and where their data is."""
    rows = []
    for volume in items(lab, "persistentvolumes"):
        spec = volume["spec"]
        claim = spec.get("claimRef", {})
        nfs = spec.get("nfs", {})
        local = spec.get("hostPath", {}).get("path") or spec.get("local", {}).get("path", "")
        rows.append(
            {
                "name": volume["metadata"]["name"],
                "status": volume["status"].get("phase", ""),
                "storage_class": spec.get("storageClassName", ""),
                "capacity": spec.get("capacity", {}).get("storage", ""),
                "claim": f"{claim.get('namespace', '')}/{claim.get('name', '')}".strip("/"),
                "server": nfs.get("server", ""),
                "path": nfs.get("path", local),
            }
        )
    return rows


def nfs_directories(lab: Lab) -> list[str]:
    """What is in the exported directory on the NFS server."""
    listing = Command(f"sudo ls {lab.config.nfs.path}", on=lab.storage)
    return lab.fact(Fact(listing, str.split, []))


def activations(lab: Lab, limit: int = 30) -> list[Row]:
    """The newest activations of the namespace, newest first, over OpenWhisk's own API.

    ``wsk activation list`` prints a table for people; the API that it asks answers JSON.
    """
    found = _ask(lab, f"activations?limit={limit}", [])
    return [_activation(item) for item in found if isinstance(item, dict)]


def actions(lab: Lab) -> list[str]:
    """The functions of the namespace, those of packages as ``package/function``."""
    found = []
    for item in _ask(lab, "actions?limit=200", []):
        _, _, package = str(item["namespace"]).partition("/")
        found.append(f"{package}/{item['name']}" if package else str(item["name"]))
    return found


def action(lab: Lab, name: str) -> Row:
    """All that OpenWhisk knows of a function, its code included; empty when it is not there."""
    return dict(_ask(lab, f"actions/{name}", {}))


def _ask(lab: Lab, what: str, default: object) -> Any:
    """A question to OpenWhisk's own API, with wsk's properties."""
    here = control(lab)
    ask = (
        f'. {here.home}/.wskprops && curl -sk --max-time 30 -u "$AUTH" '
        f'"https://$APIHOST/api/v1/namespaces/_/{what}"'
    )
    as_root = lab.config.as_written and here.sudo
    text = f"sudo bash -c '{ask}'" if as_root else ask
    return lab.fact(json_fact(text, here.machine, default=default))


def _activation(item: Row) -> Row:
    notes = {note["key"]: note["value"] for note in item.get("annotations", [])}
    states = ("success", "application error", "developer error", "internal error")
    return {
        "activation": item["activationId"],
        "action": item["name"],
        "kind": notes.get("kind", ""),
        "start": "cold" if "initTime" in notes else "warm",
        "duration_ms": item.get("duration", 0),
        "init_ms": notes.get("initTime", 0),
        "wait_ms": notes.get("waitTime", 0),
        "status": states[item.get("statusCode", 0)],
        "time": datetime.fromtimestamp(item["start"] / 1000, UTC),
    }


def _condition(status: Row, kind: str) -> bool:
    conditions = status.get("conditions", [])
    return any(item["type"] == kind and item["status"] == "True" for item in conditions)


def _age(obj: Row) -> int:
    made = datetime.fromisoformat(obj["metadata"]["creationTimestamp"])
    return max(0, int((datetime.now(UTC) - made).total_seconds()))
