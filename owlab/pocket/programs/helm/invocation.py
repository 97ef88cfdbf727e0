"""One run of helm: its settings, its cluster, its engine."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owlab.pocket.ground.failures import Farewell
from owlab.pocket.programs.base import Call
from owlab.pocket.programs.helm import kubeconfig
from owlab.pocket.programs.helm.files import read_bytes
from owlab.pocket.programs.helm.remote import HelmFailed, perform
from owlab.pocket.programs.pflag import Flag, Parsed

GLOBALS = (
    Flag("kubeconfig", help="path to the kubeconfig file"),
    Flag("kube-context", help="name of the kubeconfig context to use"),
    Flag("kube-apiserver", help="the address and the port for the Kubernetes API server"),
    Flag("kube-token", help="bearer token used for authentication"),
    Flag("kube-ca-file", help="certificate authority file of the Kubernetes API server"),
    Flag("kube-tls-server-name", help="server name to check the API server's certificate against"),
    Flag("kube-insecure-skip-tls-verify", "bool", help="do not check the API server's certificate"),
    Flag("kube-as-user", help="username to impersonate for the operation"),
    Flag("kube-as-group", "strings", help="group to impersonate (can be repeated)"),
    Flag("namespace", short="n", help="namespace scope for this request"),
    Flag("debug", "bool", help="enable verbose output"),
    Flag("burst-limit", "int", 100, help="client-side default throttling limit"),
    Flag("qps", "float", help="queries per second used when communicating with the API"),
    Flag("registry-config", help="path to the registry config file"),
    Flag("repository-cache", help="path to the directory containing cached repository indexes"),
    Flag("repository-config", help="path to the file containing repository names and URLs"),
    Flag("color", default="auto", help="use colored output (never, auto, always)"),
    Flag("colour", becomes="color"),
)


@dataclass
class HelmInvocation:
    """What a command gets: the words sorted out, and the ways to do something."""

    call: Call
    parsed: Parsed
    scratch: Path
    installing: bool = False
    shown: dict[str, str] = field(default_factory=dict)
    """Paths and addresses that the engine sees, and what the user calls them."""

    @property
    def arguments(self) -> list[str]:
        """The words that are no flags."""
        return self.parsed.arguments

    def __getitem__(self, flag: str) -> Any:
        return self.parsed[flag]

    def given(self, flag: str) -> bool:
        """The flag is on the command line."""
        return flag in self.parsed.given

    @property
    def output(self) -> str:
        """The format of ``-o``: table, json or yaml."""
        return str(self.parsed.values.get("output") or "table")

    async def out(self, text: str) -> None:
        """Print."""
        await self.call.out(text)

    async def warn(self, text: str) -> None:
        """Print a line on standard error."""
        await self.call.err(f"{text}\n")

    @property
    def namespace(self) -> str:
        """The namespace of the request: flag, environment, kubeconfig, ``default``."""
        if self["namespace"]:
            return str(self["namespace"])
        config = kubeconfig.read(self.call, self["kubeconfig"], missing_ok=True)
        return kubeconfig.namespace(config, self["kube-context"]) if config else "default"

    def cluster(self) -> dict[str, Any]:
        """How the engine connects; raises HelmFailed where the cluster cannot be reached at all."""
        settings: dict[str, Any] = {}
        if self["kube-apiserver"]:
            content = None
            settings["kube_apiserver"] = kubeconfig.reachable(self.call, self["kube-apiserver"])
        else:
            content = kubeconfig.read(self.call, self["kubeconfig"])
        settings["kubeconfig_content"] = kubeconfig.for_engine(self.call, content, self.shown)
        for flag, key in (
            ("kube-context", "kube_context"),
            ("kube-token", "kube_token"),
            ("kube-tls-server-name", "kube_tls_server_name"),
            ("kube-insecure-skip-tls-verify", "kube_insecure_skip_tls_verify"),
            ("kube-as-user", "kube_as_user"),
            ("kube-as-group", "kube_as_groups"),
        ):
            if self[flag]:
                settings[key] = self[flag]
        if self["kube-ca-file"]:
            settings["kube_ca_file"] = str(self.stage_file(self["kube-ca-file"]))
        return settings

    def stage_file(self, path: str) -> Path:
        """A copy of one of the machine's files, where the engine can read it."""
        copy = self.scratch / f"file-{len(self.shown)}"
        copy.write_bytes(read_bytes(self.call, path))
        self.shown[str(copy)] = path
        return copy

    async def engine(self, action: str, **request: Any) -> Any:
        """Run one action of the engine; raises HelmFailed with the user's own paths."""
        request = {
            "action": action,
            "namespace": self.namespace,
            "debug": self["debug"],
            **request,
        }
        try:
            return await perform(
                request, self.scratch, self._listen, self._killed, self.call.api_cache
            )
        except HelmFailed as problem:
            raise HelmFailed(self.users_words(str(problem)), problem.kind) from None
        except asyncio.CancelledError:
            if action in ("install", "upgrade") and not self._killed():
                raise Farewell(f"Release {request['name']} has been cancelled.\n") from None
            raise

    def _killed(self) -> bool:
        """By SIGKILL: nothing is cleaned up, and a release stays pending."""
        return self.call.session is not None and self.call.session.killed_hard

    def users_words(self, text: str) -> str:
        """Text of the engine, with scratch copies named as the user knows them."""
        for path, name in sorted(self.shown.items(), key=lambda item: -len(item[0])):
            text = text.replace(path, name)
        return text

    async def _listen(self, message: dict[str, Any]) -> None:
        if message.get("installing"):
            self.installing = True
        elif "log" in message:
            level, text = message["log"]
            if "missing required value" not in text:
                await self.warn(log_line(level, self.users_words(text)))
        elif "stderr" in message:
            await self.warn(self.users_words(message["stderr"]))


_ATTRIBUTE = re.compile(r"(?:^| )(\w+)=")


def log_line(level: str, text: str) -> str:
    """A record of the library's log, ``words key=value ...``, as Helm prints it."""
    parts = _ATTRIBUTE.split(text)
    pairs = [("msg", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    level = {"WARNING": "WARN"}.get(level, level)
    return " ".join([f"level={level}", *(f"{key}={_quoted(value)}" for key, value in pairs)])


def _quoted(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        return value
    plain = value and not set(value) & set(' "=')
    return value if plain else '"' + value.replace('"', '\\"') + '"'
