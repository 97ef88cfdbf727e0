"""Stand-ins for ``docker``, ``kind`` and ``k3d``, as far as their documentation goes.

A cluster that they make is K3s on one machine of a pocket lab, whose node is called as the tool
would call it. What a tool was told is kept, and refused where the tool would refuse it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, NoReturn

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("STANDIN_DIR", "."))
NO_DOCKER = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
    "Is the docker daemon running?"
)
GONE = "owlab/gone"


@dataclass(frozen=True)
class ContainersStandin:
    """The programs of one test, and what they know."""

    folder: Path

    @property
    def state(self) -> dict[str, Any]:
        """``clusters``, ``pulled``, and what is wrong."""
        known: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return known

    def change(self, **facts: Any) -> None:
        """Change something that they know."""
        (self.folder / "state.json").write_text(json.dumps({**self.state, **facts}))


def containers_standin(folder: Path, multipass: Path, machine: str) -> ContainersStandin:
    """Make the programs in ``folder / "bin"``; clusters are made on a machine of a pocket lab."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    known = {"daemon": True, "memory": 8 << 30, "machine": "x86_64", "fails": ""}
    known |= {"clusters": {}, "pulled": [], "calls": []}
    standin = ContainersStandin(folder)
    (folder / "state.json").write_text(json.dumps(known))
    given = {"STANDIN_DIR": folder, "STANDIN_GUEST": multipass, "STANDIN_MACHINE": machine}
    words = " ".join(f"{n}={quote(str(v))}" for n, v in {**given, "PYTHONPATH": ROOT}.items())
    for name in ("docker", "kind", "k3d"):
        program = folder / "bin" / name
        run = f"{quote(sys.executable)} -m tests.standins.containers {name}"
        program.write_text(f'#!/bin/sh\n{words} exec {run} "$@"\n')
        program.chmod(0o755)
    return standin


def main(program: str, *words: str) -> None:
    """One call."""
    standin = ContainersStandin(FOLDER)
    standin.change(calls=[*standin.state["calls"], [program, *words]])
    known = standin.state
    if not known["daemon"]:
        fail(NO_DOCKER if program == "docker" else f"ERROR: {NO_DOCKER}")
    {"docker": docker, "kind": kind, "k3d": k3d}[program](standin, list(words))


def fail(text: str, code: int = 1) -> NoReturn:
    print(text, file=sys.stderr)
    sys.exit(code)


def docker(standin: ContainersStandin, words: list[str]) -> None:
    match words:
        case ["info", "--format", "{{.MemTotal}} {{.Architecture}}"]:
            print(standin.state["memory"], standin.state["machine"])
        case ["exec", node, "crictl", "pull", image]:
            nodes = [n for c in standin.state["clusters"].values() for n in c["nodes"]]
            if node not in nodes:
                fail(f"Error response from daemon: No such container: {node}")
            if GONE in image:
                fail(f'level=fatal msg="pulling image: failed to resolve {image}: not found"')
            standin.change(pulled=[*standin.state["pulled"], [node, image]])
        case _:
            fail(f"the stand-in for docker does not know: {words}", 125)


def kind(standin: ContainersStandin, words: list[str]) -> None:
    match words:
        case ["get", "clusters"]:
            print("\n".join(standin.state["clusters"]) or "No kind clusters found.")
        case ["create", "cluster", *options]:
            given = options_of(options, {"--name", "--kubeconfig", "--wait", "--image", "--config"})
            config = yaml.safe_load(sys.stdin.read())
            assert given["--config"] == "-" and config["apiVersion"] == "kind.x-k8s.io/v1alpha4"
            name, roles = given["--name"], [node["role"] for node in config["nodes"]]
            if name in standin.state["clusters"]:
                fail(f'ERROR: failed to create cluster: node(s) already exist for a cluster with '
                     f'the name "{name}"')  # fmt: skip
            workers = [
                f"{name}-worker{n if n > 1 else ''}" for n in range(1, roles.count("worker") + 1)
            ]
            (ports,) = config["nodes"][0]["extraPortMappings"]
            create(standin, name, [f"{name}-control-plane", *workers], ports["hostPort"])
            write(Path(given["--kubeconfig"]), f"kind-{name}")
        case ["delete", "cluster", "--name", name, "--kubeconfig", _]:
            delete(standin, name)  # one that is not there is no error
        case _:
            fail(f"ERROR: unknown command {words}")


