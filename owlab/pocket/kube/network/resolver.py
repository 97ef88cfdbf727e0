"""How a container finds addresses: ``/etc/hosts``, ``/etc/resolv.conf``, and whom that names."""

from __future__ import annotations

from collections.abc import Callable

from owlab.pocket.ground.views import FleetView, Object
from owlab.pocket.kube.network.names import SERVER, ZONE, Names
from owlab.pocket.network.dns import (
    NODE_SERVER,
    NameAnswer,
    NameRecord,
    ResolverConfig,
    is_address,
    outside,
)
from owlab.pocket.network.unreached import NoNameServer, UnknownName


def config_of(pod: Object) -> ResolverConfig:
    """A pod's, from its policy and its own wishes."""
    spec, namespace = pod["spec"], pod["metadata"]["namespace"]
    policy = spec.get("dnsPolicy", "ClusterFirst")
    if policy == "ClusterFirst" and spec.get("hostNetwork"):
        policy = "Default"
    servers: list[str] = []
    searches: list[str] = []
    options: list[str] = []
    if policy in ("ClusterFirst", "ClusterFirstWithHostNet"):
        servers = [SERVER]
        searches = [f"{namespace}.svc.{ZONE}", f"svc.{ZONE}", ZONE]
        options = ["ndots:5"]
    elif policy == "Default":
        servers = [NODE_SERVER]
    own = spec.get("dnsConfig") or {}
    servers += own.get("nameservers") or []
    searches += own.get("searches") or []
    for option in own.get("options") or []:
        value = option.get("value")
        options = [o for o in options if o.partition(":")[0] != option["name"]]
        options.append(f"{option['name']}:{value}" if value else option["name"])
    unique = dict.fromkeys
    return ResolverConfig(tuple(unique(servers)), tuple(unique(searches)), tuple(unique(options)))


def host_names(pod: Object) -> tuple[str, str]:
    """A pod's host name, and the whole name that it has with a ``subdomain``, or nothing."""
    meta, spec = pod["metadata"], pod["spec"]
    host = str(spec.get("hostname") or meta["name"])
    subdomain = spec.get("subdomain")
    return host, f"{host}.{subdomain}.{meta['namespace']}.svc.{ZONE}" if subdomain else ""


def kernel_host_name(pod: Object) -> str:
    """What ``hostname`` prints in its containers."""
    host, full = host_names(pod)
    return full if full and pod["spec"].get("setHostnameAsFQDN") else host


def hosts_file(pod: Object) -> str:
    """``/etc/hosts`` as the kubelet writes it."""
    address = pod["status"].get("podIP") or "127.0.0.1"
    host, full = host_names(pod)
    named = f"{full}\t{host}" if full else host
    lines = [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        f"{address}\t{named}",
    ]
    aliases = pod["spec"].get("hostAliases") or []
    if aliases:
        lines += ["", "# Entries added by HostAliases."]
    lines += [f"{alias['ip']}\t" + "\t".join(alias.get("hostnames") or ()) for alias in aliases]
    return "\n".join([*lines, ""])


class Resolver:
    """Finds the addresses of names for the containers of a pod."""

    def __init__(
        self,
        pod: Object,
        names: Names,
        fleet: FleetView,
        reached: Callable[[str], bool] = lambda server: True,
    ) -> None:
        """``reached``: whether questions get to a name server."""
        self._names, self._fleet, self._reached = names, fleet, reached
        self._pod = pod

    @property
    def config(self) -> ResolverConfig:
        """What the container's ``/etc/resolv.conf`` says."""
        return config_of(self._pod)

    def lookup(self, name: str) -> list[str]:
        """What a program gets: from the file, else from the first server that answers.

        Raises UnknownName.
        """
        if is_address(name):
            return [name]
        for line in hosts_file(self._pod).splitlines():
            address, *known = line.partition("#")[0].split() or [""]
            if name in known and ":" not in address:
                return [address]
        heard = False
        for server in self.config.servers:
            for full in self.config.candidates(name):
                answer = self.ask(server, full, "A")
                if answer is None:
                    break
                heard = True
                if answer.addresses():
                    return answer.addresses()
        raise UnknownName(name) if heard else NoNameServer(name)

    def ask(self, server: str, name: str, kind: str) -> NameAnswer | None:
        """What one server says of one full name; None when none answers there."""
        if not self._reached(server):
            return None
        return ask(self._names, self._fleet, server, name, kind)


def ask(
    names: Names | None, fleet: FleetView, server: str, name: str, kind: str
) -> NameAnswer | None:
    """What one server says of one full name; None when none answers there."""
    if server == NODE_SERVER:
        address = outside(fleet, name.rstrip(".").lower())
        if address is None:
            return NameAnswer("NXDOMAIN")
        return NameAnswer(
            records=[NameRecord(name, "A", address, 60)] if kind in ("A", "ANY") else []
        )
    if names is None or not names.answers(server):
        return None
    return names.ask(name, kind)
