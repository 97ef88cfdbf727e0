"""The arguments of ``k3s server`` and ``k3s agent``: which there are, and which are obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SWITCHES = {
    *("cluster-init", "cluster-reset", "disable-cloud-controller", "disable-network-policy"),
    *("disable-kube-proxy", "disable-scheduler", "disable-helm-controller", "debug", "rootless"),
    *("docker", "secrets-encryption", "selinux", "protect-kernel-defaults", "prefer-bundled-bin"),
    *("disable-agent", "disable-apiserver-lb", "embedded-registry", "with-node-id"),
}
VALUED = {
    *("disable", "token", "token-file", "agent-token", "server", "node-name", "node-label"),
    *("node-taint", "node-ip", "node-external-ip", "write-kubeconfig", "write-kubeconfig-mode"),
    *("write-kubeconfig-group", "tls-san", "flannel-backend", "flannel-iface", "cluster-cidr"),
    *("service-cidr", "cluster-dns", "cluster-domain", "data-dir", "kubelet-arg", "config"),
    *("kube-apiserver-arg", "kube-controller-manager-arg", "kube-scheduler-arg", "log", "v"),
    *(
        "kube-proxy-arg",
        "system-default-registry",
        "private-registry",
        "pause-image",
        "alsologtostderr",
    ),
    *("default-local-storage-path", "https-listen-port", "bind-address", "advertise-address"),
    *(
        "datastore-endpoint",
        "snapshotter",
        "resolv-conf",
        "container-runtime-endpoint",
        "lb-server-port",
    ),
    *("service-node-port-range", "kube-cloud-controller-manager-arg", "node-port"),
}
SHORT = {"-t": "token", "-s": "server", "-d": "data-dir", "-o": "write-kubeconfig", "-l": "log"}
LISTS = {"disable", "node-label", "node-taint", "tls-san", "kubelet-arg"}


ENVIRONMENT = {
    "K3S_KUBECONFIG_MODE": "write-kubeconfig-mode",
    "K3S_KUBECONFIG_OUTPUT": "write-kubeconfig",
    "K3S_KUBECONFIG_GROUP": "write-kubeconfig-group",
    "K3S_AGENT_TOKEN": "agent-token",
    "K3S_DATASTORE_ENDPOINT": "datastore-endpoint",
    "K3S_CLUSTER_INIT": "cluster-init",
    "K3S_CLUSTER_RESET": "cluster-reset",
    "K3S_RESOLV_CONF": "resolv-conf",
    "K3S_LB_SERVER_PORT": "lb-server-port",
    "K3S_SYSTEM_DEFAULT_REGISTRY": "system-default-registry",
    "K3S_SELINUX": "selinux",
    "K3S_DEBUG": "debug",
}
"""Variables of the service's environment that are another way to give a flag."""

OBEYED = {
    *("disable", "token", "token-file", "agent-token", "server", "node-name", "with-node-id"),
    *("node-label", "node-taint", "write-kubeconfig", "write-kubeconfig-mode", "tls-san"),
    *("debug", "v", "log", "alsologtostderr", "prefer-bundled-bin", "disable-network-policy"),
}
"""Flags on which the pocket lab acts, or that only change how much is written."""

REFUSED = {
    "datastore-endpoint": "the pocket lab keeps its objects itself: it reaches no other datastore",
    "docker": "the pocket lab has no container engine to choose",
    "container-runtime-endpoint": "the pocket lab has no container engine to choose",
    "rootless": "the pocket lab runs nothing as anybody",
    "cluster-reset": "the pocket lab has one server, and no etcd whose members could be reset",
    "data-dir": "the pocket lab keeps K3s' files in /var/lib/rancher/k3s only",
    "https-listen-port": "the pocket lab's API server answers on port 6443 only",
    "disable-agent": "the pocket lab's server is always a node too",
    "disable-kube-proxy": "Services of the pocket lab work without it, and could not be turned off",
    "disable-scheduler": "the pocket lab's scheduler cannot be turned off",
}
"""Flags that would make another cluster than the lab can be."""


class ArgumentError(ValueError):
    """K3s or its installer refuses; the message is theirs."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The arguments of ``k3s server`` or ``k3s agent``: the last value of each, lists joined."""

    values: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()

    def disabled(self) -> list[str]:
        """Packaged components that are not deployed."""
        return sorted({p for v in self.lists.get("disable", ()) for p in v.split(",") if p})

    def given(self) -> list[str]:
        """The names of all that were given."""
        return [*self.values, *self.switches]

    def unacted(self) -> list[str]:
        """Those on which the pocket lab does not act."""
        return [name for name in self.given() if name not in OBEYED]


def parse_flags(words: list[str]) -> Flags:
    """Read flags. Raises :class:`ArgumentError` with K3s' sentence."""
    values: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    switches: set[str] = set()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not name.startswith("-") or name in ("-", "--"):
            raise ArgumentError(f"No help topic for '{word}'")
        name = SHORT.get(name, name.lstrip("-"))
        if name in SWITCHES:
            if not equals or value == "true":
                switches.add(name)
            continue
        if name not in VALUED:
            raise ArgumentError(f"flag provided but not defined: -{name}")
        if not equals:
            if not rest:
                raise ArgumentError(f"flag needs an argument: -{name}")
            value = rest.pop(0)
        if name in LISTS:
            lists.setdefault(name, []).append(value)
        values[name] = value
    flags = Flags(values, {key: tuple(found) for key, found in lists.items()}, frozenset(switches))
    for name in flags.given():
        if name in REFUSED:
            raise ArgumentError(f"--{name}: {REFUSED[name]}")
    return flags


def from_environment(env: Mapping[str, str]) -> list[str]:
    """The flags that variables stand for."""
    found = []
    for variable, flag in ENVIRONMENT.items():
        value = env.get(variable, "")
        if value and flag in SWITCHES:
            found.append(f"--{flag}={value.lower()}")
        elif value:
            found.append(f"--{flag}={value}")
    return found
