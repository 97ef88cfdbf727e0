"""The one validated model of a lab."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from owlab import versions
from owlab.language import N_

Provider = Literal["pocket", "multipass", "ssh", "cluster", "kind", "k3d"]
Role = Literal["server", "agent", "storage"]

_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([KMG])", re.IGNORECASE)
_UNIT = {"K": 1024, "M": 1024**2, "G": 1024**3}
_NAME = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"

Name = Annotated[str, Field(pattern=_NAME, description="a letter, then letters, digits, hyphens")]
Image = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9./:_-]*:[A-Za-z0-9._-]+$")]
Component = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
NodeName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]
HostName = Annotated[
    str,
    Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$", description="a host's name"),
]
FilePath = Annotated[
    str, Field(pattern=r"^([^\x00-\x1f\x7f-][^\x00-\x1f\x7f]*)?$", description="a file's path")
]
Port = Annotated[int, Field(ge=30000, le=32767, description="a NodePort, 30000 to 32767")]


_LONGEST_CLUSTER = 32
"""k3d's limit."""


def size_in_bytes(text: str) -> int:
    """``6G`` in bytes; units K, M, G are powers of 1024, as in Multipass."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("write a number and a unit, such as 6G or 512M")
    return int(float(match[1]) * _UNIT[match[2].upper()])


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Size(_Section):
    """What one machine gets."""

    cpus: int = Field(default=2, ge=1, le=64)
    memory: str = "6G"
    disk: str = "20G"

    @field_validator("memory", "disk")
    @classmethod
    def _is_a_size(cls, value: str) -> str:
        size_in_bytes(value.strip())
        return value.strip()

    @model_validator(mode="after")
    def _is_enough(self) -> Size:
        if size_in_bytes(self.memory) < _UNIT["M"] * 512:
            raise ValueError(f"memory {self.memory} is below 512M, which Multipass refuses")
        if size_in_bytes(self.disk) < _UNIT["G"] * 5:
            raise ValueError(f"disk {self.disk} is below 5G, what Ubuntu and its images need")
        return self


class MachinePlan(_Section):
    """One machine of the lab, derived from the settings."""

    name: str
    role: Role
    cpus: int
    memory: str
    disk: str
    image: str

    @property
    def memory_bytes(self) -> int:
        """The memory that it wants."""
        return size_in_bytes(self.memory)

    @property
    def is_node(self) -> bool:
        """It belongs to the Kubernetes cluster."""
        return self.role != "storage"


class K3sSettings(_Section):
    """Sections 1.3 and 1.4."""

    version: str = Field(default=versions.K3S, pattern=r"^(v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+)?$")
    disable: tuple[Component, ...] = ("traefik", "servicelb")
    join_token: Literal["short-lived", "server"] = "short-lived"


class NfsSettings(_Section):
    """Sections 1.5 and 2."""

    path: str = Field(default="/var/nfs/kubedata", pattern=r"^/[A-Za-z0-9._/-]+[A-Za-z0-9._-]$")
    clients: Literal["nodes", "everyone"] = "nodes"


class HelmSettings(_Section):
    """Section 3."""

    channel: str = Field(default=versions.HELM_CHANNEL, pattern=r"^[A-Za-z0-9][A-Za-z0-9./_-]*$")
    version: str = Field(default=versions.HELM_ARCHIVE, pattern=r"^v[34]\.\d+\.\d+$")
    sha256: str = Field(default=versions.HELM_ARCHIVE_SHA256, pattern=r"^([0-9a-f]{64})?$")


class WskSettings(_Section):
    """Section 4."""

    version: str = Field(default=versions.WSK, pattern=r"^(latest|\d+\.\d+\.\d+)$")


class ProvisionerSettings(_Section):
    """Section 5."""

    release: Name = "openwhisk-nfs"
    storage_class: Name = "nfs-client"
    chart_version: str = Field(
        default=versions.PROVISIONER_CHART,
        pattern=r"^([0-9]+\.[0-9]+\.[0-9]+([+-][0-9A-Za-z.+-]{1,40})?)?$",
        description="a version such as 4.0.18, or empty for the newest",
    )
    leader_election: bool = False


class OpenWhiskSettings(_Section):
    """Section 6."""

    release: Name = "owdev"
    namespace: Name = "openwhisk"
    port: Port = 31001
    storage_class: str = Field(default="nfs-client", pattern=r"^([a-z][a-z0-9.-]*)?$")
    chart_commit: str = Field(default=versions.OPENWHISK_CHART_COMMIT, pattern=r"^([0-9a-f]{40})?$")
    kafka_images: tuple[Image, ...] = Field(default=versions.KAFKA_IMAGES, min_length=1)
    keys: Literal["generated", "well-known"] = "generated"
    certificate: Literal["own-ca", "chart"] = "own-ca"
    pull_runtimes_first: bool = True
    run_timeout_minutes: int = Field(default=10, ge=1, le=60)


class SshSettings(_Section):
    """Machines that exist. Used by the provider ``ssh`` only."""

    inventory: FilePath = ""
    hosts: tuple[str, ...] = ()


class ClusterSettings(_Section):
    """A cluster that exists. Used by the provider ``cluster`` only."""

    kubeconfig: FilePath = ""
    context: str = Field(default="", pattern=r"^([A-Za-z0-9@][A-Za-z0-9@:/._-]*)?$")
    nodes: tuple[NodeName, ...] = ()
    address: HostName = ""
    nfs_server: HostName = ""
    forward: bool = False


class ContainerSettings(_Section):
    """A cluster in containers on this computer. Used by the providers ``kind`` and ``k3d`` only."""

    workers: int = Field(default=0, ge=0, le=5)
    image: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9./:@_-]*)?$")


class LabConfig(_Section):
    """Everything that may be chosen about a lab. Immutable; see ``owlab.settings`` for sources."""

    name: Name = "owlab"
    provider: Provider = "pocket"
    workers: int = Field(default=2, ge=1, le=20)
    prefix: str = Field(default="", pattern=r"^([a-z][a-z0-9-]{0,20})?$")
    image: str = Field(default=versions.UBUNTU, pattern=r"^([A-Za-z0-9][A-Za-z0-9:/._~%+-]*)?$")
    mirror: Literal["none", "cn"] = "none"
    speed: Literal["instant", "class", "real"] = "instant"
    memory_profile: Literal["guide", "small"] = "guide"
    as_written: bool = False
    master: Size = Size(memory="6G", disk="50G")
    worker: Size = Size(memory="6G", disk="20G")
    storage: Size = Size(memory="4G", disk="50G")
    k3s: K3sSettings = K3sSettings()
    nfs: NfsSettings = NfsSettings()
    helm: HelmSettings = HelmSettings()
    wsk: WskSettings = WskSettings()
    provisioner: ProvisionerSettings = ProvisionerSettings()
    openwhisk: OpenWhiskSettings = OpenWhiskSettings()
    ssh: SshSettings = SshSettings()
    cluster: ClusterSettings = ClusterSettings()
    container: ContainerSettings = ContainerSettings()

    @model_validator(mode="after")
    def _hangs_together(self) -> LabConfig:
        wanted, made = self.openwhisk.storage_class, self.provisioner.storage_class
        if self.provider == "cluster":
            self._names_a_cluster()
        if len(self.cluster_name) > _LONGEST_CLUSTER and self.provider in ("kind", "k3d"):
            raise ValueError(
                f"the cluster would be called {self.cluster_name}, which is longer than "
                f"{_LONGEST_CLUSTER} letters: choose a shorter name with --lab NAME"
            )
        if self.provider in ("cluster", "kind", "k3d") and not self.cluster.nfs_server:
            return self  # the storage class is the cluster's own
        if wanted not in ("", "local-path", made):
            raise ValueError(
                f"openwhisk_storage_class is {wanted!r}, but section 5 makes {made!r}: every "
                f"claim would stay Pending (allowed: {made}, local-path, or empty for the default)"
            )
        return self

    def _names_a_cluster(self) -> None:
        if not self.cluster.kubeconfig:
            raise ValueError(
                "the provider cluster needs cluster_kubeconfig, the path of the cluster's "
                "kubeconfig: none is taken by itself, so that no cluster is taken by mistake"
            )
        nodes = self.cluster.nodes
        if not nodes or len(set(nodes)) != len(nodes):
            raise ValueError(
                "the provider cluster needs cluster_nodes, different names as `kubectl get nodes` "
                "prints them: the first gets OpenWhisk's control plane, the others run functions; "
                "one alone does both"
            )

    @property
    def cluster_name(self) -> str:
        """What a cluster in containers is called."""
        return f"owlab-{self.name}"

    @property
    def _nodes(self) -> list[str]:
        """The master and the workers, as their cluster calls them."""
        name, workers = self.cluster_name, self.container.workers
        if self.provider == "kind":
            numbers = ["", *(str(number) for number in range(2, workers + 1))][:workers]
            return [f"{name}-control-plane", *(f"{name}-worker{number}" for number in numbers)]
        if self.provider == "k3d":
            agents = (f"k3d-{name}-agent-{number}" for number in range(workers))
            return [f"k3d-{name}-server-0", *agents]
        if self.provider == "cluster":
            return list(self.cluster.nodes)
        workers = self.workers
        return [f"{self.prefix}master", *(f"{self.prefix}worker{i + 1}" for i in range(workers))]

    @property
    def machines(self) -> tuple[MachinePlan, ...]:
        """The machines, in the guide's order: master, workers, storage."""
        master, *workers = self._nodes
        return (
            self._machine(master, "server", self.master),
            *(self._machine(name, "agent", self.worker) for name in workers),
            self._machine(f"{self.prefix}storage", "storage", self.storage),
        )

    def _machine(self, name: str, role: Role, size: Size) -> MachinePlan:
        return MachinePlan(name=name, role=role, image=self.image, **size.model_dump())

    @property
    def memory_bytes(self) -> int:
        """The memory that all machines ask for together."""
        return sum(size_in_bytes(machine.memory) for machine in self.machines)

    @property
    def disk_bytes(self) -> int:
        """The disk space that all machines may use together."""
        return sum(size_in_bytes(machine.disk) for machine in self.machines)

    def flat(self) -> dict[str, Any]:
        """Every setting by its flat name, such as ``openwhisk_port``: lists as lists."""
        return flatten(self.model_dump(mode="json"))


