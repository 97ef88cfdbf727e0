"""Nobody gives away, by a role or a binding, what they do not have themselves."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.authorization.attributes import Attributes
from owlab.pocket.kube.authorization.authorizer import GROUP, Authorizer
from owlab.pocket.kube.authorization.rule_matching import covers, pieces
from owlab.pocket.kube.authorization.users import MASTERS, UserInfo
from owlab.pocket.kube.errors import Denied, NotFound
from owlab.pocket.kube.kinds import Kind

_ROLES = ("Role", "ClusterRole")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def check_escalation(
    authorizer: Authorizer, user: UserInfo, kind: Kind, obj: Object, old: Object | None
) -> None:
    """Raise Denied where a role, or what a binding binds to, goes beyond the user's own rights."""
    if kind.group != GROUP or MASTERS in user.groups:
        return
    meta = obj["metadata"]
    space, name = meta.get("namespace", ""), meta.get("name", "")
    if kind.built_in in _ROLES:
        if old is not None and old.get("rules") == obj.get("rules"):
            return
        asked = Attributes("escalate", GROUP, kind.plural, namespace=space, name=name)
        rules = obj.get("rules") or []
        if obj.get("aggregationRule"):
            # What it will hold is not known yet: only who has everything may make one.
            rules = [*rules, *_EVERYTHING]
    elif kind.built_in in _BINDINGS:
        role = obj["roleRef"]
        plural = "roles" if role["kind"] == "Role" else "clusterroles"
        asked = Attributes("bind", GROUP, plural, namespace=space, name=role["name"])
        found = authorizer.of_role(role, space)
        if found is None:
            if authorizer.decide(user, asked).allowed:
                return
            raise NotFound(f'{role["kind"].lower()}.{GROUP} "{role["name"]}" not found')
        rules = found
    else:
        return
    if authorizer.decide(user, asked).allowed:
        return
    held, _ = authorizer.rules(user, space)
    missing = [p for rule in rules for p in pieces(rule) if not covers(held, p)]
    if missing:
        groups = ",".join(f'"{group}"' for group in user.groups)
        shown = "\n".join(dict.fromkeys(_compact(piece) for piece in missing))
        raise Denied(
            GROUP,
            kind.plural,
            name,
            f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not '
            f"currently held:\n{shown}",
        )


_EVERYTHING: tuple[Object, ...] = (
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
)
_SHOWN = (
    ("nonResourceURLs", "NonResourceURLs"),
    ("apiGroups", "APIGroups"),
    ("resources", "Resources"),
    ("resourceNames", "ResourceNames"),
    ("verbs", "Verbs"),
)


def _compact(rule: Object) -> str:
    parts = []
    for field, title in _SHOWN:
        if field in rule:
            values = ", ".join(f'"{value}"' for value in rule[field])
            parts.append(f"{title}:[{values}]")
    return "{" + ", ".join(parts) + "}"
