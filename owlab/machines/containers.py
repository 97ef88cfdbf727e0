"""The providers ``kind`` and ``k3d``: a Kubernetes cluster in containers, made and deleted here.

Both need Docker and their own tool. The cluster's kubeconfig is kept with the lab: the user's own
is not touched. Port 31001 of the first node is mapped to this computer's loopback address.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import psutil

from owlab.command import Command
from owlab.config import LabConfig, MachinePlan
from owlab.diagnostic import Diagnostic, refused
from owlab.errors import LabError, ProviderError
from owlab.language import N_
from owlab.machines.cluster import PROGRAMS, ClusterProvider
from owlab.machines.preflight import GIGABYTE, architecture, refuse
from owlab.machines.provider import MachineInfo
from owlab.shell import Shell

_LEAST_MEMORY = 8 * GIGABYTE
_DOCKER = "docker info --format '{{.MemTotal}} {{.Architecture}}'"
_PULL_SECONDS = 900
UNFINISHED = "Unfinished"
"""The state of a cluster whose creation was interrupted."""


class ContainerProvider(ClusterProvider):
    """What both tools share; a subclass renders its tool's words."""

    creates_machines = True

    def __init__(self, config: LabConfig, directory: Path, shell: Shell) -> None:
        super().__init__(config, directory, shell)
        self.cluster_name = config.cluster_name

    @property
    @abstractmethod
    def exists(self) -> str:
        """A command that succeeds if there is a cluster of the lab's name."""

    def _kubeconfigs(self) -> list[Path]:
        return [self._work / "kubeconfig.yaml"]

    def prepare(self, config: LabConfig) -> None:
        """Once: the programs are there, and Docker answers.

        :raises ProviderError: says what is missing.
        """
        with self._lock:
            if self._prepared:
                return
            self._refuse_missing_programs()
            self._work.mkdir(parents=True, exist_ok=True)
            self._docker()
            self._prepared = True

    def _docker(self) -> tuple[int, str]:
        """Memory and processor of Docker's machine, which on macOS is not this computer.

        :raises ProviderError: Docker does not answer.
        """
        done = self.execute(Command(_DOCKER, timeout=10), {})
        memory, _, machine = done.stdout.strip().partition(" ")
        if done.exit_code != 0 or not memory.isdigit():
            raise ProviderError(
                brief="Docker does not answer.",
                details=(done.stderr or done.stdout).strip(),
                resolution="Start Docker (Linux: sudo systemctl start docker; macOS: open Docker "
                "Desktop). You have to be in the group docker: sudo usermod -aG docker $USER, "
                "then log in again.",
            )
        return int(memory), machine

    def refuse_early(self, config: LabConfig) -> None:
        """OpenWhisk's images are amd64 only."""
        refuse([architecture(self._docker()[1])])

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """The programs, Docker's processor and memory, and the port on this computer."""
        try:
            self.prepare(config)
            memory, machine = self._docker()
        except LabError as error:
            return [refused("programs", error)]
        seen = f"{memory / GIGABYTE:.1f} GB for Docker"
        verdict = "ok" if memory >= _LEAST_MEMORY * 0.9 else "warn"
        advice = "" if verdict == "ok" else "Give Docker 8 GB, or close what else runs in it."
        found = [Diagnostic("programs", "ok", ", ".join(self.programs)), architecture(machine)]
        found.append(Diagnostic("memory", "ok" if verdict == "ok" else "warn", seen, advice))
        if self.cluster_name not in [info.name for info in self.machines()]:
            found.append(_port(config.openwhisk.port))
        said = "the NFS sections are explained, not done"
        return [*found, Diagnostic("storage", "ok", f"the cluster's own class: {said}")]

    def machines(self) -> list[MachineInfo]:
        """The nodes, once there is a cluster; and the cluster itself, under its name."""
        if self.shell.run(["bash", "-c", self.exists], timeout=30).exit_code != 0:
            return []
        if not self._kubeconfigs()[0].is_file():  # the last thing that a creation writes
            return [MachineInfo(self.cluster_name, UNFINISHED)]
        try:
            return [MachineInfo(self.cluster_name, "Running"), *super().machines()]
        except ProviderError:
            return [MachineInfo(self.cluster_name, "Unknown")]

    def public_address_of(self, machine: str) -> Command:
        """The port is mapped to this computer's own."""
        return Command("printf %s 127.0.0.1")

    def pull(self, image: str, node: str) -> Command:
        """A node is a container, with its runtime's client in it."""
        text = f"docker exec {node} crictl pull docker.io/{image}"
        return Command(text, timeout=_PULL_SECONDS)

    def start(self, names: Sequence[str]) -> Command:
        """After a restart of the computer, say."""
        return Command(f"docker start {' '.join(names)}", timeout=300)