def flatten(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"k3s": {"version": V}}`` as ``{"k3s_version": V}``."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}_")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


PROFILES: dict[str, dict[str, Any]] = {
    "guide": {},
    # 11 GB in all: enough to deploy and to call functions one after another. K3s without its
    # extras and a single worker leave room for the Java processes of the control plane.
    "small": {
        "workers": 1,
        "master_memory": "5G",
        "master_disk": "30G",
        "worker_memory": "4G",
        "worker_disk": "15G",
        "storage_memory": "2G",
        "storage_disk": "20G",
    },
}
"""What ``memory_profile`` changes; anything said explicitly is stronger."""

AS_WRITTEN: dict[str, Any] = {
    "image": "",
    "k3s_version": "",
    "k3s_disable": [],
    "k3s_join_token": "server",
    "nfs_clients": "everyone",
    "wsk_version": "latest",
    "provisioner_chart_version": "",
    "provisioner_leader_election": True,
    "openwhisk_storage_class": "",
    "openwhisk_chart_commit": "",
    "openwhisk_kafka_images": ["fatal69100/kafka:2.8.1"],
    "openwhisk_keys": "well-known",
    "openwhisk_certificate": "chart",
    "openwhisk_pull_runtimes_first": False,
    "openwhisk_run_timeout_minutes": 1,
}
"""The guide's own choices, where our defaults differ: what ``as_written`` sets."""

