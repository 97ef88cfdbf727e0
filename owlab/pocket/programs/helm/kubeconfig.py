"""How helm on a machine finds its cluster, and how the engine outside reaches the same one."""

from __future__ import annotations

import base64
import ipaddress
import posixpath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from owlab.pocket.ground.yaml_text import dump_yaml, load_yaml
from owlab.pocket.programs.base import Call
from owlab.pocket.programs.helm.files import CannotRead, exists, read_bytes
from owlab.pocket.programs.helm.remote import HelmFailed

Config = dict[str, Any]

# Without any kubeconfig a client asks this address, where nothing listens.
NOWHERE = (
    'kubernetes cluster unreachable: Get "http://localhost:8080/version": '
    "dial tcp 127.0.0.1:8080: connect: connection refused"
)
_INLINE = {
    "certificate-authority": "certificate-authority-data",
    "client-certificate": "client-certificate-data",
    "client-key": "client-key-data",
}


def path_of(call: Call, flag: str) -> tuple[str, bool]:
    """The kubeconfig to use, and whether somebody asked for exactly that one."""
    if flag:
        return call.path(flag), True
    for entry in call.env.get("KUBECONFIG", "").split(":"):
        if entry and exists(call, entry):
            return call.path(entry), False
    return posixpath.join(call.home, ".kube/config"), False


def read(call: Call, flag: str, *, missing_ok: bool = False) -> Config | None:
    """The kubeconfig's content; raises HelmFailed in Helm's words when there is none to use."""
    path, asked = path_of(call, flag)
    try:
        loaded = load_yaml(read_bytes(call, path))
    except CannotRead as problem:
        if missing_ok:
            return None
        if not asked and problem.reason == "no such file or directory":
            raise HelmFailed(NOWHERE) from None
        if problem.reason == "no such file or directory":
            raise HelmFailed(
                f"kubernetes cluster unreachable: stat {path}: {problem.reason}"
            ) from None
        raise HelmFailed(
            "kubernetes cluster unreachable: error loading config file "
            f'"{path}": open {path}: {problem.reason}'
        ) from None
    except yaml.YAMLError as problem:
        raise HelmFailed(
            f'kubernetes cluster unreachable: error loading config file "{path}": {problem}'
        ) from None
    if not isinstance(loaded, dict) or not loaded.get("clusters"):
        if missing_ok:
            return None
        raise HelmFailed(NOWHERE)
    for entry in loaded.get("users") or []:
        if {"exec", "auth-provider"} & set((entry or {}).get("user") or {}):
            raise HelmFailed("the pocket lab runs no credential helpers of a kubeconfig")
    return _with_files(call, loaded, posixpath.dirname(path))


def _with_files(call: Call, config: Config, folder: str) -> Config:
    """The same with certificates as data: the engine cannot open the machine's files."""
    for section, key in (("clusters", "cluster"), ("users", "user")):
        for entry in config.get(section) or []:
            settings = entry.get(key) or {}
            for name, inline in _INLINE.items():
                if settings.get(name):
                    file = posixpath.join(folder, settings.pop(name))
                    try:
                        content = read_bytes(call, file)
                    except CannotRead as problem:
                        raise HelmFailed(f"unable to read {name} {file}: {problem}") from None
                    settings[inline] = base64.b64encode(content).decode()
    return config


def namespace(config: Config, context: str) -> str:
    """The namespace of a context."""
    wanted = context or config.get("current-context")
    for entry in config.get("contexts") or []:
        if entry.get("name") == wanted:
            return str((entry.get("context") or {}).get("namespace") or "default")
    return "default"


def reachable(call: Call, server: str) -> str:
    """The address at which the engine finds ``server``, an address as the machine knows it.

    A machine's own loopback is the machine's address outside. Anything that is not of the lab is
    refused: the engine must not carry the user's words to the real network.
    """
    parts = urlsplit(server)
    host = parts.hostname or ""
    port = parts.port or (80 if parts.scheme == "http" else 443)
    if host in ("localhost", "127.0.0.1", "0.0.0.0") and not call.machine.is_host:
        return urlunsplit(parts._replace(netloc=f"{call.machine.address}:{port}"))
    try:
        inside = ipaddress.ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
        if not inside:
            raise HelmFailed(
                f'kubernetes cluster unreachable: Get "{server}/version": '
                f"dial tcp: lookup {host} on 127.0.0.53:53: no such host"
            ) from None
    if not inside:
        raise HelmFailed(
            f'kubernetes cluster unreachable: Get "{server}/version": '
            f"dial tcp {host}:{port}: connect: no route to host"
        )
    return server


def for_engine(call: Call, config: Config | None, shown: dict[str, str]) -> str:
    """A kubeconfig for the engine, as text; ``shown`` learns which address stands for which."""
    if config is None:
        return dump_yaml({"apiVersion": "v1", "kind": "Config", "clusters": []})
    for entry in config.get("clusters") or []:
        cluster = entry.get("cluster") or {}
        if cluster.get("server"):
            server = str(cluster["server"])
            cluster["server"] = reachable(call, server)
            shown[urlsplit(cluster["server"]).netloc] = urlsplit(server).netloc
    return dump_yaml(config)
