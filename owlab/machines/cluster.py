"""The provider ``cluster``: a Kubernetes cluster that exists, reached through its API only.

Commands run on the laptop, in the lab's own folder: kubectl, helm and wsk keep what they remember
there, so that the user's own repositories and properties stay as they are.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from owlab.command import HOST, Command
from owlab.config import LabConfig, MachinePlan
from owlab.diagnostic import Diagnostic, refused
from owlab.errors import CommandTimeout, LabError, MachineError, ProviderError
from owlab.language import N_
from owlab.machines.command_line import foreground, words_of
from owlab.machines.control import Control, on_the_laptop
from owlab.machines.provider import MachineInfo, needs_multipass
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

_ASK_SECONDS = 8
"""A cluster that does not answer by then is said not to: nobody waits for minutes to learn it."""
_PATIENCE = 3
_LOCAL = {"docker-desktop": "127.0.0.1"}
"""Nodes whose ports are this computer's own."""


class ClusterProvider:
    """Renders commands of the laptop; its machines are the cluster's nodes."""

    name = "cluster"
    about = N_("a cluster that exists, reached through its API from this computer")
    simulated = False
    has_machines = False
    creates_machines = False
    programs = PROGRAMS
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
            "KUBECONFIG": os.pathsep.join(str(path.absolute()) for path in self._kubeconfigs()),
            "WORK": str(self._work),
            "WSK_CONFIG_FILE": str(self._work / ".wskprops"),
            "HELM_REPOSITORY_CONFIG": str(self._work / "helm" / "repositories.yaml"),
            "HELM_REPOSITORY_CACHE": str(self._work / "helm" / "cache"),
        }

    def _kubeconfigs(self) -> list[Path]:
        """kubectl takes several, as PATH is written."""
        parts = self._config.cluster.kubeconfig.split(os.pathsep)
        return [Path(part).expanduser() for part in parts if part]

    @property
    def _context(self) -> str:
        return self._config.cluster.context

    def control(self, config: LabConfig) -> Control:
        """On the laptop, with the lab's own folder as the home."""
        return on_the_laptop(self._context)

    def pull(self, image: str, node: str) -> Command | None:
        """There is no way but to start a pod."""
        return None

    @property
    def _kubectl(self) -> str:
        return self.control(self._config).kubectl

    def prepare(self, config: LabConfig) -> None:
        """Once: the programs are there, the API answers, and it has the nodes that were named.

        :raises ProviderError: says what is missing.
        """
        with self._lock:
            if self._prepared:
                return
            self._refuse_missing_programs()
            self._refuse_kubeconfig()
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
        missing = [name for name in self.programs if shutil.which(name) is None]
        if missing:
            raise ProviderError(
                brief=f"Not on this computer: {', '.join(missing)}.",
                details="Without machines to log in to, sections 5 to 7 are typed on the laptop.",
                resolution="\n".join(f"{name}: see {self.programs[name]}" for name in missing),
            )

    def _refuse_kubeconfig(self) -> None:
        """None at all; or one whose users log in with a program that is not here."""
        there = [path for path in self._kubeconfigs() if path.is_file()]
        if not there:
            raise ProviderError(
                brief=f"There is no kubeconfig {self._config.cluster.kubeconfig!r}.",
                resolution="Set cluster_kubeconfig to the file that your kubectl uses.",
            )
        for path in there:
            for user, program in _exec_plugins(path):
                if shutil.which(program) is None and not (path.parent / program).is_file():
                    raise ProviderError(
                        brief=f"The kubeconfig logs in with {program!r}, which is not here.",
                        details=f"user {user} in {path}: exec",
                        resolution=f"Install {program}, so that `kubectl get nodes` works by hand.",
                    )

    def _nodes(self) -> list[dict[str, Any]]:
        command = Command(
            f"{self._kubectl} get nodes -o json --request-timeout={_ASK_SECONDS}s",
            timeout=_ASK_SECONDS + 2,
        )
        try:
            done = self.execute(command, {})
            said = done.stderr.strip()
        except CommandTimeout as late:  # a login program that waits for somebody, for one
            done, said = Finished(1, "", "", 0), late.details or str(late)
        if done.exit_code != 0:
            raise ProviderError(
                brief="The cluster does not answer.",
                details=said,
                resolution=f"Try it by hand: KUBECONFIG={self.environment['KUBECONFIG']} "
                f"{self._kubectl} get nodes",
            )
        try:
            found = json.loads(done.stdout)["items"]
            names = [str(node["metadata"]["name"]) for node in found]
        except (ValueError, RecursionError, LookupError, TypeError):
            names = None
        if names is None:
            raise ProviderError(
                brief="The cluster answered something else than a list of nodes.",
                details=done.stdout[:500].strip(),
                resolution="Look at what your kubeconfig's server is.",
            )
        nodes: list[dict[str, Any]] = found
        return nodes

    def refuse_early(self, config: LabConfig) -> None:
        """Nothing is made here; :meth:`prepare` has looked at the cluster."""

    def examine(self, config: LabConfig) -> list[Diagnostic]:
        """The programs of the laptop, the cluster, its nodes, and whether they can be reached."""
        try:
            self.prepare(config)
            nodes = self.machines()
        except LabError as error:
            return [refused("cluster", error)]
        found = [Diagnostic("programs", "ok", ", ".join(self.programs))]
        for node in nodes:
            good = node.state != "NotReady"
            seen = f"{node.state} {node.ipv4} {node.release}".strip()
            advice = "" if good else f"kubectl describe node {node.name}"
            found.append(Diagnostic(node.name, "ok" if good else "fail", seen, advice))
        if not config.cluster.nfs_server:
            wanted = config.openwhisk.storage_class or "the cluster's default"
            found.append(Diagnostic("storage class", "ok", f"{wanted}; no NFS server was named"))
        if sys.platform == "darwin" and config.openwhisk.certificate == "own-ca":
            advice = "On macOS wsk looks into the keychain only: openwhisk_certificate=chart."
            found.append(Diagnostic("certificate", "warn", "the lab's own", advice))
        return [*found, self._reached(config)]

    def _reached(self, config: LabConfig) -> Diagnostic:
        """Whether this computer reaches the address at which functions will be called."""
        master, port = config.cluster.nodes[0], config.openwhisk.port
        where = self.public_address_of(master) or self.address_of(master)
        address = self.execute(where, {}).stdout.strip()
        name = f"{address}:{port}"
        if config.cluster.forward:
            return Diagnostic(name, "ok", "forwarded by kubectl")
        try:
            socket.create_connection((address, port), _PATIENCE).close()
        except ConnectionRefusedError:
            return Diagnostic(name, "ok", "reached; nobody listens yet")
        except OSError as error:
            advice = (
                "Set cluster_address to where NodePorts answer (Docker Desktop: localhost), or "
                "cluster_forward=true to go through the API."
            )
            return Diagnostic(name, "fail", f"not reached: {error}", advice)
        return Diagnostic(name, "ok", "reached")

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

    def look_up(self, command: Command) -> Finished | None:
        """There is no shorter way."""
        return None

    def machines(self) -> list[MachineInfo]:
        """The nodes that were named, ``Running`` while Ready, and the NFS server if one was."""
        found = {node["metadata"]["name"]: node for node in self._nodes()}
        infos = [_info(name, found[name]) for name in self._node_names() if name in found]
        server = self._config.cluster.nfs_server
        storage = next(m.name for m in self._config.machines if m.role == "storage")
        return [*infos, *([MachineInfo(storage, "Given", server)] if server else [])]

    def machine(self, name: str) -> MachineInfo | None:
        """One node, or the NFS server."""
        return next((info for info in self.machines() if info.name == name), None)

    def address_of(self, machine: str) -> Command:
        """A node's internal address, or the NFS server as it was named."""
        if machine not in self._node_names():
            return Command(f"printf %s {self._config.cluster.nfs_server}")
        path = '{.status.addresses[?(@.type=="InternalIP")].address}'
        return Command(
            f"{self._kubectl} get node {machine} -o jsonpath='{path}' | awk '{{print $1}}'"
        )

    def _node_names(self) -> list[str]:
        return [machine.name for machine in self._config.machines if machine.is_node]

    def public_address_of(self, machine: str) -> Command | None:
        """Where NodePorts answer for this computer, if it is not at the nodes themselves."""
        cluster = self._config.cluster
        if cluster.forward:
            return Command("printf %s 127.0.0.1")
        address = cluster.address or _LOCAL.get(machine, "")
        return Command(f"printf %s {address}") if address else None

    def has_chosen_address(self, machine: str) -> bool:
        """Nothing is installed on it."""
        return False

    def launch(self, machine: MachinePlan) -> Command:
        """Not possible: raises ProviderError."""
        raise self._cannot(f"create {machine.name}")

    def start(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise self._cannot(f"start {', '.join(names)}")

    def delete(self, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise self._cannot(f"delete {', '.join(names)}")

    def manage(self, verb: str, names: Sequence[str]) -> Command:
        """Not possible: raises ProviderError."""
        raise needs_multipass(verb)

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

    def _cannot(self, what: str) -> ProviderError:
        return ProviderError(
            brief=f"The provider {self.name} cannot {what}: it uses a cluster that exists.",
            resolution="Use the tools of whoever runs the cluster.",
        )

    def close(self) -> None:
        """Nothing is kept open; the lab's folder goes with the lab."""


def _exec_plugins(path: Path) -> list[tuple[str, str]]:
    """Users of a kubeconfig that log in with a program, as those of cloud providers do."""
    try:
        users = (yaml.safe_load(path.read_text("utf-8")) or {}).get("users") or []
        return [
            (str(user.get("name")), str(user["user"]["exec"]["command"]))
            for user in users
            if "exec" in (user.get("user") or {})
        ]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return []  # kubectl says better what is wrong with it


def _export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _info(name: str, node: dict[str, Any]) -> MachineInfo:
    status = node["status"]
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status["conditions"])
    addresses = [a["address"] for a in status["addresses"] if a["type"] == "InternalIP"]
    system = status.get("nodeInfo", {}).get("osImage", "")
    return MachineInfo(name, "Running" if ready else "NotReady", (addresses or [""])[0], system)
