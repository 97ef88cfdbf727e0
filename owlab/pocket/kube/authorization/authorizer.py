"""Looks through the bindings of the cluster for a rule that allows what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization.attributes import Attributes
from owlab.pocket.kube.authorization.rule_matching import allows
from owlab.pocket.kube.authorization.users import MASTERS, UserInfo
from owlab.pocket.kube.errors import Denied
from owlab.pocket.kube.store import Store

GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something is allowed, and by what, or what went wrong on the way."""

    allowed: bool
    reason: str = ""


class Authorizer:
    """Decides by Roles, ClusterRoles and their bindings. Remembers nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def require(self, user: UserInfo, asked: Attributes) -> None:
        """Raise Denied unless the user may do it."""
        decision = self.decide(user, asked)
        if decision.allowed:
            return
        why = asked.refused_to(user.name)
        raise Denied(
            asked.group,
            asked.resource,
            asked.name,
            f"{why}: {decision.reason}" if decision.reason else why,
        )

    def decide(self, user: UserInfo, asked: Attributes) -> Decision:
        """Whether the user may do it."""
        if MASTERS in user.groups:
            return Decision(True)
        missing: list[str] = []
        for binding, subject in self._bindings(user, asked.namespace):
            rules = self._rules(binding)
            if rules is None:
                missing.append(_absent(binding))
            elif any(allows(rule, asked) for rule in rules):
                return Decision(True, f"RBAC: allowed by {_told(binding, subject)}")
        return Decision(False, f"RBAC: {_listed(missing)}" if missing else "")

    def rules(self, user: UserInfo, namespace: str) -> tuple[list[Object], list[str]]:
        """Every rule that holds for a user in a namespace, and what could not be found out."""
        found: list[Object] = []
        missing: list[str] = []
        for binding, _ in self._bindings(user, namespace):
            rules = self._rules(binding)
            if rules is None:
                missing.append(_absent(binding))
            else:
                found += rules
        return found, missing

    def of_role(self, role: Object, namespace: str) -> list[Object] | None:
        """The rules of what a ``roleRef`` names; None when it is not there."""
        kind = role.get("kind", "")
        if kind not in ("Role", "ClusterRole"):
            return None
        found = self._store.find(kind, role.get("name", ""), namespace if kind == "Role" else "")
        return None if found is None else found.get("rules") or []

    def _rules(self, binding: Object) -> list[Object] | None:
        return self.of_role(binding["roleRef"], binding["metadata"].get("namespace", ""))

    def _bindings(self, user: UserInfo, namespace: str) -> Iterator[tuple[Object, Object]]:
        """Bindings that name the user, with the subject that does."""
        places = [("ClusterRoleBinding", "")]
        if namespace:
            places.append(("RoleBinding", namespace))
        for kind, space in places:
            for binding in self._store.list(kind, space):
                for subject in binding.get("subjects") or ():
                    if _is(user, subject, space):
                        yield binding, subject
                        break


def _is(user: UserInfo, subject: Object, namespace: str) -> bool:
    name = subject.get("name", "")
    match subject.get("kind"):
        case "User":
            return bool(name == user.name)
        case "Group":
            return name in user.groups
        case "ServiceAccount":
            space = subject.get("namespace") or namespace
            return bool(space) and user.name == f"system:serviceaccount:{space}:{name}"
    return False


def _absent(binding: Object) -> str:
    role = binding["roleRef"]
    return f'{role.get("kind", "").lower()}.{GROUP} "{role.get("name")}" not found'


def _listed(texts: list[str]) -> str:
    unique = list(dict.fromkeys(texts))
    return unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]"


def _told(binding: Object, subject: Object) -> str:
    meta, role = binding["metadata"], binding["roleRef"]
    name = f"{meta['name']}/{meta['namespace']}" if meta.get("namespace") else meta["name"]
    who = subject["name"]
    if subject["kind"] == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or meta.get('namespace', '')}"
    return (
        f'{binding["kind"]} "{name}" of {role["kind"]} "{role["name"]}" to {subject["kind"]} '
        f'"{who}"'
    )