MEANINGS: dict[str, str] = {
    "name": N_("The lab's name; each has a folder, machines and settings of its own"),
    "provider": N_("Who supplies the machines"),
    "workers": N_("Nodes that run functions"),
    "prefix": N_("Put before each machine's name, where `master` is somebody else's"),
    "image": N_("Ubuntu's release; empty: Multipass' own default"),
    "mirror": N_("`cn`: mirrors inside China"),
    "speed": N_("Pocket lab: how fast time passes"),
    "memory_profile": N_("`small`: for computers of 16 GB"),
    "as_written": N_("The guide's own choices"),
    "master_cpus": N_("Processors of the machine with the control plane"),
    "master_memory": N_("Its memory"),
    "master_disk": N_("Its disk"),
    "worker_cpus": N_("Processors of each worker"),
    "worker_memory": N_("Its memory"),
    "worker_disk": N_("Its disk"),
    "storage_cpus": N_("Processors of the NFS server"),
    "storage_memory": N_("Its memory"),
    "storage_disk": N_("Its disk, where the cluster's data lies"),
    "k3s_version": N_("The same on all nodes; empty: whatever is served today"),
    "k3s_disable": N_("Parts of K3s that are left out"),
    "k3s_join_token": N_(
        "`short-lived`: ends after an hour and joins workers only; `server`: the server's own"
    ),
    "nfs_path": N_("The directory that the NFS server exports"),
    "nfs_clients": N_("Who may mount it: the cluster's nodes, or everyone"),
    "helm_channel": N_("The channel of Helm's snap"),
    "helm_version": N_("Helm's archive, for machines that have no snap"),
    "helm_sha256": N_("Its sum; empty: not looked at"),
    "wsk_version": N_("The release of the wsk CLI"),
    "provisioner_release": N_("The Helm release of the NFS provisioner"),
    "provisioner_storage_class": N_("The storage class that it makes"),
    "provisioner_chart_version": N_("The provisioner's chart; empty: the newest"),
    "provisioner_leader_election": N_("For a provisioner of several pods; the guide's has one"),
    "openwhisk_release": N_("OpenWhisk's Helm release; the names of its pods begin with it"),
    "openwhisk_namespace": N_("Where it is deployed"),
    "openwhisk_port": N_("The NodePort at which it is called"),
    "openwhisk_storage_class": N_("Of OpenWhisk's claims; empty: the cluster's default"),
    "openwhisk_chart_commit": N_("The commit of its chart; empty: the branch as it is today"),
    "openwhisk_kafka_images": N_("Kafka's images, tried in this order"),
    "openwhisk_keys": N_("`generated`: keys of the lab's own; `well-known`: the published ones"),
    "openwhisk_certificate": N_(
        "`own-ca`: an authority of the lab's own; `chart`: the chart's certificate, "
        "whose key is public"
    ),
    "openwhisk_pull_runtimes_first": N_("Pull the runtimes' images before the first call"),
    "openwhisk_run_timeout_minutes": N_(
        "The limit for pulling a runtime's image and starting its pod"
    ),
    "ssh_inventory": N_("A file that names the machines"),
    "ssh_hosts": N_("The same as `user@host`: the master first, the storage last"),
    "cluster_kubeconfig": N_("The path of the cluster's kubeconfig"),
    "cluster_context": N_("The context in it; empty: the current one"),
    "cluster_nodes": N_("The nodes to use, the first one for the control plane"),
    "cluster_address": N_("Where NodePorts answer for this computer; empty: at the nodes"),
    "cluster_nfs_server": N_("An NFS server for the nodes; empty: the cluster's own storage"),
    "cluster_forward": N_("Call OpenWhisk through `kubectl port-forward`"),
    "container_workers": N_("Nodes beside the first one"),
    "container_image": N_("The nodes' image; empty: kind's own, or `k3s_version` (k3d)"),
}
"""What each setting is, for people."""
