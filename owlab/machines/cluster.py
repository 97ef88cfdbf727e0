"""The provider ``cluster``: a Kubernetes cluster that exists, reached through its API only.

Commands run on the laptop, in the lab's own folder: kubectl, helm and wsk keep what they remember
there, so that the user's own repositories and properties stay as they are.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from owlab.command import HOST, Command
from owlab.config import LabConfig, Machine
from owlab.errors import MachineError, ProviderError
from owlab.machines.base import MachineInfo
from owlab.machines.words import foreground, words_of
from owlab.shell import Finished, OnOutput, Shell

PROGRAMS = {
    "kubectl": "https://kubernetes.io/docs/tasks/tools/",
    "helm": "https://helm.sh/docs/intro/install/",
    "wsk": "https://github.com/apache/openwhisk-cli/releases",
    "git": "your system's packages",
    "openssl": "your system's packages",
    "curl": "your system's packages",
}
"""What the laptop needs, and where it comes from."""

_ASK_SECONDS = 30


class ClusterProvider:
    """Renders commands of the laptop; its machines are the cluster's nodes."""

    name = "cluster"
    creates_machines = False
    fresh_ubuntu = False
    is_all_in_its_folder = False

    def __init__(self, config: LabConfig, directory: Path, shell: Shell) -> None:
        self.shell = shell
        self._config = config
        self._work = directory / "work"
        self._prepared = False
        self._lock = threading.Lock()

    @property
    def environment(self) -> dict[str, str]:
        """What the laptop's programs are told: which cluster, and where to keep things."""
        return {
            "KUBECONFIG": str(Path(self._config.cluster.kubeconfig).expanduser().absolute()),
            "WORK": str(self._work),
            "WSK_CONFIG_FILE": str(self._work / ".wskprops"),
            "HELM_REPOSITORY_CONFIG": str(self._work / "helm" / "repositories.yaml"),
            "HELM_REPOSITORY_CACHE": str(self._work / "helm" / "cache"),
        }

    @property
    def _kubectl(self) -> str:
        context = self._config.cluster.context
        return f"kubectl --context {context}" if context else "kubectl"

    def prepare(self, config: LabConfig) -> None:
        """Once: the programs are there, the API answers, and it has the nodes that were named.

        :raises ProviderError: says what is missing.
        """
        with self._lock:
            if self._prepared:
                return
            self._refuse_missing_programs()
            self._work.mkdir(parents=True, exist_ok=True)
            present = [node["metadata"]["name"] for node in self._nodes()]
            unknown = [name for name in config.cluster.nodes if name not in present]
            if unknown:
                raise ProviderError(
                    brief=f"The cluster has no node {', '.join(unknown)}.",
                    resolution=f"Its nodes: {', '.join(present)}. Set cluster_nodes.",
                )
            self._prepared = True

    def _refuse_missing_programs(self) -> None:
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if missing:
            raise ProviderError(
                brief=f"Not on this computer: {', '.join(missing)}.",
                details="With a cluster that exists, sections 5 to 7 are typed on the laptop.",
                resolution="\n".join(f"{name}: see {PROGRAMS[name]}" for name in missing),
            )
        if not Path(self.environment["KUBECONFIG"]).is_file():
            raise ProviderError(
                brief=f"There is no kubeconfig {self._config.cluster.kubeconfig!r}.",
                resolution="Set cluster_kubeconfig to the file that your kubectl uses.",
            )

    def _nodes(self) -> list[dict[str, Any]]:
        command = Command(
            f"{self._kubectl} get nodes -o json --request-timeout={_ASK_SECONDS}s",
            timeout=_ASK_SECONDS + 30,
        )
        done = self.execute(command, {})
        if done.exit_code != 0:
            raise ProviderError(
                brief="The cluster does not answer.",
                details=done.stderr.strip(),
                resolution=f"Try it by hand: KUBECONFIG={self.environment['KUBECONFIG']} "
                "kubectl get nodes",
            )
        return list(json.loads(done.stdout)["items"])

    def refuse_early(self, config: LabConfig) -> None:
        """Nothing is made here; :meth:`prepare` has looked at the cluster."""

    def argv(self, command: Command, values: Mapping[str, str]) -> list[str]:
        """``env NAME=value bash -c TEXT``, on the laptop only."""
        if command.on != HOST:
            raise MachineError(
                brief=f"There is no way to type commands on {command.on!r}.",
                details="The lab has a cluster's API, and no access to its machines.",
                resolution="Use kubectl on the laptop, or the provider ssh.",
            )
        return words_of(command, {**self.environment, **values})

    def execute(
        self,
        command: Command,
        values: Mapping[str, str],
        *,
        on_output: OnOutput | None = None,
    ) -> Finished:
        """Run what :meth:`argv` renders."""
        argv = self.argv(command, values)
        return self.shell.run(argv, timeout=command.timeout, on_output=on_output)

    def machines(self) -> list[MachineInfo]:
        """The nodes that were named, ``Running`` while Ready, and the NFS server if one was."""
        found = {node["metadata"]["name"]: node for node in self._nodes()}
        infos = [_info(name, found[name]) for name in self._config.cluster.nodes if name in found]
        server = self._config.cluster.nfs_server
        storage = next(m.name for m in self._config.machines if m.role == "storage")
        return [*infos, *([MachineInfo(storage, "Given", server)] if server else [])]

    def machine(self, name: str) -> MachineInfo | None:
        """One node, or the NFS server."""
        return next((info for info in self.machines() if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        """Where NodePorts answer for the first node; else a node's internal address."""
        master, *_ = self._config.cluster.nodes
        if machine not in self._config.cluster.nodes:
            return Command(f"printf %s {self._config.cluster.nfs_server}")
        if machine == master and self._config.cluster.address:
            return Command(f"printf %s {self._config.cluster.address}")
        path = '{.status.addresses[?(@.type=="InternalIP")].address}'
        return Command(
            f"{self._kubectl} get node {machine} -o jsonpath='{path}' | awk '{{print $1}}'"
        )

    def public_address_of(self, machine: str) -> None:
        """The laptop uses the same address."""

    def has_chosen_address(self, machine: str) -> bool:
        """Nothing is installed on it."""
        return False

    def launch(self, machine: Machine) -> Command:
        """Not possible: raises ProviderError."""
        raise _cannot(f"create {machine.name}")

    def start(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise _cannot(f"start {', '.join(names)}")

    def delete(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise _cannot(f"delete {', '.join(names)}")

    def attach(self, machine: str, text: str | None) -> int:
        """Run on this process' own streams."""
        command = Command(sys.stdin.read() if text is None else text, on=machine)
        return foreground(self.argv(command, {}))

    def terminal(self, machine: str) -> int:
        """The laptop's bash, told of the cluster."""
        words = self.argv(Command("exec bash", on=machine), {})
        return foreground(words)

    def script_functions(self) -> list[str]:
        """The environment, and a folder of the script's own."""
        lines = [
            "# Files, Helm's repositories and wsk's properties are kept here.",
            'export WORK="${WORK:-$PWD/owlab-work}"',
            'mkdir -p "$WORK"',
        ]
        for name, value in self.environment.items():
            if name == "WORK":
                continue
            inside = os.path.relpath(value, self._work)
            own = not inside.startswith("..")
            lines.append(f'export {name}="$WORK/{inside}"' if own else _export(name, value))
        return lines

    def close(self) -> None:
        """Nothing is kept open; the lab's folder goes with the lab."""


def _export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _info(name: str, node: dict[str, Any]) -> MachineInfo:
    status = node["status"]
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"])
    addresses = [a["address"] for a in status["addresses"] if a["type"] == "InternalIP"]
    system = status.get("nodeInfo", {}).get("osImage", "")
    return MachineInfo(name, "Running" if ready else "NotReady", (addresses or [""])[0], system)


def _cannot(what: str) -> ProviderError:
    return ProviderError(
        brief=f"The provider cluster cannot {what}: it uses a cluster that exists.",
        resolution="Use the tools of whoever runs the cluster.",
    )
