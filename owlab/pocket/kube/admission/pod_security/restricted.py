"""The level *restricted*: what a careful operator asks of every pod."""

from __future__ import annotations

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission.pod_security.containers import (
    bad,
    containers,
    either,
    named,
    quoted,
    security,
)

_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def escalation(spec: Object, meta: Object) -> str | None:
    """No more privileges than the parent process."""
    names = bad(spec, lambda c: security(c).get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    return (
        f"allowPrivilegeEscalation != false ({named(names)} must set "
        "securityContext.allowPrivilegeEscalation=false)"
    )


def capabilities(spec: Object, meta: Object) -> str | None:
    """All capabilities are dropped; one may be taken back."""
    added: set[str] = set()

    def keeps(container: Object) -> bool:
        given = security(container).get("capabilities") or {}
        return "ALL" not in (given.get("drop") or ())

    def adds(container: Object) -> bool:
        given = security(container).get("capabilities") or {}
        more = set(given.get("add") or ()) - {"NET_BIND_SERVICE"}
        added.update(more)
        return bool(more)

    said = []
    if names := bad(spec, keeps):
        said.append(f'{named(names)} must set securityContext.capabilities.drop=["ALL"]')
    if names := bad(spec, adds):
        shown = quoted(sorted(added))
        said.append(f"{named(names)} must not include {shown} in securityContext.capabilities.add")
    return f"unrestricted capabilities ({'; '.join(said)})" if said else None


def volumes(spec: Object, meta: Object) -> str | None:
    """Only volumes of the cluster's own objects, of the pod itself, or claimed."""
    names, kinds = [], set()
    for volume in spec.get("volumes") or ():
        wrong = set(volume) - {"name"} - _VOLUMES
        if wrong:
            names.append(volume["name"])
            kinds |= wrong
    if not names:
        return None
    verb = "use" if len(names) > 1 else "uses"
    return (
        f"restricted volume types ({named(names, 'volume')} {verb} restricted volume "
        f"type{'s' * (len(kinds) > 1)} {quoted(sorted(kinds))})"
    )


def non_root(spec: Object, meta: Object) -> str | None:
    """Nothing runs as root."""
    pod = security(spec).get("runAsNonRoot")
    refused = bad(spec, lambda c: security(c).get("runAsNonRoot") is False)
    if refused or (pod is False and any(_silent(c, "runAsNonRoot") for c in containers(spec))):
        return (
            f"runAsNonRoot != true ({either(pod is False, refused)} must not set "
            "securityContext.runAsNonRoot=false)"
        )
    missing = bad(spec, lambda c: _silent(c, "runAsNonRoot")) if not pod else []
    if not missing:
        return None
    return (
        f"runAsNonRoot != true (pod or {named(missing)} must set securityContext.runAsNonRoot=true)"
    )


def _silent(container: Object, field: str) -> bool:
    return security(container).get(field) is None


def user(spec: Object, meta: Object) -> str | None:
    """Nor by the number of root."""
    pod = security(spec).get("runAsUser") == 0
    names = bad(spec, lambda c: security(c).get("runAsUser") == 0)
    return f"runAsUser=0 ({either(pod, names)} must not set runAsUser=0)" if pod or names else None


def seccomp(spec: Object, meta: Object) -> str | None:
    """System calls are filtered."""

    def kind(thing: Object) -> str | None:
        found: str | None = (security(thing).get("seccompProfile") or {}).get("type")
        return found

    allowed = ("RuntimeDefault", "Localhost")
    pod = kind(spec)
    wrong = bad(spec, lambda c: kind(c) not in (None, *allowed))
    if wrong or pod not in (None, *allowed):
        values = {kind(t) for t in (spec, *containers(spec))} - {None, *allowed}
        shown = quoted(sorted(str(value) for value in values))
        return (
            f"seccompProfile ({either(pod not in (None, *allowed), wrong)} must not set "
            f"securityContext.seccompProfile.type to {shown})"
        )
    missing = bad(spec, lambda c: kind(c) is None) if pod is None else []
    if not missing:
        return None
    return (
        f"seccompProfile (pod or {named(missing)} must set "
        'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
    )
