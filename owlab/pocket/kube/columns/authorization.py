"""The columns of roles and of what is bound to them."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.columns.cells import AGE, NAME, Cell, Column, col, created, wide


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


COLUMNS: dict[str, list[Column]] = {
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
