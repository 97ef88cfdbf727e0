"""``pods/NAME/ephemeralcontainers``: containers that ``kubectl debug`` adds to a pod that runs."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube import defaults
from owlab.pocket.kube.kinds import Kind
from owlab.pocket.kube.store import copied
from owlab.pocket.kube.validation import invalid
from owlab.pocket.kube.validation.causes import Causes, duplicates, shown
from owlab.pocket.kube.validation.names import label

FIELD = "spec.ephemeralContainers"
_NOT_FOR_THEM = (
    "ports",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "lifecycle",
    "resources",
    "resizePolicy",
    "restartPolicy",
)


def with_ephemeral(kind: Kind, old: Object, given: Object) -> Object:
    """The pod with another's ephemeral containers, and nothing else of it; raises Invalid."""
    asked = copied(given)["spec"].get("ephemeralContainers") or []
    causes = _causes(old, asked)
    if causes:
        raise invalid(kind, old, causes)
    pod = copied(old)
    pod["spec"]["ephemeralContainers"] = asked
    defaults.pod_spec(pod["spec"])
    for name in ("resourceVersion", "uid"):
        if given["metadata"].get(name):
            pod["metadata"][name] = given["metadata"][name]
    return pod


def _causes(old: Object, asked: list[Object]) -> Causes:
    spec = old["spec"]
    before = {c["name"]: c for c in spec.get("ephemeralContainers") or ()}
    others = [c["name"] for c in [*(spec.get("initContainers") or ()), *spec["containers"]]]
    causes: Causes = []
    for index, container in enumerate(asked):
        place, name = f"{FIELD}[{index}]", container.get("name")
        if not name:
            causes.append((f"{place}.name", "Required value"))
            continue
        if name in before:
            if {**before[name], **container} != before[name]:
                said = f'existing ephemeral containers "{name}" may not be changed'
                causes.append((FIELD, f"Forbidden: {said}"))
            continue
        causes += [(f"{place}.name", text) for text in label(name)]
        if name in others:
            causes.append((f"{place}.name", f"Duplicate value: {shown(name)}"))
        if not container.get("image"):
            causes.append((f"{place}.image", "Required value"))
        target = container.get("targetContainerName")
        if target and target not in others:
            causes.append((f"{place}.targetContainerName", f"Not found: {shown(target)}"))
        causes += [
            (f"{place}.{field}", "Forbidden: cannot be set for an Ephemeral Container")
            for field in _NOT_FOR_THEM
            if container.get(field)
        ]
    causes += duplicates(FIELD, "name", [c.get("name") for c in asked])
    for gone in set(before) - {c.get("name") for c in asked}:
        said = f'existing ephemeral containers "{gone}" may not be removed'
        causes.append((FIELD, f"Forbidden: {said}"))
    return causes


def refuse_in_new_pod(kind: Kind, pod: Object) -> None:
    """A pod does not begin with them; raises Invalid."""
    if kind.resource == "pods" and (pod.get("spec") or {}).get("ephemeralContainers"):
        raise invalid(kind, pod, [(FIELD, "Forbidden: cannot be set on create")])
