"""The level *baseline*: nothing that is known to lead out of a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from owlab.pocket.ground.views import Object
from owlab.pocket.kube.admission.pod_security.containers import (
    bad,
    containers,
    either,
    named,
    quoted,
    security,
)

Check = Callable[[Object, Object], str | None]
"""What is wrong with a pod's spec; its metadata is given too."""
_CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
_SELINUX = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")


def app_armor(spec: Object, meta: Object) -> str | None:
    """Profiles of AppArmor may not be switched off."""
    values = [
        value
        for key, value in (meta.get("annotations") or {}).items()
        if key.startswith("container.apparmor.security.beta.kubernetes.io/")
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    ]
    kinds = [(security(t).get("appArmorProfile") or {}).get("type") for t in _all(spec)]
    values += [kind for kind in kinds if kind not in (None, "RuntimeDefault", "Localhost")]
    if not values:
        return None
    return f"forbidden AppArmor profile{'s' * (len(values) > 1)} ({quoted(values)})"


def _all(spec: Object) -> list[Object]:
    return [spec, *containers(spec)]


def capabilities(spec: Object, meta: Object) -> str | None:
    """No more capabilities than a container has by itself."""
    more: set[str] = set()

    def wrong(container: Object) -> bool:
        added = set((security(container).get("capabilities") or {}).get("add") or ())
        more.update(added - _CAPABILITIES)
        return bool(added - _CAPABILITIES)

    names = bad(spec, wrong)
    if not names:
        return None
    return (
        f"non-default capabilities ({named(names)} must not include {quoted(sorted(more))} in "
        "securityContext.capabilities.add)"
    )


def host_namespaces(spec: Object, meta: Object) -> str | None:
    """Not the node's own network, processes or memory."""
    names = [f"{n}=true" for n in ("hostNetwork", "hostPID", "hostIPC") if spec.get(n)]
    return f"host namespaces ({', '.join(names)})" if names else None


def host_path(spec: Object, meta: Object) -> str | None:
    """No directories of the node."""
    names = [v["name"] for v in spec.get("volumes") or () if "hostPath" in v]
    return f"hostPath volumes ({named(names, 'volume')})" if names else None


def host_ports(spec: Object, meta: Object) -> str | None:
    """No ports of the node."""
    ports: set[int] = set()

    def wrong(container: Object) -> bool:
        found = {p["hostPort"] for p in container.get("ports") or () if p.get("hostPort")}
        ports.update(found)
        return bool(found)

    names = bad(spec, wrong)
    if not names:
        return None
    shown = ", ".join(map(str, sorted(ports)))
    verb = "use" if len(names) > 1 else "uses"
    return f"hostPort ({named(names)} {verb} hostPort{'s' * (len(ports) > 1)} {shown})"


def host_probes(spec: Object, meta: Object) -> str | None:
    """Probes and hooks ask the pod itself, not another host."""
    hosts: set[Any] = set()

    def wrong(container: Object) -> bool:
        handlers = [container.get(f"{sort}Probe") for sort in ("liveness", "readiness", "startup")]
        handlers += (container.get("lifecycle") or {}).values()
        found = {
            (handler.get(way) or {}).get("host")
            for handler in handlers
            if handler
            for way in ("httpGet", "tcpSocket")
        } - {None, "", "127.0.0.1", "::1"}
        hosts.update(found)
        return bool(found)

    names = bad(spec, wrong)
    if not names:
        return None
    verb = "use" if len(names) > 1 else "uses"
    return (
        f"probe or lifecycle host ({named(names)} {verb} probe or lifecycle "
        f"host{'s' * (len(hosts) > 1)} {quoted(sorted(hosts))})"
    )


def privileged(spec: Object, meta: Object) -> str | None:
    """No privileged containers."""
    names = bad(spec, lambda c: bool(security(c).get("privileged")))
    if not names:
        return None
    return f"privileged ({named(names)} must not set securityContext.privileged=true)"


def proc_mount(spec: Object, meta: Object) -> str | None:
    """``/proc`` stays masked."""
    names = bad(spec, lambda c: security(c).get("procMount") not in (None, "", "Default"))
    if not names:
        return None
    found: set[Any] = {security(c).get("procMount") for c in containers(spec)}
    values = found - {None, "", "Default"}
    shown = quoted(sorted(values))
    return f"procMount ({named(names)} must not set securityContext.procMount to {shown})"


def selinux(spec: Object, meta: Object) -> str | None:
    """SELinux types of containers only, no users and roles."""

    def wrong(thing: Object) -> bool:
        options = security(thing).get("seLinuxOptions") or {}
        kind = options.get("type", "")
        return bool(kind not in _SELINUX or options.get("user") or options.get("role"))

    names = bad(spec, wrong)
    if not names and not wrong(spec):
        return None
    who = either(wrong(spec), names)
    return f"seLinuxOptions ({who} set forbidden securityContext.seLinuxOptions)"


def seccomp(spec: Object, meta: Object) -> str | None:
    """System calls stay filtered where they are."""

    def wrong(thing: Object) -> bool:
        return (security(thing).get("seccompProfile") or {}).get("type") == "Unconfined"

    names = bad(spec, wrong)
    if not names and not wrong(spec):
        return None
    return (
        f"seccompProfile ({either(wrong(spec), names)} must not set "
        'securityContext.seccompProfile.type to "Unconfined")'
    )


def sysctls(spec: Object, meta: Object) -> str | None:
    """Only settings of the kernel that are the pod's own."""
    given = [item["name"] for item in security(spec).get("sysctls") or ()]
    names = sorted(name for name in given if name not in _SYSCTLS)
    return f"forbidden sysctls ({', '.join(names)})" if names else None


def windows(spec: Object, meta: Object) -> str | None:
    """No processes of a Windows host."""

    def wrong(thing: Object) -> bool:
        return bool((security(thing).get("windowsOptions") or {}).get("hostProcess"))

    names = bad(spec, wrong)
    if not names and not wrong(spec):
        return None
    return (
        f"hostProcess ({either(wrong(spec), names)} must not set "
        "securityContext.windowsOptions.hostProcess=true)"
    )