def _port(port: int) -> Diagnostic:
    if port in _listening():
        advice = "Stop the program that listens there, or set openwhisk_port."
        return Diagnostic(f"port {port}", "fail", "taken on this computer", advice)
    return Diagnostic(f"port {port}", "ok", "free")


def _listening() -> set[int]:
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        return {c.laddr[1] for c in listening if c.laddr}
    except psutil.Error:  # macOS tells it to root only
        return set()


class KindProvider(ContainerProvider):
    """Kubernetes in Docker: https://kind.sigs.k8s.io."""

    name = "kind"
    about = N_("a Kubernetes cluster in containers of this computer, made by kind")
    programs = {"docker": "https://docs.docker.com/get-docker/"} | {
        "kind": "https://kind.sigs.k8s.io/docs/user/quick-start/",
        **PROGRAMS,
    }

    @property
    def _context(self) -> str:
        return f"kind-{self.cluster_name}"

    @property
    def exists(self) -> str:
        """Its list has one name a line."""
        return f"kind get clusters 2> /dev/null | grep -qx {self.cluster_name}"

    def launch(self, machine: MachinePlan) -> Command:
        """``kind create cluster``, with the nodes of the lab and OpenWhisk's port."""
        port, workers = self._config.openwhisk.port, self._config.container.workers
        image = f" --image {self._config.container.image}" if self._config.container.image else ""
        nodes = "  - role: worker\n" * workers
        return Command(
            f"kind create cluster --name {self.cluster_name}{image} "
            f"--kubeconfig \"$KUBECONFIG\" --wait 300s --config=- <<'EOF'\n"
            "kind: Cluster\n"
            "apiVersion: kind.x-k8s.io/v1alpha4\n"
            "nodes:\n"
            "  - role: control-plane\n"
            "    extraPortMappings:\n"
            f"      - {{containerPort: {port}, hostPort: {port}, listenAddress: 127.0.0.1}}\n"
            f"{nodes}EOF",
            timeout=1200,
            why="a cluster whose nodes are containers; its port for functions is this computer's",
        )

    def delete(self, names: Sequence[str]) -> Command:
        """``kind delete cluster``, by name."""
        text = f'kind delete cluster --name {self.cluster_name} --kubeconfig "$KUBECONFIG"'
        return Command(text, timeout=300)


class K3dProvider(ContainerProvider):
    """K3s in Docker: https://k3d.io."""

    name = "k3d"
    about = N_("a K3s cluster in containers of this computer, made by k3d")
    programs = {"docker": "https://docs.docker.com/get-docker/"} | {
        "k3d": "https://k3d.io/stable/#installation",
        **PROGRAMS,
    }

    @property
    def _context(self) -> str:
        return f"k3d-{self.cluster_name}"

    @property
    def exists(self) -> str:
        """It fails for a name that it does not know."""
        return f"k3d cluster get {self.cluster_name} > /dev/null 2>&1"

    def launch(self, machine: MachinePlan) -> Command:
        """``k3d cluster create``, with the version of K3s that all labs have."""
        config = self._config
        port, version = config.openwhisk.port, config.k3s.version.replace("+", "-")
        image = config.container.image or (f"rancher/k3s:{version}" if version else "")
        disabled = " ".join(f"--k3s-arg '--disable={n}@server:0'" for n in config.k3s.disable)
        return Command(
            f"k3d cluster create {self.cluster_name} --servers 1 "
            f"--agents {config.container.workers} \\\n"
            f"    --port 127.0.0.1:{port}:{port}@server:0 {disabled} \\\n"
            + (f"    --image {image} \\\n" if image else "")
            + "    --kubeconfig-update-default=false --timeout 600s &&\n"
            f'k3d kubeconfig get {self.cluster_name} > "$KUBECONFIG" &&\n'
            'chmod 600 "$KUBECONFIG"',
            timeout=1200,
            why="a cluster whose nodes are containers; its port for functions is this computer's",
        )

    def start(self, names: Sequence[str]) -> Command:
        """With the load balancer in front of it."""
        return Command(f"k3d cluster start {self.cluster_name}", timeout=300)

    def delete(self, names: Sequence[str]) -> Command:
        """``k3d cluster delete``, by name."""
        return Command(f"k3d cluster delete {self.cluster_name}", timeout=300)
