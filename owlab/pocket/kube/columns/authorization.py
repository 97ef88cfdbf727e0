"""The columns of roles and of what is bound to them."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import (
    AGE,
    NAME,
    Cell,
    Column,
    at,
    col,
    created,
    duration,
    wide,
)


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


def _duration(obj: Object) -> str:
    seconds = obj["spec"].get("expirationSeconds")
    return duration(float(seconds)) if seconds else "<none>"


def _request_condition(obj: Object) -> str:
    """What was said of a request for a certificate."""
    status = obj.get("status") or {}
    kinds = [c["type"] for c in status.get("conditions") or []]
    if "Denied" in kinds:
        said = ["Denied"]
    elif "Approved" in kinds:
        said = ["Approved"]
    else:
        said = ["Pending"]
    if "Failed" in kinds:
        said.append("Failed")
    if status.get("certificate"):
        said.append("Issued")
    return ",".join(said)


COLUMNS: dict[str, list[Column]] = {
    "CertificateSigningRequest": [
        NAME,
        AGE,
        col("SignerName", at("spec", "signerName", default="<none>")),
        col("Requestor", at("spec", "username")),
        col("RequestedDuration", _duration),
        col("Condition", _request_condition),
    ],
    "Role": [NAME, col("Created At", created)],
    "ClusterRole": [NAME, col("Created At", created)],
    "RoleBinding": [
        NAME,
        col("Role", _role_ref),
        AGE,
        wide("Users", _subjects("User")),
        wide("Groups", _subjects("Group")),
        wide("ServiceAccounts", _subjects("ServiceAccount")),
    ],
}
COLUMNS["ClusterRoleBinding"] = COLUMNS["RoleBinding"]
