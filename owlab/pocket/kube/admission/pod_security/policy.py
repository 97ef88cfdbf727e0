"""Which level a namespace asks for, and what is said of pods that do not keep to it."""

from __future__ import annotations

import re

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission.pod_security import baseline, restricted
from owlab.pocket.kube.admission.pod_security.baseline import Check
from owlab.pocket.kube.errors import Denied, Invalid
from owlab.pocket.kube.store import Store
from owlab.pocket.kube.validation.causes import at, wrong
from owlab.pocket.kube.validation.templates import TEMPLATES

_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
_VERSION = re.compile(r"latest|v1\.(0|[1-9][0-9]*)")
_BASELINE: dict[str, Check] = {
    "appArmorProfile": baseline.app_armor,
    "capabilities": baseline.capabilities,
    "hostNamespaces": baseline.host_namespaces,
    "hostPathVolumes": baseline.host_path,
    "hostPorts": baseline.host_ports,
    "hostProbesAndLifecycle": baseline.host_probes,
    "privileged": baseline.privileged,
    "procMount": baseline.proc_mount,
    "seLinuxOptions": baseline.selinux,
    "seccompProfile": baseline.seccomp,
    "sysctls": baseline.sysctls,
    "windowsHostProcess": baseline.windows,
}
_RESTRICTED: dict[str, Check] = {
    **{name: check for name, check in _BASELINE.items() if name != "hostPathVolumes"},
    "allowPrivilegeEscalation": restricted.escalation,
    "capabilities": restricted.capabilities,
    "restrictedVolumes": restricted.volumes,
    "runAsNonRoot": restricted.non_root,
    "runAsUser": restricted.user,
    "seccompProfile": restricted.seccomp,
}
_CHECKS = {"privileged": {}, "baseline": _BASELINE, "restricted": _RESTRICTED}


def check(store: Store, obj: Object, old: Object | None) -> list[str]:
    """Raise Denied for a pod that its namespace does not let in; returns warnings.

    Templates of workloads are warned about only. A namespace's labels are looked at too.
    """
    kind = obj.get("kind", "")
    if kind == "Namespace":
        return _namespace(store, obj, old)
    if kind not in TEMPLATES or (old is not None and obj.get("spec") == old.get("spec")):
        return []
    space = store.find("Namespace", obj["metadata"].get("namespace") or "default")
    labels = ((space or {}).get("metadata") or {}).get("labels") or {}
    path = TEMPLATES[kind]
    spec = at(obj, *path) or {}
    meta = at(obj, *path[:-1], "metadata") or {}
    if kind == "Pod" and (said := _violations(spec, meta, _level(labels, "enforce"))):
        told = f"violates PodSecurity {_policy(labels, 'enforce')}: {', '.join(said)}"
        raise Denied("", "pods", meta.get("name") or meta.get("generateName") or "", told)
    if said := _violations(spec, meta, _level(labels, "warn")):
        return [f"would violate PodSecurity {_policy(labels, 'warn')}: {', '.join(said)}"]
    return []


def _level(labels: dict[str, str], mode: str) -> str:
    level = labels.get(_PREFIX + mode, "privileged")
    return level if level in _LEVELS else "restricted"


def _policy(labels: dict[str, str], mode: str) -> str:
    version = labels.get(f"{_PREFIX}{mode}-version", "latest")
    return f'"{_level(labels, mode)}:{version}"'


def _violations(spec: Object, meta: Object, level: str) -> list[str]:
    found = (check(spec, meta) for _, check in sorted(_CHECKS[level].items()))
    return [text for text in found if text]


def _namespace(store: Store, space: Object, old: Object | None) -> list[str]:
    labels = space["metadata"].get("labels") or {}
    _check_labels(space, labels)
    before = ((old or {}).get("metadata") or {}).get("labels") or {}
    changed = {key for key in labels if labels[key] != before.get(key)}
    warnings = [
        f"metadata.labels[{key}]: the pocket lab keeps no audit log"
        for key in sorted(changed)
        if key == f"{_PREFIX}audit" and labels[key] != "privileged"
    ]
    mode = f"{_PREFIX}enforce"
    if old is not None and ({mode, f"{mode}-version"} & changed):
        warnings += _present(store, space, labels)
    return warnings


def _check_labels(space: Object, labels: dict[str, str]) -> None:
    said = []
    for mode in ("enforce", "audit", "warn"):
        level = labels.get(_PREFIX + mode)
        if level is not None and level not in _LEVELS:
            text = wrong(level, f"must be one of {', '.join(_LEVELS)}")
            said.append(f"metadata.labels[{_PREFIX}{mode}]: {text}")
        version = labels.get(f"{_PREFIX}{mode}-version")
        if version is not None and not _VERSION.fullmatch(version):
            text = wrong(version, 'must be "latest" or "v1.x"')
            said.append(f"metadata.labels[{_PREFIX}{mode}-version]: {text}")
    if said:
        text = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
        raise Invalid(f'Namespace "{space["metadata"]["name"]}" is invalid: {text}')


def _present(store: Store, space: Object, labels: dict[str, str]) -> list[str]:
    """Pods that are there already and would not be let in any more."""
    name = space["metadata"]["name"]
    groups: dict[str, list[str]] = {}
    for pod in store.list("Pod", name):
        said = _violations(pod["spec"], pod["metadata"], _level(labels, "enforce"))
        if said:
            # Here only the titles are told, without what is in parentheses.
            titles = ", ".join(text.partition(" (")[0] for text in said)
            groups.setdefault(titles, []).append(pod["metadata"]["name"])
    if not groups:
        return []
    lines = []
    for titles, pods in groups.items():
        others = len(pods) - 1
        more = f" (and {others} other pod{'s' * (others > 1)})" if others else ""
        lines.append(f"{pods[0]}{more}: {titles}")
    policy = _policy(labels, "enforce")
    head = f'existing pods in namespace "{name}" violate the new PodSecurity enforce level {policy}'
    return [head, *lines]
