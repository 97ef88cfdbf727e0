"""Helm's environment variables: the defaults of its flags, and where it keeps its files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from owlab.pocket.programs.base import Call
from owlab.pocket.programs.pflag import Flag, UsageError, boolean, integer, number

_VARIABLE = {
    "burst-limit": "HELM_BURST_LIMIT",
    "color": "HELM_COLOR",
    "debug": "HELM_DEBUG",
    "history-max": "HELM_MAX_HISTORY",
    "kube-apiserver": "HELM_KUBEAPISERVER",
    "kube-as-group": "HELM_KUBEASGROUPS",
    "kube-as-user": "HELM_KUBEASUSER",
    "kube-ca-file": "HELM_KUBECAFILE",
    "kube-context": "HELM_KUBECONTEXT",
    "kube-insecure-skip-tls-verify": "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    "kube-tls-server-name": "HELM_KUBETLS_SERVER_NAME",
    "kube-token": "HELM_KUBETOKEN",
    "namespace": "HELM_NAMESPACE",
    "qps": "HELM_QPS",
}
_READ: dict[str, Callable[[str], Any]] = {
    "int": integer,
    "float": number,
    "bool": boolean,
    "strings": lambda text: text.strip(", ").split(","),
    "string": str,
}


def with_defaults(flags: Iterable[Flag], env: Mapping[str, str]) -> tuple[Flag, ...]:
    """The flags, each with its variable as its default; a value that cannot be read is none.

    :raises UsageError: for a storage of releases that the pocket lab does not have.
    """
    driver = env.get("HELM_DRIVER", "")
    if driver not in ("", "secret", "secrets"):
        raise UsageError(
            f"HELM_DRIVER={driver} is not part of the pocket lab: releases are kept in Secrets"
        )
    return tuple(_with_default(flag, env) for flag in flags)


def _with_default(flag: Flag, env: Mapping[str, str]) -> Flag:
    text = env.get(_VARIABLE.get(flag.name, ""), "")
    if not text.strip(", "):
        return flag
    try:
        return replace(flag, default=_READ[flag.kind](text))
    except ValueError:
        return flag


def cache_home(call: Call) -> str:
    """The directory of what can be downloaded again."""
    return _home(call, "CACHE", ".cache")


def config_home(call: Call) -> str:
    """The directory of lists of repositories."""
    return _home(call, "CONFIG", ".config")


def data_home(call: Call) -> str:
    """The directory of plugins."""
    return _home(call, "DATA", ".local/share")


def _home(call: Call, kind: str, usual: str) -> str:
    own, everybodys = call.env.get(f"HELM_{kind}_HOME"), call.env.get(f"XDG_{kind}_HOME")
    return own or posixpath.join(everybodys or posixpath.join(call.home, usual), "helm")