def k3d(standin: ContainersStandin, words: list[str]) -> None:
    match words:
        case ["cluster", "get", name]:
            if name not in standin.state["clusters"]:
                fail(f"FATA[0000] No nodes found for given cluster {name}")
        case ["cluster", "create", name, *options]:
            known = {"--servers", "--agents", "--port", "--k3s-arg", "--image", "--timeout"}
            given = options_of(options, {*known, "--kubeconfig-update-default"})
            assert given["--kubeconfig-update-default"] == "false"
            if name in standin.state["clusters"]:
                fail(f"FATA[0000] Failed to create cluster '{name}' because a cluster with that "
                     "name already exists")  # fmt: skip
            if len(name) > 32:
                fail("FATA[0000] Cluster name must be <= 32 characters")
            port = re.fullmatch(r"127\.0\.0\.1:(\d+):\1@server:0", given["--port"])
            assert port is not None
            agents = [f"k3d-{name}-agent-{n}" for n in range(int(given["--agents"]))]
            create(standin, name, [f"k3d-{name}-server-0", *agents], int(port[1]))
        case ["kubeconfig", "get", name]:
            print(kubeconfig(f"k3d-{name}"))
        case ["cluster", "delete", name]:
            delete(standin, name)
        case _:
            fail(f"FATA[0000] unknown command {words}")


def options_of(words: list[str], known: set[str]) -> dict[str, str]:
    """``--name value`` and ``--name=value``; what is not known is refused, as pflag does."""
    given, rest = {}, list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name not in known:
            fail(f"ERROR: unknown flag: {name}")
        given[name] = value if equals else rest.pop(0)
    return given


def create(standin: ContainersStandin, name: str, nodes: list[str], port: int) -> None:
    known = standin.state
    if known["fails"]:
        fail(known["fails"])
    first, *others = nodes
    typed(f"curl -sfL https://get.k3s.io | K3S_NODE_NAME={first} sh -")
    assert not others, "the stand-in's clusters have one node"
    clusters = {**known["clusters"], name: {"nodes": nodes, "port": port}}
    standin.change(clusters=clusters)


def delete(standin: ContainersStandin, name: str) -> None:
    clusters = standin.state["clusters"]
    if clusters.pop(name, None):
        typed("[ ! -e /usr/local/bin/k3s-uninstall.sh ] || sudo /usr/local/bin/k3s-uninstall.sh")
    standin.change(clusters=clusters)


def kubeconfig(context: str) -> str:
    """K3s' own, under the name that the tool gives it."""
    config = yaml.safe_load(typed("sudo cat /etc/rancher/k3s/k3s.yaml"))
    for item in (config["clusters"][0], config["contexts"][0], config["users"][0]):
        item["name"] = context
    config["contexts"][0]["context"] = {"cluster": context, "user": context}
    return str(yaml.safe_dump({**config, "current-context": context}))


def write(path: Path, context: str) -> None:
    """On this computer, and where the laptop's stand-in looks."""
    path.write_text(kubeconfig(context))


def typed(text: str) -> str:
    guest = [os.environ["STANDIN_GUEST"], "exec", "-n", os.environ["STANDIN_MACHINE"], "--"]
    done = subprocess.run([*guest, "bash", "-c", text], capture_output=True, text=True)
    if done.returncode != 0:
        fail(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main(*sys.argv[1:])
